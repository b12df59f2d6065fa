import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Federation, startFederation } from '../../hack/federation/index.ts';
import { meteredSeconds, tamperWithCharge } from '../../hack/federation/ledger.ts';
import { type Money, startOperator } from '../../hack/federation/operator.ts';
import { silentProgress } from '../../hack/federation/progress.ts';
import { ownedRunDirectory } from '../../hack/federation/run-directory.ts';
import { World } from '../../hack/federation/world.ts';
import { soak } from '../../hack/soak/soak.ts';
import { faultsOf, judge } from '../../hack/soak/verdict.ts';
import { Witness } from '../../hack/soak/witness.ts';
import { ioAccountResource } from '../../crds/schema/index.ts';
import { type Database, openDatabase } from '../adapters/postgres/database.ts';
import { eventually } from '../testing/eventually.ts';
import {
  conditionOf,
  createCluster,
  deleteCluster,
  expectCondition,
  expectReady,
  newNamespace,
  readCluster,
  removeAll,
  type Where,
} from './harness.ts';

const BUILD_AND_START_MS = 1_800_000;
const CLEAN_UP_MS = 240_000;
const TEST_MS = 240_000;
const SOAK_MS = 900_000;
const SETTLED_WITHIN_MS = 60_000;
const KILLS = Number(process.env['E2E_KILLS'] ?? 100);
const SEED = Number(process.env['E2E_SEED'] ?? 20_261_124);

jest.setTimeout(TEST_MS);

/** Short times, so that a budget ends and another hub takes over within a test. */
const operatorOptions = {
  money: true,
  hubs: 2,
  hubArgs: [
    '--leader-election-lease-seconds=5',
    '--member-lost-seconds=10',
    '--budget-grace-seconds=5',
    '--money-poll-seconds=1',
  ],
  agentArgs: ['--heartbeat-seconds=2', '--report-seconds=1'],
  progress: silentProgress,
};

