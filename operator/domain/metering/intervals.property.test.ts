import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { IntervalBook, type MeteredPod } from './intervals.ts';
import type { Seen } from './runs.ts';
import {
  goneStanding,
  isEnding,
  type NodeReadiness,
  nodeStanding,
  type PodFacts,
  podStanding,
} from './standing.ts';
import type { IntervalChange } from './types.ts';

/** The world moves in quarters of a second; Kubernetes tells whole ones. */
const perSecond = 4;
const secondsOf = (tick: number): number => Math.floor(tick / perSecond);
/** A watch brings what happened within this time. */
const lagTicks = 2 * perSecond;
const start = 1_000 * perSecond;
const slots = ['w0', 'w1', 'w2'] as const;
/** One too few for all workers. */
const devices = ['gpu-0', 'gpu-1'];

type Thing = { name: string; pod?: PodFacts; node?: NodeReadiness };
type Event = Thing & { tick: number; source: Source; gone: boolean };
type Source = 'pods' | 'nodes';

/** The member as it is, what its API server would tell, and when each worker really was up. */
class Truth {
  readonly events: Event[] = [];
  readonly things = new Map<string, Thing>();
  /** Ticks in which a pod, its node and the head were all up. */
  readonly up = new Map<string, Set<number>>();
  /** Down for an instant, though it may be up again within this tick. */
  readonly #interrupted = new Set<string>();
  #born = 0;
  tick = start;

  constructor() {
    for (const name of ['n0', 'n1']) this.#nodeIs(name, true);
    this.act('head', 'begin');
    for (const slot of slots) this.act(slot, 'begin');
  }

  act(name: string, action: Action): void {
    if (name.startsWith('n')) this.#actOnNode(name, action);
    else this.#actOnPod(name, action);
  }

  pass(): void {
    for (const slot of slots) {
      const pod = this.things.get(slot)?.pod;
      if (pod === undefined || !this.#isUp(pod, 'n0') || !this.#headIsUp()) continue;
      const ticks = this.up.get(pod.uid) ?? new Set();
      this.up.set(pod.uid, ticks.add(this.tick));
    }
    this.#interrupted.clear();
    this.tick += 1;
  }

  #isUp(pod: PodFacts, node: string): boolean {
    if (this.#interrupted.has(pod.uid) || this.#interrupted.has(node)) return false;
    return pod.ready && !isEnding(pod) && this.things.get(node)?.node?.ready === true;
  }

  #headIsUp(): boolean {
    const head = this.things.get('head')?.pod;
    return head !== undefined && this.#isUp(head, 'n1');
  }

  #nodeIs(name: string, ready: boolean, uid = this.things.get(name)?.node?.uid): void {
    const node = { uid: uid ?? `${name}-${(this.#born += 1)}`, ready, readySeconds: this.#now() };
    this.#set({ name, node }, 'nodes');
  }

