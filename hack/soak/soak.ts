import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { ioClusterResource } from '../../crds/schema/index.ts';
import { openDatabase } from '../../operator/adapters/postgres/database.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { pick, type RandomSource, seededRandom } from '../../operator/testing/seeded-random.ts';
import type { Money } from '../federation/operator.ts';
import type { World } from '../federation/world.ts';
import { createRenters, Load } from './load.ts';
import { type Absence, SIGHT_LAG_SECONDS } from './seen.ts';
import { faultsOf, judge, type Verdict } from './verdict.ts';
import { Witness } from './witness.ts';

export type SoakOptions = {
  readonly seed: number;
  /** How many processes are killed, and for how long at most. */
  readonly kills: number;
  readonly withinMs: number;
  /** One line now and then. */
  readonly say: (text: string) => void;
};

export type SoakReport = Verdict & {
  readonly kills: Readonly<Record<string, number>>;
  readonly clusters: number;
  /** What `io-operator audit` says in the end. */
  readonly audit: string;
  /** What is wrong, a line each; empty when nothing is. */
  readonly faults: readonly string[];
};

const DEPOSIT_USDC = '100000.00';
const LONGEST_PAUSE_MS = 1_500;
const LONGEST_ABSENCE_MS = 1_000;
const SAY_EVERY = 10;
const ENDED_WITHIN_MS = 180_000;
const POLL_MS = 500;
const AUDIT_LINES = 3;

type Victim = {
  readonly name: string;
  kill(): Promise<void>;
  start(): Promise<void>;
};

/**
 * Renters come and go while hubs, api, agents and PostgreSQL are killed with SIGKILL and started again,
 * one at a time. At the end everything is deleted, and what a witness saw is compared with the ledger.
 */
export async function soak(world: World, options: SoakOptions): Promise<SoakReport> {
  const { money } = world.operator;
  if (money === undefined) throw new Error('a soak needs a product with a ledger');
  const random = seededRandom(options.seed);
  const witness = new Witness(world, nowSeconds);
  await createRenters(world, DEPOSIT_USDC);
  await witness.start();
  const load = new Load(world, random);
  const absences: Absence[] = [];
  const kills = await killAll(world, load, options, { random, absences });
  options.say('all is deleted; the ledger settles');
  await load.removeAll();
  await allEnded(world, money.readerUrl);
  witness.stop();
  const verdict = await judge(money.readerUrl, witness, absences);
  const audit = await auditOf(money);
  const killed = Object.values(kills).reduce((sum, count) => sum + count, 0);
  const faults = [
    ...faultsOf(verdict),
    ...(killed < options.kills ? [`time was enough for ${killed} of ${options.kills} kills`] : []),
    ...(audit.includes(NO_DIFFERENCES) ? [] : [`the audit says: ${audit}`]),
  ];
  return { ...verdict, kills, clusters: load.made, audit, faults };
}

const NO_DIFFERENCES = 'no differences';

/** The end of what an audit prints. */
async function auditOf(money: Money): Promise<string> {
  const text = await money
    .cli(['audit', `--database-url-file=${money.readerUrlFile}`])
    .catch((error: Error & { stdout?: string }) => error.stdout ?? error.message);
  return text.trim().split('\n').slice(-AUDIT_LINES).join('; ');
}

async function killAll(
  world: World,
  load: Load,
  { kills, withinMs, say }: SoakOptions,
  { random, absences }: { random: RandomSource; absences: Absence[] },
): Promise<Record<string, number>> {
  const victims = victimsOf(world);
  const counts: Record<string, number> = {};
  const deadline = performance.now() + withinMs;
  for (let round = 1; round <= kills && performance.now() < deadline; round += 1) {
    await load.step();
    // Less when the kills would not all come to pass otherwise.
    const perKillMs = (deadline - performance.now()) / (kills - round + 1);
    await delay(random() * Math.min(LONGEST_PAUSE_MS, Math.max(0, perKillMs)));
    const victim = pick(random, victims);
    counts[victim.name] = (counts[victim.name] ?? 0) + 1;
    const from = nowSeconds() - SIGHT_LAG_SECONDS;
    await victim.kill();
    await load.step();
    await delay(random() * LONGEST_ABSENCE_MS);
    await victim.start();
    const member = victim.name.replace(/^agent-/, '');
    absences.push({ member, from, to: nowSeconds() + 1 });
    if (round % SAY_EVERY === 0) say(`${round} of ${kills} kills, ${load.made} IOClusters`);
  }
  return counts;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

function victimsOf({ operator }: World): readonly Victim[] {
  const { hubs, agents, money } = operator;
  if (money === undefined) return [];
  const postgres = {
    name: 'postgres',
    kill: () => money.database.kill(),
    start: () => money.database.start(),
  };
  return [...hubs, ...agents, money.api, postgres];
}

/** No IOCluster is left, no pod, and no lease is open in the ledger. */
async function allEnded(world: World, url: string): Promise<void> {
  const database = openDatabase(url, { applicationName: 'soak', maxConnections: 1 });
  try {
    await eventually(
      async () => {
        const clusters = (await world.hub.list(ioClusterResource)).items.length;
        const pods = (await world.pods()).length;
        const { rows } = await sql<{ open: number }>`
          select count(*)::int as open from io.leases where state <> 'Closed'
        `.execute(database);
        const open = rows[0]?.open ?? 0;
        if (clusters + pods + open > 0) {
          throw new Error(`${clusters} IOClusters, ${pods} pods and ${open} leases are left`);
        }
      },
      { withinMs: ENDED_WITHIN_MS, everyMs: POLL_MS },
    );
  } finally {
    await database.destroy();
  }
}