describe('a hub with a ledger, three members and renters who pay', () => {
  let federation: Federation | undefined;
  let started: World | undefined;
  let witness: Witness | undefined;
  let database: Database;
  const world = (): World => {
    if (started === undefined) throw new Error('the federation did not start');
    return started;
  };
  const money = (): Money => {
    const { money: found } = world().operator;
    if (found === undefined) throw new Error('the product has no ledger');
    return found;
  };

  beforeAll(async () => {
    const runDirectory = await ownedRunDirectory('money');
    federation = await startFederation({ runDirectory, progress: silentProgress });
    started = new World(federation, await startOperator(federation, operatorOptions));
    database = openDatabase(money().ownerUrl, { applicationName: 'e2e', maxConnections: 2 });
    witness = new Witness(started, () => Math.floor(Date.now() / 1000));
    await witness.start();
  }, BUILD_AND_START_MS);

  afterEach(() => removeAll(world()), CLEAN_UP_MS);

  afterAll(async () => {
    witness?.stop();
    await database?.destroy();
    await started?.close();
    await federation?.stop();
  }, CLEAN_UP_MS);

  /** A namespace with an account of the same name. */
  async function newRenter(name: string): Promise<string> {
    const namespace = await newNamespace(world(), name);
    await world().hub.create(ioAccountResource, {
      metadata: { name, namespace },
      spec: { kind: 'Renter' },
    });
    return namespace;
  }

  const payIn = (renter: string, amount: string): Promise<string> =>
    money().cli([
      'deposit',
      `--database-url-file=${money().ownerUrlFile}`,
      `--account=${renter}/${renter}`,
      `--amount=${amount}`,
      `--reference=${renter}-${amount}`,
    ]);

  /** Waits until every lease is settled, and returns what each kind of account has in micro-USD. */
  async function settled(): Promise<ReadonlyMap<string, bigint>> {
    await eventually(
      async () => {
        const { rows } = await sql<{ lease_id: string; state: string }>`
          select lease_id, state from io.leases where state <> 'Closed'
        `.execute(database);
        expect(rows).toEqual([]);
      },
      { withinMs: SETTLED_WITHIN_MS, everyMs: 200 },
    );
    const { rows } = await sql<{ kind: string; owner: string; balance: bigint }>`
      select kind, owner, balance from io.accounts where asset = 'USDC'
    `.execute(database);
    return new Map(rows.map(({ kind, owner, balance }) => [`${kind} ${owner}`, balance]));
  }

  test('without money a cluster waits and says what is missing; a deposit lets it in', async () => {
    const renter = await newRenter('poor');
    const where = { namespace: renter, name: 'first' };
    await createCluster(world(), where, { accountRef: { name: renter } });
    const waiting = await expectCondition(world(), where, 'Funded', {
      status: 'False',
      reason: 'InsufficientFunds',
    });
    expect(conditionOf(waiting, 'Funded')?.message).toMatch(/[0-9]+\.[0-9]+ USDC/);
    expect(waiting.status?.lease).toBeUndefined();
    await payIn(renter, '50.00');
    await expectReady(world(), where);
    await expectCondition(world(), where, 'Funded', { status: 'True' });
    await expectCondition(world(), where, 'Metering', { status: 'True' });
  });

  test('a cluster without an account is told to name one', async () => {
    const namespace = await newNamespace(world(), 'nobody');
    const where = { namespace, name: 'first' };
    await createCluster(world(), where);
    await expectCondition(world(), where, 'Valid', { status: 'False', reason: 'AccountRequired' });
  });

  test('the renter pays for Ready seconds, the supplier earns them, fees are booked', async () => {
    const renter = await newRenter('payer');
    await payIn(renter, '80.00');
    const where = { namespace: renter, name: 'job' };
    const spec = {
      accountRef: { name: renter },
      workerGroups: [{ name: 'gpu', replicas: 2, devicesPerWorker: 2 }],
    };
    await createCluster(world(), where, spec);
    await expectReady(world(), where);
    await metered(where, 20);
    await deleteCluster(world(), where);
    const balances = await settled();
    expect(balances.get(`renter:held ${renter}/${renter}`)).toBe(0n);
    const spent = 80_000_000n - (balances.get(`renter:available ${renter}/${renter}`) ?? 0n);
    expect(spent > 0n).toBe(true);
    if (witness === undefined) throw new Error('nobody watched');
    const verdict = await judge(money().readerUrl, witness);
    expect({ faults: faultsOf(verdict), details: verdict.details }).toEqual({
      faults: [],
      details: [],
    });
    await eventually(
      async () => {
        const account = await world().hub.get(ioAccountResource, renter, renter);
        const usdc = account?.status?.balances?.find(({ asset }) => asset === 'USDC');
        expect(usdc).toMatchObject({ held: '0.00' });
      },
      { withinMs: SETTLED_WITHIN_MS },
    );
  });

  test('what never became Ready is refunded whole, with the reason', async () => {
    const renter = await newRenter('refunded');
    await payIn(renter, '60.00');
    const where = { namespace: renter, name: 'never' };
    // No GPU node has so much memory, so the worker's pod is never scheduled.
    await createCluster(world(), where, {
      accountRef: { name: renter },
      workerGroups: [{ name: 'gpu', memory: '60Ti' }],
    });
    await eventually(
      async () => expect((await readCluster(world(), where)).status?.lease).toBeDefined(),
      { withinMs: SETTLED_WITHIN_MS },
    );
    await expectCondition(world(), where, 'Ready', { status: 'False' });
    await deleteCluster(world(), where);
    const balances = await settled();
    expect(balances.get(`renter:available ${renter}/${renter}`)).toBe(60_000_000n);
    const { rows } = await sql<{ evidence: string }>`
      select evidence from io.leases where renter = ${`${renter}/${renter}`}
    `.execute(database);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.evidence).not.toBe('');
  });

  test('a cluster ends when its budget is used up, and costs no more than that', async () => {
    const renter = await newRenter('thrifty');
    await payIn(renter, '60.00');
    const where = { namespace: renter, name: 'short' };
    const maxSpendMicroUsd = 25_000;
    await createCluster(world(), where, {
      accountRef: { name: renter },
      budget: { maxSpendMicroUsd },
    });
    await expectReady(world(), where);
    await expectCondition(
      world(),
      where,
      'Finished',
      { status: 'True', reason: 'BudgetExhausted' },
      120_000,
    );
    const balances = await settled();
    const left = balances.get(`renter:available ${renter}/${renter}`) ?? 0n;
    expect(60_000_000n - left > 0n).toBe(true);
    expect(60_000_000n - left <= BigInt(maxSpendMicroUsd)).toBe(true);
  });

  test(
    `${KILLS} processes killed (E2E_SEED=${SEED}): nothing is lost, doubled or unbalanced`,
    async () => {
      const report = await soak(world(), {
        seed: SEED,
        kills: KILLS,
        withinMs: SOAK_MS,
        say: () => undefined,
      });
      expect({ faults: report.faults, details: report.details }).toEqual({
        faults: [],
        details: [],
      });
    },
    SOAK_MS + CLEAN_UP_MS,
  );

  test('an audit finds nothing, and finds the one row that a superuser changed', async () => {
    const audit = (): Promise<string> =>
      money()
        .cli(['audit', `--database-url-file=${money().readerUrlFile}`])
        .catch((error: Error & { stdout?: string }) => error.stdout ?? error.message);
    await settled();
    expect(await audit()).toContain('no differences');
    await tamperWithCharge(database);
    expect(await audit()).toContain('1 difference');
  });

  /** Waits until so many device-seconds of a cluster were reported. */
  async function metered(where: Where, deviceSeconds: number): Promise<void> {
    const lease = (await readCluster(world(), where)).status?.lease?.id ?? '';
    await eventually(
      async () => {
        expect(await meteredSeconds(database, lease)).toBeGreaterThanOrEqual(deviceSeconds);
      },
      { withinMs: SETTLED_WITHIN_MS, everyMs: 200 },
    );
  }
});