  #actOnNode(name: string, action: Action): void {
    const node = this.things.get(name)?.node;
    if (action === 'stop' || action === 'vanish') this.#interrupted.add(name);
    if (action === 'begin' && node === undefined) this.#nodeIs(name, true);
    if (action === 'vanish' && node !== undefined) this.#remove(name, 'nodes');
    if (action === 'stop' && node?.ready === true) this.#nodeIs(name, false);
    if (action === 'ready' && node?.ready === false) this.#nodeIs(name, true);
  }

  #actOnPod(name: string, action: Action): void {
    const pod = this.things.get(name)?.pod;
    if (action === 'begin' && pod === undefined) this.#create(name);
    if (pod === undefined || (isEnding(pod) && action !== 'vanish')) return;
    if (action === 'stop') this.#interrupted.add(pod.uid);
    const readySeconds = this.#now();
    if (action === 'vanish') this.#remove(name, 'pods');
    if (action === 'ready' && !pod.ready) this.#podIs(name, { ready: true, readySeconds });
    if (action === 'stop' && pod.ready) this.#podIs(name, { ready: false, readySeconds });
    if (action === 'delete') this.#podIs(name, { deletedSeconds: readySeconds });
    if (action === 'restart') {
      const restarts = pod.restarts + 1;
      const [startedSeconds, diedSeconds] = [readySeconds, readySeconds];
      this.#podIs(name, { restarts, startedSeconds, diedSeconds });
      this.#interrupted.add(pod.uid);
    }
  }

  #create(name: string): void {
    const pod: PodFacts = {
      uid: `${name}-${(this.#born += 1)}`,
      leaseId: 'lease-1',
      role: name === 'head' ? 'head' : 'worker',
      group: 'gpu',
      node: name === 'head' ? 'n1' : 'n0',
      ready: false,
      readySeconds: this.#now(),
      restarts: 0,
      startedSeconds: this.#now(),
      finished: false,
    };
    this.#set({ name, pod }, 'pods');
  }

  #podIs(name: string, facts: Partial<PodFacts>): void {
    const pod = this.things.get(name)?.pod;
    if (pod !== undefined) this.#set({ name, pod: { ...pod, ...facts } }, 'pods');
  }

  #set(thing: Thing, source: Source): void {
    this.things.set(thing.name, thing);
    this.events.push({ ...thing, source, tick: this.tick, gone: false });
  }

  #remove(name: string, source: Source): void {
    const thing = this.things.get(name);
    if (thing === undefined) return;
    this.things.delete(name);
    this.events.push({ ...thing, source, tick: this.tick, gone: true });
  }

  #now = (): number => secondsOf(this.tick);
}

type View = { next: number; lagTicks: number; provenTick: number; gap: boolean };

/** The agent as operator/agent/metering has it: caches, the book and what is on its disk. */
class Agent {
  readonly told: IntervalChange[] = [];
  book = new IntervalBook();
  /** On disk. */
  readonly #pods = new Map<string, MeteredPod>();
  readonly #ends: Record<string, number> = {};
  observedUntil = 0;
  seenTick = 0;
  readonly #truth: Truth;
  #devices: readonly string[];
  #things = new Map<string, Thing>();
  readonly views: Record<Source, View> = { pods: freshView(), nodes: freshView() };

  constructor(truth: Truth, leased: readonly string[]) {
    this.#truth = truth;
    this.#devices = leased;
    this.restart();
  }

