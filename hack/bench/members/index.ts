import { setTimeout as delay } from 'node:timers/promises';
import { ioMemberResource, ioPlacementResource } from '../../../crds/schema/index.ts';
import { buildPlacementSpec } from '../../../operator/testing/builders/placement-spec.ts';
import { memberUser, membersGroup } from '../../../operator/domain/member/identity.ts';
import { memberNamespace } from '../../../operator/domain/lease.ts';
import type { DeviceFacts } from '../../../operator/domain/devices/from-node.ts';
import { memberManifest } from '../../federation/operator-install.ts';
import type { World } from '../../federation/world.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { processorSeconds } from '../cpu.ts';
import { untilQuiet, withWorld } from '../federation.ts';
import { residentMemory } from '../memory/rss.ts';
import { quantile } from '../statistics.ts';
import { LightAgent } from './light-agent.ts';
import { lightDevices, lightProfile } from './profile.ts';

/** The API server's heap holds 100,000 objects; with garbage it would be all that there is. */
const GO_MEMORY_LIMIT = '8GiB';
const MEMBERS = 1_000;
const DEVICES_EACH = 100;
/** So many join while nothing else does, and are measured. */
const MEASURED_SHARE = 0.2;
const PLACEMENTS = 200;
const REGISTRATIONS_PER_SECOND = 10;
const PLACEMENTS_PER_SECOND = 10;
/** Agents that write at once; more only makes each of them slower on few cores. */
const AGENTS_AT_ONCE = 24;
const CHANGED_SHARE_PER_MINUTE = 0.01;
const WATCHED_MS = 30_000;
const SEEN_WITHIN_MS = 60_000;

/** A thousand members that do what agents do on the hub, against a real hub. */
export async function members(context: BenchContext): Promise<void> {
  const count = scaled(context, MEMBERS);
  await withWorld({ members: [], goMemoryLimit: GO_MEMORY_LIMIT }, async (world) => {
    const fleet = new Fleet(world);
    try {
      const measured = Math.ceil(count * MEASURED_SHARE);
      await crowd(context, world, fleet, count - measured);
      await registration(context, world, fleet, measured);
      await hubAtRest(context, world, fleet);
      await reach(context, world, fleet);
    } finally {
      await fleet.stop();
    }
  });
}

type Lit = { readonly agent: LightAgent; readonly devices: readonly DeviceFacts[] };

/** All light agents, in one process. */
class Fleet {
  readonly all: Lit[] = [];
  readonly #world: World;
  /** When a placement was seen by its agent. */
  readonly seenMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Milliseconds from applying the accepted IOMember until its agent may work in its namespace. */
  async add(index: number): Promise<number> {
    const profile = lightProfile(index);
    const { name } = profile;
    const path = this.#world.federation.hub.issueKubeconfig({
      commonName: memberUser({ member: name, enrolment: 1 }),
      organizations: [membersGroup],
    });
    const agent = new LightAgent(name, path, ({ metadata }) =>
      this.seenMs.set(metadata.name, performance.now()),
    );
    this.all[index] = { agent, devices: lightDevices(profile, DEVICES_EACH) };
    const { spec } = memberManifest(profile);
    const manifest = { metadata: { name }, spec: { ...spec, accepted: true } };
    const startedMs = performance.now();
    await this.#world.hub.apply(ioMemberResource, manifest, { manager: 'bench' });
    await agent.untilAdmitted();
    const tookMs = performance.now() - startedMs;
    agent.start((index % 100) / 100);
    return tookMs;
  }

  async tellDevices(index: number): Promise<void> {
    const lit = this.all[index];
    for (const device of lit?.devices ?? []) await lit?.agent.tell(device);
  }

  get deviceCount(): number {
    return this.all.reduce((sum, { devices: each }) => sum + each.length, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ agent }) => agent.stop()));
  }
}

/** So many members join, each with its devices, as fast as the hub takes them. */
async function crowd({ say }: BenchContext, world: World, fleet: Fleet, count: number) {
  say(`${count} members join with ${count * DEVICES_EACH} IODevices`);
  const startedMs = performance.now();
  await inParallel(
    Array.from({ length: count }, (_, index) => async () => {
      await fleet.add(index);
      await fleet.tellDevices(index);
    }),
  );
  say(`all are told after ${seconds(startedMs)} s`);
  await untilQuiet(world);
  say(`all are verified after ${seconds(startedMs)} s`);
}

