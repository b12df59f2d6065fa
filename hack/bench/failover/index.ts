import { setTimeout as delay } from 'node:timers/promises';
import {
  ioAccountResource,
  ioClusterResource,
  ioMemberResource,
} from '../../../crds/schema/index.ts';
import { openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { isConditionTrue } from '../../../operator/runtime/status.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import { pick, type RandomSource, seededRandom } from '../../../operator/testing/seeded-random.ts';
import { whyNoLines } from '../../chaos/line.ts';
import { Lines } from '../../chaos/lines.ts';
import { billedOverlapSeconds, unsettledLeases } from '../../federation/ledger.ts';
import type { Money } from '../../federation/operator.ts';
import { silentProgress } from '../../federation/progress.ts';
import { ensureTools } from '../../federation/toolchain.ts';
import type { World } from '../../federation/world.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { withWorld } from '../federation.ts';
import { quantile } from '../statistics.ts';
import { type Fault, inflict, plan, repair } from './faults.ts';
import { equalMembers } from './profiles.ts';
import { Watch } from './watch.ts';

const RUNS = 50;
const RUNS_AT_ONCE = 10;
const LOST_AT_ONCE = 2;
const SEED = 20_261_125;
const RENTER = 'bench';
const READY_WITHIN_MS = 120_000;
const NOTICED_WITHIN_MS = 120_000;
const BACK_WITHIN_MS = 120_000;
const GONE_WITHIN_MS = 180_000;
const POLL_MS = 200;

type Results = { readonly detectMs: number[]; readonly replaceMs: number[]; faults: string[] };

/**
 * Members are lost at random, with what runs on them; the timers are the product's own. A run is a
 * cluster whose member is lost.
 */
export async function failover(context: BenchContext): Promise<void> {
  const { figures, say } = context;
  const runs = scaled(context, RUNS);
  const atOnce = Math.min(RUNS_AT_ONCE, runs);
  const reason = whyNoLines();
  if (reason === undefined) await ensureTools(['link'], silentProgress);
  else say(`agents are only killed, no line is cut: ${reason}`);
  const lines = reason === undefined ? new Lines(SEED) : undefined;
  const members = equalMembers(Math.ceil(atOnce / 8) + 1);
  const agentSpec = lines === undefined ? {} : { agentSpec: lines.agentSpec.bind(lines) };
  const operator = { money: true, hubArgs: ['--money-poll-seconds=1'], ...agentSpec };
  try {
    await withWorld({ members, operator }, async (world) => {
      const { money } = world.operator;
      if (money === undefined) throw new Error('the product has no ledger');
      await makeRenter(world, money);
      const watch = new Watch(world);
      await watch.start();
      const results: Results = { detectMs: [], replaceMs: [], faults: [] };
      const random = seededRandom(SEED);
      for (let done = 0; done < runs; done += atOnce) {
        const round = { world, lines, watch, random, results, first: done };
        await oneRound(round, Math.min(atOnce, runs - done), say);
      }
      watch.stop();
      say('what was used is told to the ledger');
      tell(figures, results, await overlapOnceAllIsTold(money));
    });
  } finally {
    await lines?.close();
  }
}

type Round = Readonly<{
  world: World;
  lines: Lines | undefined;
  watch: Watch;
  random: RandomSource;
  results: Results;
  first: number;
}>;

async function oneRound(round: Round, count: number, say: (text: string) => void): Promise<void> {
  const { world, lines, watch, random, results, first } = round;
  const victims = someOf(random, world.memberNames, LOST_AT_ONCE);
  const others = world.memberNames.filter((name) => !victims.includes(name));
  await cordon(world, others, true);
  const names = Array.from({ length: count }, (_, index) => `run-${first + index + 1}`);
  const before = await startOn(world, victims, names);
  // A member whose loss is not noticed yet would be given what another one lost.
  await cordon(world, others, false);
  const faults = plan(random, victims, lines !== undefined);
  say(faults.map(({ member, name }) => `${member}: ${name}`).join(', '));
  await Promise.all(
    faults.map(async (fault) => {
      const lost = before.filter(({ member }) => member === fault.member);
      const took = await lose(round, fault, lost);
      results.faults.push(fault.name);
      results.detectMs.push(took.detectMs);
      results.replaceMs.push(...took.replaceMs);
    }),
  );
  await Promise.all(faults.map((fault) => repair(world, lines, fault)));
  await Promise.all(victims.map((name) => watch.connected(name, 'True', BACK_WITHIN_MS)));
  await cordon(world, victims, false);
  await Promise.all(names.map((name) => world.hub.delete(ioClusterResource, name, RENTER)));
  await eventually(
    async () => {
      const { items } = await world.hub.list(ioClusterResource, { namespace: RENTER });
      if (items.length > 0) throw new Error(`${items.length} IOClusters are left`);
    },
    { withinMs: GONE_WITHIN_MS, everyMs: POLL_MS },
  );
}

/** Each of the members gets its share of the clusters, and is cordoned. */
async function startOn(
  world: World,
  members: readonly string[],
  names: readonly string[],
): Promise<readonly Ready[]> {
  await cordon(world, members, true);
  const ready: Ready[] = [];
  for (const [at, member] of members.entries()) {
    await cordon(world, [member], false);
    const share = names.filter((_, index) => index % members.length === at);
    await Promise.all(share.map((name) => makeCluster(world, name)));
    ready.push(...(await Promise.all(share.map((name) => untilReady(world, name)))));
    await cordon(world, [member], true);
  }
  return ready;
}

type Ready = Readonly<{ uid: string; lease: string; member: string }>;

async function lose({ world, lines, watch }: Round, fault: Fault, lost: readonly Ready[]) {
  await delay(fault.afterMs);
  const sentMs = performance.now();
  await inflict(world, lines, fault);
  const [noticedMs, ...placed] = await Promise.all([
    watch.connected(fault.member, 'False', NOTICED_WITHIN_MS),
    ...lost.map(async ({ uid, lease }) => {
      const { atMs } = await watch.placedAfter(uid, lease, NOTICED_WITHIN_MS);
      return atMs;
    }),
  ]);
  return { detectMs: noticedMs - sentMs, replaceMs: placed.map((atMs) => atMs - sentMs) };
}

function tell(
  figures: BenchContext['figures'],
  { detectMs, replaceMs, faults }: Results,
  overlapSeconds: number,
): void {
  const runs = replaceMs.length;
  const kinds = Map.groupBy(faults, (name) => name);
  const late = 'a heartbeat may still arrive when only answers are cut';
  const what = [...kinds].map(([name, some]) => `${some.length} ${name}`).join(', ');
  figures.add({
    ...{ name: 'runs', value: runs, unit: 'runs', n: runs },
    note: `clusters whose member was lost; ${faults.length} losses at random times: ${what}`,
  });
  figures.add({
    ...{ name: 'detect_p99_s', value: quantile(detectMs, 0.99) / 1000, unit: 's' },
    ...{
      n: detectMs.length,
      note: `from the fault to Connected False; ${late}; ${median(detectMs)}`,
    },
  });
  figures.add({
    ...{ name: 'replace_p99_s', value: quantile(replaceMs, 0.99) / 1000, unit: 's', n: runs },
    note: `from the fault to the new IOPlacement; ${median(replaceMs)}; default timers`,
  });
  figures.add({
    ...{ name: 'billed_overlap_s', value: overlapSeconds, unit: 's', n: runs },
    note: 'seconds in which two leases of a cluster are both billed, by the ledger',
  });
}

const median = (ms: readonly number[]): string =>
  `median ${(quantile(ms, 0.5) / 1000).toFixed(1)} s`;

function someOf(random: RandomSource, all: readonly string[], count: number): readonly string[] {
  const chosen = new Set<string>();
  while (chosen.size < count) chosen.add(pick(random, all));
  return [...chosen];
}

async function makeRenter(world: World, money: Money): Promise<void> {
  await world.mustKubectl(['create', 'namespace', RENTER]);
  const metadata = { name: RENTER, namespace: RENTER };
  await world.hub.create(ioAccountResource, { metadata, spec: { kind: 'Renter' } });
  await money.cli([
    'deposit',
    `--database-url-file=${money.ownerUrlFile}`,
    ...[`--account=${RENTER}/${RENTER}`, '--amount=10000.00', '--reference=bench'],
  ]);
}

async function makeCluster(world: World, name: string): Promise<void> {
  await world.hub.create(ioClusterResource, {
    metadata: { name, namespace: RENTER },
    spec: {
      ...{ ray: { version: '2.52.1' }, accountRef: { name: RENTER } },
      workerGroups: [{ name: 'gpu' }],
    },
  });
}

function untilReady(world: World, name: string): Promise<Ready> {
  return eventually(
    async () => {
      const cluster = await world.cluster(RENTER, name);
      const { lease, conditions } = cluster?.status ?? {};
      if (lease === undefined || !isConditionTrue(conditions, 'Ready')) {
        throw new Error(`${name} is not Ready`);
      }
      return { uid: cluster?.metadata.uid ?? '', lease: lease.id, member: lease.member };
    },
    { withinMs: READY_WITHIN_MS, everyMs: POLL_MS },
  );
}

async function cordon(world: World, names: readonly string[], cordoned: boolean): Promise<void> {
  for (const name of names) {
    await world.hub.mergePatch(ioMemberResource, name, undefined, { spec: { cordoned } });
  }
  await eventually(
    async () => {
      for (const name of names) {
        const conditions = (await world.hub.get(ioMemberResource, name))?.status?.conditions;
        const reason = conditions?.find(({ type }) => type === 'Schedulable')?.reason;
        if ((reason === 'Cordoned') !== cordoned) throw new Error(`${name} is ${reason}`);
      }
    },
    { withinMs: BACK_WITHIN_MS, everyMs: POLL_MS },
  );
}

async function overlapOnceAllIsTold(money: Money): Promise<number> {
  const database = openDatabase(money.ownerUrl, { applicationName: 'bench', maxConnections: 1 });
  try {
    await eventually(
      async () => {
        const unsettled = await unsettledLeases(database);
        if (unsettled > 0) throw new Error(`${unsettled} leases are not settled`);
      },
      { withinMs: GONE_WITHIN_MS, everyMs: POLL_MS },
    );
    return await billedOverlapSeconds(database);
  } finally {
    await database.destroy();
  }
}