  restart(): void {
    const pods = [...this.#pods.values()];
    const state = { pods, ends: this.#ends };
    this.book = new IntervalBook(JSON.parse(JSON.stringify(state)) as typeof state);
    this.#things = new Map(this.#truth.things);
    for (const view of Object.values(this.views)) {
      const next = this.#truth.events.length;
      Object.assign(view, { next, gap: true, provenTick: this.observedUntil * perSecond });
    }
    const present = new Set([...this.#things.values()].flatMap(({ pod }) => pod?.uid ?? []));
    for (const { podUid } of pods) {
      if (!present.has(podUid)) this.book.lose(podUid, this.observedUntil, 'Unobserved');
    }
    this.lookAtAll();
    for (const view of Object.values(this.views)) this.#isListed(view);
  }

  /** The lease has other devices now. */
  lease(leased: readonly string[]): void {
    this.#devices = leased;
    this.lookAtAll();
  }

  /** The watch has lost its place: everything is listed, and what went on is not known. */
  relist(source: Source): void {
    const view = this.views[source];
    const { things, events } = this.#truth;
    const mine = (thing: Thing) => (thing.node === undefined) === (source === 'pods');
    const before = [...this.#things.values()].filter(mine);
    view.gap = true;
    view.next = events.length;
    for (const thing of [...things.values()].filter(mine)) {
      const old = this.#things.get(thing.name);
      const isOther = old?.pod?.uid !== thing.pod?.uid || old?.node?.uid !== thing.node?.uid;
      if (old !== undefined && isOther) this.#take(old, true);
      this.#take(thing, false);
    }
    for (const thing of before) if (!things.has(thing.name)) this.#take(thing, true);
    this.#isListed(view);
  }

  pass(): void {
    for (const [source, view] of Object.entries(this.views)) {
      const { events, tick } = this.#truth;
      for (; view.next < events.length; view.next += 1) {
        const event = events[view.next];
        if (event === undefined || event.tick + view.lagTicks > tick) break;
        if (event.source !== source) continue;
        this.#take(event, event.gone);
      }
      view.provenTick = Math.max(view.provenTick, tick - lagTicks);
    }
    this.seenTick = this.#truth.tick - lagTicks;
  }

  record(): void {
    const seenUntil = secondsOf(this.seenTick);
    if (this.book.tell(seenUntil).size > 0) this.lookAtAll();
    const until = this.book.toldUntil(seenUntil);
    for (let batch = this.book.take(3); batch !== undefined; batch = this.book.take(3)) {
      this.told.push(...batch.changes);
      for (const pod of batch.pods) this.#pods.set(pod.podUid, pod);
      for (const podUid of batch.gone) this.#pods.delete(podUid);
      Object.assign(this.#ends, batch.ends);
    }
    this.observedUntil = Math.max(this.observedUntil, until);
  }

  lookAtAll(): void {
    for (const { pod } of this.#things.values()) if (pod?.role === 'worker') this.#look(pod, false);
  }

  #isListed(view: View): void {
    view.gap = false;
    view.provenTick = Math.max(view.provenTick, this.#truth.tick - lagTicks);
  }

  #take(thing: Thing, gone: boolean): void {
    if (gone) this.#things.delete(thing.name);
    else this.#things.set(thing.name, thing);
    if (thing.pod?.role === 'worker') this.#look(thing.pod, gone);
    this.lookAtAll();
  }

  #look(worker: PodFacts, gone: boolean): void {
    const head = this.#things.get('head')?.pod;
    this.book.observe(
      {
        podUid: worker.uid,
        leaseId: worker.leaseId,
        worker: this.#seen('pods', gone ? goneStanding(worker) : podStanding(worker)),
        node: this.#seen('nodes', nodeStanding(this.#things.get('n0')?.node)),
        head: this.#seen('pods', head === undefined ? goneStanding(head) : podStanding(head)),
        headNode: this.#seen('nodes', nodeStanding(this.#things.get('n1')?.node)),
        ending: gone || isEnding(worker),
        released: false,
        devices: this.#devices,
        devicesPerWorker: 1,
        nowSeconds: secondsOf(this.#truth.tick),
      },
      true,
    );
  }

  #seen(source: Source, standing: Seen['standing']): Seen {
    const { gap, provenTick } = this.views[source];
    return { standing, gap, provenSeconds: secondsOf(provenTick) };
  }
}

const freshView = (): View => ({ next: 0, lagTicks: 0, provenTick: 0, gap: true });

const actions = ['begin', 'ready', 'stop', 'restart', 'delete', 'vanish'] as const;
type Action = (typeof actions)[number];
type Step = {
  wait: number;
  name: string;
  action: Action | 'crash' | 'relist' | 'lag';
  amount: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 80 })),
  name: fc.constantFrom('w0', 'w1', 'w2', 'head', 'n0', 'n1'),
  action: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ready' as const) },
    { weight: 6, arbitrary: fc.constantFrom(...actions) },
    { weight: 3, arbitrary: fc.constantFrom('crash', 'relist', 'lag', 'lag') },
  ),
  amount: fc.integer({ min: 0, max: 40 }),
});

/** Everything becomes Ready first, so that there is something to lose. */
const opening: Step[] = ['head', ...slots].map((name) => ({
  wait: 1,
  name,
  action: 'ready',
  amount: 0,
}));