async function registration(
  { figures, say }: BenchContext,
  world: World,
  fleet: Fleet,
  count: number,
): Promise<void> {
  const first = fleet.all.length;
  say(`${count} more join, ${REGISTRATIONS_PER_SECOND} a second`);
  const tookMs = await atRate(count, REGISTRATIONS_PER_SECOND, (at) => fleet.add(first + at));
  await inParallel(tookMs.map((_, at) => () => fleet.tellDevices(first + at)));
  await Promise.all(fleet.all.map(({ agent }) => agent.untilWatching()));
  await untilQuiet(world);
  const n = fleet.all.length;
  figures.add({
    ...{ name: 'members', value: n, unit: 'members', n },
    note: `light agents in one process: certificate, heartbeat each 10 s, ${DEVICES_EACH} devices`,
  });
  const median = quantile(tookMs, 0.5).toFixed(0);
  const how = `${first} members are there, ${REGISTRATIONS_PER_SECOND} more a second`;
  const from = 'from sending the accepted IOMember until its agent may work in its namespace';
  figures.add({
    ...{ name: 'registration_p99_ms', value: quantile(tookMs, 0.99), unit: 'ms', n: count },
    note: `${from}; ${how}; median ${median} ms`,
  });
}

async function hubAtRest({ figures, say }: BenchContext, world: World, fleet: Fleet) {
  const pid = world.operator.hub.pid();
  if (pid === undefined) throw new Error('the hub does not run');
  const n = fleet.deviceCount;
  say('the hub at rest, and with 1 % of the devices changing in a minute');
  const [idle, memory] = await Promise.all([millicores(pid, WATCHED_MS), residentMemory(pid)]);
  figures.add({
    ...{ name: 'hub_cpu_idle_millicores', value: idle, unit: 'millicores', n },
    note: `${fleet.all.length} members, ${n} devices; only heartbeats arrive; ${WATCHED_MS / 1000} s`,
  });
  const changes = Math.ceil((n * CHANGED_SHARE_PER_MINUTE * WATCHED_MS) / 60_000);
  const [changing] = await Promise.all([millicores(pid, WATCHED_MS), change(fleet, changes)]);
  figures.add({
    ...{ name: 'hub_cpu_1pct_millicores', value: changing, unit: 'millicores', n },
    note: `as at rest, and ${changes} devices change in ${WATCHED_MS / 1000} s (1 % a minute)`,
  });
  figures.add({
    ...{ name: 'hub_rss_mib', value: memory.medianMib, unit: 'MiB', n },
    note: `median at rest; peak ${(memory.peakMib ?? Number.NaN).toFixed(0)} MiB`,
  });
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(0);

/** Devices of members in turn are cordoned or not, evenly over the time. */
async function change({ all }: Fleet, changes: number): Promise<void> {
  await atRate(changes, (changes * 1000) / WATCHED_MS, async (index) => {
    const { agent, devices: each } = all[index % all.length] as Lit;
    const device = each[Math.floor(index / all.length) % each.length] as DeviceFacts;
    const node = { ...device.spec.node, schedulable: false };
    await agent.tell({ ...device, spec: { ...device.spec, node } });
  });
}

async function reach({ figures, say }: BenchContext, world: World, fleet: Fleet): Promise<void> {
  say(`${PLACEMENTS} placements reach their agents, ${PLACEMENTS_PER_SECOND} a second`);
  const tookMs = await atRate(PLACEMENTS, PLACEMENTS_PER_SECOND, async (index) => {
    // Far apart, so that no member is near another in time.
    const { agent } = fleet.all[(index * 397) % fleet.all.length] as Lit;
    const { member } = agent;
    const leaseId = `lease-${index.toString(16).padStart(16, '0')}`;
    const metadata = { name: leaseId, namespace: memberNamespace(member) };
    const spec = buildPlacementSpec({ leaseId, member });
    const startedMs = performance.now();
    await world.hub.create(ioPlacementResource, { metadata, spec });
    return (await seen(fleet, leaseId)) - startedMs;
  });
  const median = quantile(tookMs, 0.5).toFixed(0);
  const from = "from sending the IOPlacement until the member's agent has it";
  figures.add({
    ...{ name: 'placement_reach_p99_ms', value: quantile(tookMs, 0.99), unit: 'ms', n: PLACEMENTS },
    note: `${from}, ${fleet.all.length} members watch; median ${median} ms`,
  });
}

async function seen({ seenMs }: Fleet, name: string): Promise<number> {
  const deadline = performance.now() + SEEN_WITHIN_MS;
  for (;;) {
    const found = seenMs.get(name);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${name} did not reach its agent`);
    await delay(1);
  }
}

/** Millicores that a process used over a while. */
async function millicores(pid: number, forMs: number): Promise<number> {
  const [before, startedMs] = [processorSeconds(pid), performance.now()];
  await delay(forMs);
  const used = processorSeconds(pid) - before;
  return (1_000_000 * used) / (performance.now() - startedMs);
}

/** Begins so many pieces of work a second, however long each takes. */
async function atRate<T>(
  count: number,
  perSecond: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const startedMs = performance.now();
  const under: Promise<T>[] = [];
  for (let index = 0; index < count; index += 1) {
    await delay(Math.max(0, startedMs + (index * 1000) / perSecond - performance.now()));
    under.push(work(index));
  }
  return Promise.all(under);
}

async function inParallel(work: (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < work.length; index = next++) await work[index]?.();
  };
  await Promise.all(Array.from({ length: AGENTS_AT_ONCE }, worker));
}
