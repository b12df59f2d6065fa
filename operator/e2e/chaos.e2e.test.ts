import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { ioDeviceResource } from '../../crds/schema/index.ts';
import { describeLines } from '../../hack/chaos/describe-lines.ts';
import type { LineSettings } from '../../hack/chaos/line.ts';
import { Lines } from '../../hack/chaos/lines.ts';
import { type Federation, startFederation } from '../../hack/federation/index.ts';
import { billedOverlapSeconds } from '../../hack/federation/ledger.ts';
import { startOperator } from '../../hack/federation/operator.ts';
import { silentProgress } from '../../hack/federation/progress.ts';
import { ownedRunDirectory } from '../../hack/federation/run-directory.ts';
import { ensureTools } from '../../hack/federation/toolchain.ts';
import { World } from '../../hack/federation/world.ts';
import { Witness } from '../../hack/soak/witness.ts';
import { type Database, openDatabase } from '../adapters/postgres/database.ts';
import { eventually } from '../testing/eventually.ts';
import {
  conditionOf,
  deleteCluster,
  expectLeasesHold,
  expectReady,
  readCluster,
  removeAll,
  type Where,
} from './harness.ts';
import { leader } from './scenarios/crashes.ts';
import {
  cordon,
  equals,
  expectOneAtATime,
  leaseOf,
  memberIs,
  newRenter,
  placedAnew,
  podsOf,
  readyAt,
  type Running,
  runOn,
  stopped,
  toldSeconds,
} from './scenarios/chaos.ts';

const BUILD_AND_START_MS = 1_800_000;
const CLEAN_UP_MS = 120_000;
const TEST_MS = 200_000;
const SEED = Number(process.env['E2E_SEED'] ?? 20_261_125);

/** The defaults of the product: silence after which an agent stops its work, and is given up. */
const FENCED_WITHIN_MS = 30_000;
const PLACED_ANEW_WITHIN_MS = 60_000;
const SHORT_CUT_MS = 20_000;
const LONE_MS = 8_000;
/** Until another hub leads. */
const LEADS_WITHIN_MS = 15_000;
const STALLED_MORE_MS = 30_000;
/** What looking takes on a machine that is busy. */
const SLACK_MS = 5_000;

/** A request needs minutes: connections stay open and nothing comes of them. */
const STALLED = { rateKbps: 1, delayMs: 2_000 } as const;
const SLOW = { delayMs: 300, lossPercent: 5, reorderPercent: 25 } as const;

/** How bad a line becomes, and how much longer than from a cut it may take until the work is elsewhere. */
type Badness = Readonly<{ line: LineSettings; moreMs?: number }>;
const GOOD: Badness = { line: {} };

jest.setTimeout(TEST_MS);

/** Timers are the product's own, but for that of the two hubs: one is killed. */
const hubArgs = ['--leader-election-lease-seconds=5', '--money-poll-seconds=1'];