function play(
  steps: readonly Step[],
  check: (truth: Truth, agent: Agent) => void = () => undefined,
  leased = devices,
) {
  const truth = new Truth();
  const agent = new Agent(truth, leased);
  /** Until then the agent does not run, or a source is not heard. */
  const away = { agent: 0, pods: 0, nodes: 0 };
  const pass = (): void => {
    truth.pass();
    if (away.agent > 0) {
      away.agent -= 1;
      if (away.agent === 0) agent.restart();
      return;
    }
    const deaf = away.pods > 0 || away.nodes > 0;
    for (const source of ['pods', 'nodes'] as const) {
      if (away[source] === 0) continue;
      away[source] -= 1;
      if (away[source] === 0) agent.relist(source);
    }
    // A source that is not heard holds up everything, as the time until which all was seen does.
    if (deaf) return;
    agent.pass();
    if (truth.tick % perSecond === 0) {
      agent.record();
      check(truth, agent);
    }
  };
  for (const { wait, name, action, amount } of [...opening, ...steps]) {
    for (let tick = 0; tick < wait; tick += 1) pass();
    const source: Source = name.startsWith('n') ? 'nodes' : 'pods';
    if (action === 'crash') away.agent = amount + 1;
    else if (action === 'relist') away[source] = amount + 1;
    else if (action === 'lag') agent.views[source].lagTicks = amount % (lagTicks + 1);
    else truth.act(name, action);
  }
  for (let tick = 0; tick < 30 * perSecond; tick += 1) pass();
  return { truth, agent };
}

/** Seconds in which a pod was up all the time. */
function upSeconds(truth: Truth, podUid: string): Set<number> {
  const ticks = truth.up.get(podUid) ?? new Set();
  const seconds = new Set<number>();
  for (const tick of ticks) {
    const first = secondsOf(tick) * perSecond;
    const whole = [0, 1, 2, 3].every((quarter) => ticks.has(first + quarter));
    if (whole) seconds.add(secondsOf(tick));
  }
  return seconds;
}

type Billed = { device: string; podUid: string; from: number; to: number; open: boolean };

function billed(changes: readonly IntervalChange[], observedUntil: number): Billed[] {
  const byKey = new Map<string, Billed>();
  for (const change of changes) {
    const { device, podUid, startSeconds: from } = change;
    const key = `${podUid}/${device}/${from}`;
    const known = byKey.get(key);
    if (change.kind === 'Closed') {
      // Told again after a crash it must be the same.
      if (known?.open === false && known.to !== change.endSeconds) {
        throw new Error(`${key} ended at ${known.to}, and again at ${change.endSeconds}`);
      }
      byKey.set(key, { device, podUid, from, to: change.endSeconds, open: false });
    } else if (known === undefined) {
      byKey.set(key, { device, podUid, from, to: observedUntil, open: true });
    }
  }
  return [...byKey.values()];
}

function expectFair(truth: Truth, agent: Agent): void {
  const taken = new Map<string, string>();
  const up = new Map<string, Set<number>>();
  for (const { device, podUid, from, to } of billed(agent.told, agent.observedUntil)) {
    const ready = up.get(podUid) ?? upSeconds(truth, podUid);
    up.set(podUid, ready);
    for (let second = from; second < to; second += 1) {
      const place = `${device} ${second}`;
      if (!ready.has(second)) throw new Error(`${podUid} was not up: ${place} of ${from}-${to}`);
      if (taken.has(place)) throw new Error(`${place}: ${podUid} and ${taken.get(place)}`);
      taken.set(place, podUid);
    }
  }
}

test('what is billed is a subset of Ready time, each second of a device once, whatever fails', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { truth, agent } = play(steps);
      expectFair(truth, agent);
    }),
    { numRuns: 1_000 },
  );
});

test('at every report, open intervals were Ready until the time that is told', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      play(steps, expectFair);
    }),
    { numRuns: 100 },
  );
});

test('looking again at what was seen gives nothing new, before and after a crash', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { agent } = play(steps);
      const before = agent.told.length;
      agent.lookAtAll();
      expect(agent.book.take(1)).toBeUndefined();
      agent.restart();
      agent.record();
      expect(agent.told.length).toBe(before);
    }),
    { numRuns: 200 },
  );
});

test('without faults every whole second of Ready time is billed', () => {
  const calm = step.filter(({ action }) => ['begin', 'ready', 'stop', 'delete'].includes(action));
  fc.assert(
    fc.property(fc.array(calm, { maxLength: 40 }), (steps) => {
      const { truth, agent } = play(steps, undefined, [...devices, 'gpu-2']);
      expectFair(truth, agent);
      const times = new Map<string, number>();
      for (const { podUid, from, to } of billed(agent.told, agent.observedUntil)) {
        times.set(podUid, (times.get(podUid) ?? 0) + to - from);
      }
      for (const podUid of truth.up.keys()) {
        // Kubernetes does not tell whether it was Ready at the very beginning of a second.
        const before = truth.up.get(podUid) ?? new Set();
        const seconds = [...upSeconds(truth, podUid)].filter(
          (second) => second < agent.observedUntil && before.has(second * perSecond - 1),
        );
        expect(times.get(podUid) ?? 0).toBeGreaterThanOrEqual(seconds.length);
      }
    }),
    { numRuns: 200 },
  );
});

test('without faults as many workers are billed as a lease has devices, however it changes', () => {
  type Rescale = { wait: number; devices: readonly string[] };
  const rescale: fc.Arbitrary<Rescale> = fc.record({
    wait: fc.integer({ min: 4, max: 24 }),
    devices: fc.subarray([...devices, 'gpu-2']),
  });
  const change = step.filter(({ action }) => ['begin', 'ready', 'delete'].includes(action));
  fc.assert(
    fc.property(fc.array(fc.oneof(change, rescale), { maxLength: 40 }), (steps) => {
      const { truth, agent, leased } = playRescaled(steps);
      expectFair(truth, agent);
      const ups = [...truth.up.keys()].map((podUid) => ({
        ticks: truth.up.get(podUid) ?? new Set(),
        seconds: upSeconds(truth, podUid),
      }));
      const rows = billed(agent.told, agent.observedUntil);
      for (let second = secondsOf(start); second < agent.observedUntil; second += 1) {
        const now = rows.filter(({ from, to }) => from <= second && second < to);
        const has = leased.filter(({ from, to }) => from <= second && second <= to);
        expect(now.filter((row) => !has.some((some) => some.devices.includes(row.device)))).toEqual(
          [],
        );
        const up = ups.filter(
          ({ ticks, seconds }) => seconds.has(second) && ticks.has(second * perSecond - 1),
        );
        // While the lease changes the agent may not know which devices go on.
        const least = has.length === 1 ? Math.min(up.length, has[0]?.devices.length ?? 0) : 0;
        expect(now.length).toBeGreaterThanOrEqual(least);
      }
    }),
    { numRuns: 500 },
  );

  function playRescaled(steps: readonly (Step | Rescale)[]) {
    const truth = new Truth();
    const agent = new Agent(truth, devices);
    const leased = [{ from: 0, to: Infinity, devices: devices as readonly string[] }];
    const pass = (ticks: number): void => {
      for (let tick = 0; tick < ticks; tick += 1) {
        truth.pass();
        agent.pass();
        if (truth.tick % perSecond === 0) agent.record();
      }
    };
    for (const each of [...opening, ...steps]) {
      pass(each.wait);
      if ('action' in each) {
        truth.act(each.name, each.action as Action);
        continue;
      }
      const now = secondsOf(truth.tick);
      const last = leased.at(-1);
      if (last !== undefined) last.to = now;
      leased.push({ from: now, to: Infinity, devices: each.devices });
      agent.lease(each.devices);
    }
    pass(30 * perSecond);
    return { truth, agent, leased };
  }
});