describeLines('members whose only way to the hub is a bad line', () => {
  const lines = new Lines(SEED);
  let federation: Federation | undefined;
  let started: World | undefined;
  let witness: Witness;
  let database: Database;
  let renter: string;
  let joined: Readonly<{ mendedMs: number; readyMs: number }>;
  const world = (): World => {
    if (started === undefined) throw new Error('the federation did not start');
    return started;
  };

  beforeAll(async () => {
    await ensureTools(['link'], silentProgress);
    const runDirectory = await ownedRunDirectory('chaos');
    federation = await startFederation({
      ...{ runDirectory, members: equals, progress: silentProgress },
    });
    const operator = await startOperator(federation, {
      ...{ money: true, hubs: 2, hubArgs, progress: silentProgress },
      agentArgs: ['--report-seconds=1'],
      denied: ['south-1'],
      agentSpec: (member, spec) => lines.agentSpec(member, spec),
    });
    started = new World(federation, operator);
    const { money } = operator;
    if (money === undefined) throw new Error('the product has no ledger');
    database = openDatabase(money.ownerUrl, { applicationName: 'e2e', maxConnections: 2 });
    witness = new Witness(started, () => Math.floor(Date.now() / 1000));
    await witness.start();
    renter = await newRenter(started, 'chaos');
    joined = await joinBehindCut('south-1');
  }, BUILD_AND_START_MS);

  afterEach(async () => {
    await lines.mend();
    for (const name of world().memberNames) await memberIs(world(), name, 'Connected', 'True');
    await cordon(world(), world().memberNames, false);
    await removeAll(world());
    await expect(billedOverlapSeconds(database)).resolves.toBe(0);
  }, CLEAN_UP_MS);

  afterAll(async () => {
    witness?.stop();
    await database?.destroy();
    await started?.close();
    await federation?.stop();
    await lines.close();
  }, CLEAN_UP_MS);

  /** A member that was denied is let in while its line is cut for a while. */
  async function joinBehindCut(member: string): Promise<typeof joined> {
    await lines.of(member).set({ cut: 'both' });
    const ready = world()
      .operator.admit(member)
      .then(() => performance.now());
    await untilMs(performance.now() + LONE_MS);
    const mendedMs = performance.now();
    await lines.of(member).set({});
    return { mendedMs, readyMs: await ready };
  }

  type Run = Running & Readonly<{ where: Where }>;

  /** A cluster on each of two members, where nothing is placed any more. */
  async function runOnEach([one, other]: readonly [string, string]): Promise<[Run, Run]> {
    const run = async (member: string): Promise<Run> => {
      const where = { namespace: renter, name: `from-${member}` };
      return { ...(await runOn(world(), member, where)), where };
    };
    const runs: [Run, Run] = [await run(one), await run(other)];
    // Each of them may be taken for well while the other is noticed.
    await cordon(world(), [one, other], true);
    return runs;
  }

  /** Makes lines bad, and returns what became of the clusters behind them. */
  async function moveAll(
    runs: readonly Run[],
    badness: (member: string) => Badness,
  ): Promise<readonly Running[]> {
    await Promise.all(runs.map(({ member }) => lines.of(member).set(badness(member).line)));
    const badMs = performance.now();
    return Promise.all(
      runs.map(async (before) => {
        const { moreMs = 0 } = badness(before.member);
        await stopped(world(), before, FENCED_WITHIN_MS + SLACK_MS);
        const anew = await placedAnew(world(), before, PLACED_ANEW_WITHIN_MS + moreMs);
        expect(performance.now() - badMs).toBeLessThan(PLACED_ANEW_WITHIN_MS + moreMs);
        expect(anew.member).not.toBe(before.member);
        const after = await readyAt(world(), before.where);
        expect(after.lease.id).toBe(anew.lease);
        expectOneAtATime(witness, [before.lease.id, after.lease.id]);
        return after;
      }),
    );
  }

  test('a line that is cut while a member joins: it joins when the line is whole', async () => {
    expect(joined.readyMs).toBeGreaterThan(joined.mendedMs);
    await memberIs(world(), 'south-1', 'Schedulable', 'True');
  });

  test('a slow line that loses and reorders, and a cut of 20 s: nothing is moved, all works', async () => {
    const where = { namespace: renter, name: 'stays' };
    const stays = await runOn(world(), 'north-1', where);
    const pods = await podsOf(world(), stays);
    await lines.of('middle-1').set(SLOW);
    await lines.of('north-1').set({ cut: 'both' });
    const cutMs = performance.now();
    const slow = await runOn(world(), 'middle-1', { namespace: renter, name: 'slow' });
    await untilMs(cutMs + SHORT_CUT_MS);
    await lines.of('north-1').set({});
    // Longer than the fence: a heartbeat that never came would show.
    await untilMs(cutMs + FENCED_WITHIN_MS + SLACK_MS);
    await memberIs(world(), 'north-1', 'Connected', 'True', SLACK_MS);
    await memberIs(world(), 'middle-1', 'Connected', 'True', SLACK_MS);
    expect(leaseOf(await readCluster(world(), where))).toBe(stays.lease.id);
    await expect(podsOf(world(), stays)).resolves.toEqual(pods);
    expect((await readyAt(world(), { namespace: renter, name: 'slow' })).lease.id).toBe(
      slow.lease.id,
    );
    const { up } = await lines.of('middle-1').traffic();
    expect(up.lost).toBeGreaterThan(0);
    expect(up.reordered).toBeGreaterThan(0);
    await deleteCluster(world(), { namespace: renter, name: 'slow' });
    await stopped(world(), slow, FENCED_WITHIN_MS);
  });

  test('a long cut and a line that stalls: stopped by the agent, elsewhere within a minute, once', async () => {
    const faults: Readonly<Record<string, Badness>> = {
      'north-1': { line: { cut: 'both' } },
      // Heartbeats that were on their way arrive late, and the hub counts from those.
      'middle-1': { line: STALLED, moreMs: STALLED_MORE_MS },
    };
    const all = await runOnEach(['north-1', 'middle-1']);
    const [before] = all;
    const { where } = before;
    const [[after]] = await Promise.all([
      moveAll(all, (member) => faults[member] ?? GOOD),
      memberIs(world(), 'north-1', 'Connected', 'False'),
    ]);
    if (after === undefined) throw new Error('nothing was moved');
    const pods = await podsOf(world(), after);
    await lines.mend();
    await memberIs(world(), 'north-1', 'Connected', 'True');
    // What it held is told, nothing comes back there, and what runs elsewhere is not touched.
    expect(await toldSeconds(database, before.lease.id)).toBeGreaterThan(0);
    await expect(world().rayClusters(before.lease.id)).resolves.toEqual([]);
    await expect(podsOf(world(), after)).resolves.toEqual(pods);
    expect((await readyAt(world(), where)).lease.id).toBe(after.lease.id);
    await expectLeasesHold(world());
  });

  test('cuts of one way only while the leading hub is killed: as cuts of both, by one of the hubs', async () => {
    // The new leader counts the silence from its own beginning.
    const cuts: Readonly<Record<string, Badness>> = {
      'north-1': { line: { cut: 'up' }, moreMs: LEADS_WITHIN_MS },
      'middle-1': { line: { cut: 'down' }, moreMs: LEADS_WITHIN_MS },
    };
    const all = await runOnEach(['north-1', 'middle-1']);
    const leading = await leader(world());
    try {
      await leading.kill();
      await moveAll(all, (member) => cuts[member] ?? GOOD);
    } finally {
      await leading.start();
    }
    await lines.mend();
    for (const { lease } of all) {
      expect(await toldSeconds(database, lease.id)).toBeGreaterThan(0);
    }
  });

  test('an agent that starts behind a cut line waits, and serves when the line is whole', async () => {
    await lines.of('south-1').set({ cut: 'both' });
    const agent = world().operator.agent('south-1');
    await agent.kill();
    const starts = agent.start();
    const readyMs = starts.then(() => performance.now());
    await untilMs(performance.now() + LONE_MS);
    expect(agent.pid()).toBeDefined();
    const mendedMs = performance.now();
    await lines.of('south-1').set({});
    expect(await readyMs).toBeGreaterThan(mendedMs);
    const back = await runOn(world(), 'south-1', { namespace: renter, name: 'back' });
    await expectReady(world(), { namespace: renter, name: 'back' });
    expect(back.member).toBe('south-1');
  });

  test('one GPU on two members: its id proves nothing for either, and neither is rented', async () => {
    const uuid = 'GPU-11111111-2222-3333-4444-555555555555';
    const all = await world().devices();
    const claims = ['north-1', 'south-1'].map((member) => {
      const device = all.find(({ spec }) => spec.member === member);
      if (device === undefined) throw new Error(`${member} has no device`);
      return device.metadata;
    });
    const states = () =>
      Promise.all(
        claims.map(async ({ name, namespace }) => {
          const device = (await world().hub.get(ioDeviceResource, name, namespace)) ?? {};
          const [identified, offered] = ['Identified', 'Offered'].map((type) =>
            conditionOf(device, type),
          );
          return `${identified?.reason}, offered ${offered?.status}`;
        }),
      );
    const expectBoth = (state: string): Promise<void> =>
      eventually(async () => expect(await states()).toEqual([state, state]));
    for (const { name, namespace } of claims) {
      await world().hub.mergePatch(ioDeviceResource, name, namespace, { spec: { uuid } });
    }
    await expectBoth('DuplicateUuid, offered False');
    // An id cannot be taken back: a device without it is another object, which the agents make.
    for (const { name, namespace } of claims) {
      await world().hub.delete(ioDeviceResource, name, namespace);
    }
    await expectBoth('Identified, offered True');
  });
});

/** Time passes: that nothing happens in it is what is tested. */
async function untilMs(at: number): Promise<void> {
  await eventually(() => expect(performance.now()).toBeGreaterThan(at), {
    withinMs: 2 * FENCED_WITHIN_MS + SHORT_CUT_MS,
    everyMs: 100,
  });
}
