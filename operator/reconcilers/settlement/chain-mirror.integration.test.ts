import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { createChainMirror } from '../../adapters/postgres/chain-mirror.ts';
import { createChain } from '../../adapters/solana/chain.ts';
import type { ChainTransaction } from '../../domain/settlement/types.ts';
import { type ChainMirror, OtherDeploymentError } from '../../ports/chain-mirror.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { type TestChain, startTestChain } from '../../testing/chain.ts';
import { historyAccounts, makeHistory } from '../../testing/chain-history.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  balancesOf,
  changed,
  cutOff,
  historyInformer,
  proveSupplier,
} from '../../testing/mirror-fixture.ts';
import { noMirrorMetrics } from '../../testing/no-metrics.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { type Recording, record, replay, slotAfter } from '../../testing/recorded-chain.ts';
import { type RandomSource, seededRandom } from '../../testing/seeded-random.ts';
import { walletNamed } from '../../testing/wallet.ts';
import { chainMirror, type ChainMirrorOptions, ChainTaker } from './chain-mirror.ts';
import { ChainProgress } from './chain-progress.ts';

let chain: TestChain;
let recording: Recording;
const accounts = historyInformer();
const { signal } = new AbortController();
const supplier = walletNamed('supplier').address;
const unproved = `wallet/${supplier}`;

beforeAll(async () => {
  chain = await startTestChain();
  await makeHistory(chain);
  const { custodyVault } = chain.program.addresses;
  const followed = [chain.deployment.programId, custodyVault.IO, custodyVault.USDC];
  recording = await record(createChain([chain.url]), followed);
}, 300_000);

afterAll(() => chain.close());

function optionsOf(
  mirror: ChainMirror,
  reading: ChainMirrorOptions['chain'] = replay(recording),
): ChainMirrorOptions {
  return {
    chain: reading,
    mirror,
    deployment: chain.deployment,
    accounts,
    progress: new ChainProgress(),
    metrics: noMirrorMetrics,
    clock: systemClock,
    logger: silentLogger,
  };
}

const roundOf = (mirror: ChainMirror, reading?: ChainMirrorOptions['chain']): Promise<boolean> =>
  new ChainTaker(optionsOf(mirror, reading)).round(signal);

async function withDatabase(work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await testDatabase();
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** What the history comes to; `owner` is who has the supplier's stake. */
const expected = (owner: string) => ({
  'renter:available renters/a USDC': 120_000_001n,
  'renter:available renters/b USDC': 3_000_006n,
  'renter:available renters/a IO': 4_000_000_000n,
  // An unknown reference, a memo that is none, and two that contradict one another.
  'suspense  USDC': 23_000_000n,
  'custody  USDC': -116_000_007n,
  'custody  IO': -4_000_000_000n,
  'payout:pending  USDC': -30_000_000n,
  [`supplier:staked ${owner} IO`]: 40_000_000_000n,
  'vault:stake  IO': -50_000_000_000n,
  'burn  IO': 10_000_000_000n,
  [`rewards:claimed ${owner} IO`]: 6_000_000_000n,
  [`supplier:rewards ${owner} IO`]: -6_000_000_000n,
});

describe('a history of everything that the program does to money', () => {
  test('is in the ledger after one round, and once however often it is told', () =>
    withDatabase(async (database) => {
      const mirror = createChainMirror(database.writer);
      await proveSupplier(database.writer);
      expect(await roundOf(mirror, createChain([chain.url]))).toBe(false);
      expect(await balancesOf(database)).toEqual(expected(historyAccounts.supplier));
      await roundOf(mirror);
      // A node that forgot the cursor, or a cursor that was lost: all of it comes again.
      await roundOf({ ...mirror, cursors: async () => new Map() });
      await roundOf({
        ...mirror,
        cursors: async () => new Map(),
        known: async () => new Set<string>(),
      });
      expect(await balancesOf(database)).toEqual(expected(historyAccounts.supplier));
    }));

  test('comes to the same however it is listed, cut by crashes, forgotten and told again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), (seed) =>
        withDatabase(async (database) => {
          await proveSupplier(database.writer);
          const random = seededRandom(seed);
          const mirror = createChainMirror(database.writer);
          for (let part = 1; part <= 6; part += 1) {
            const until = slotAfter(recording, part / 6);
            const page = 1 + Math.floor(random() * 9);
            await roundOf(failing(mirror, random), replay(recording, until, page));
          }
          await roundOf(mirror);
          expect(await balancesOf(database)).toEqual(expected(historyAccounts.supplier));
        }),
      ),
      { numRuns: 12 },
    );
  }, 120_000);

  test('comes to the same when two hubs take it at once', () =>
    withDatabase(async (database) => {
      await proveSupplier(database.writer);
      const other = database.connect(database.writerUrl);
      await Promise.all(
        [database.writer, other, other].map((writer) => roundOf(createChainMirror(writer))),
      );
      expect(await balancesOf(database)).toEqual(expected(historyAccounts.supplier));
    }));

  test('is the account’s once it proves the wallet, whenever that is', () =>
    withDatabase(async (database) => {
      const mirror = createChainMirror(database.writer);
      await roundOf(mirror, replay(recording, slotAfter(recording, 2 / 3)));
      expect(await balancesOf(database)).toMatchObject({
        [`supplier:staked ${unproved} IO`]: expect.any(BigInt),
      });
      await proveSupplier(database.writer);
      await roundOf(mirror);
      await roundOf(mirror);
      expect(await balancesOf(database)).toEqual(expected(historyAccounts.supplier));
    }));
});

describe('a log that was cut off', () => {
  test('makes deposits suspense, and leaves out what cannot be known', () =>
    withDatabase(async (database) => {
      const mirror = createChainMirror(database.writer);
      expect(await roundOf(mirror, replay(changed(recording, cutOff)))).toBe(false);
      // Memos are read from the instructions, and still count.
      expect(await balancesOf(database)).toEqual({
        'renter:available renters/a USDC': 20_000_000n,
        'renter:available renters/b USDC': 3_000_007n,
        'suspense  USDC': 123_000_000n,
        'custody  USDC': -146_000_007n,
        'suspense  IO': 4_000_000_000n,
        'custody  IO': -4_000_000_000n,
      });
      expect(await mirror.cutOff()).toBeGreaterThan(10);
    }));

  test('stops the mirror where it is only missing, as with a node that keeps no logs', () =>
    withDatabase(async (database) => {
      const mirror = createChainMirror(database.writer);
      await roundOf(mirror, replay(changed(recording, (each) => ({ ...each, logs: [] }))));
      expect(await balancesOf(database)).toEqual({});
      await roundOf(mirror);
      expect(await balancesOf(database)).toEqual(expected(unproved));
    }));

  test('stops the mirror where custody lost what a whole log does not tell', () =>
    withDatabase(async (database) => {
      const mirror = createChainMirror(database.writer);
      const silent = (each: ChainTransaction): ChainTransaction => ({
        ...each,
        logs: each.logs.filter((line) => !line.startsWith('Program data')),
      });
      await roundOf(mirror, replay(changed(recording, silent)));
      expect((await balancesOf(database))['payout:pending  USDC']).toBeUndefined();
      await roundOf(mirror);
      expect((await balancesOf(database))['payout:pending  USDC']).toBe(-30_000_000n);
    }));
});

test('what was mirrored and decided stays as it is, for the owner of the database too', () =>
  withDatabase(async (database) => {
    const mirror = createChainMirror(database.writer);
    await roundOf(mirror);
    for (const statement of [
      'delete from io.chain_events',
      "update io.chain_events set owner = 'x/y'",
      'update io.chain_transactions set complete = false',
      'truncate io.chain_transactions cascade',
      'update io.chain_cursors set slot = 0',
      'delete from io.suspense',
      'update io.suspense set amount = 1',
      "update io.chain_deployments set program_id = 'x'",
    ]) {
      await expect(sql.raw(statement).execute(database.owner)).rejects.toThrow(
        'what was written there is kept',
      );
    }
  }));

test('a ledger mirrors one deployment for ever', () =>
  withDatabase(async (database) => {
    const mirror = createChainMirror(database.writer);
    await mirror.begin(chain.deployment, 0);
    await mirror.begin(chain.deployment, 1);
    const other = { ...chain.deployment, programId: chain.deployment.ioMint };
    await expect(mirror.begin(other, 0)).rejects.toThrow(OtherDeploymentError);
  }));

test('a stake is in the ledger within five seconds after it is final', () =>
  withDatabase(async (database) => {
    const stop = new AbortController();
    const mirror = createChainMirror(database.writer);
    const client = createChain([chain.url]);
    const running = chainMirror(optionsOf(mirror, client)).run(stop.signal, {});
    try {
      await eventually(async () => {
        expect(await mirror.cursors()).toMatchObject({ size: 3 });
      });
      const wallet = await chain.wallet('latecomer');
      const source = await chain.fund(wallet.address, 'IO', 5n);
      const stake = { owner: wallet.address, deviceId: new Uint8Array(32).fill(7), source };
      await chain.send([chain.program.stake({ ...stake, amount: 5n })], [wallet]);
      await eventually(
        async () => {
          const balances = await balancesOf(database);
          expect(balances[`supplier:staked wallet/${wallet.address} IO`]).toBe(5n);
        },
        { withinMs: 5_000 },
      );
    } finally {
      stop.abort();
      await running;
    }
  }));

/** Fails before or after it did what it was asked for, as a hub that is killed. */
function failing(mirror: ChainMirror, random: RandomSource): ChainMirror {
  const crash = (): void => {
    if (random() < 0.15) throw new Error('killed');
  };
  return {
    ...mirror,
    take: async (...args) => {
      crash();
      const taken = await mirror.take(...args);
      crash();
      return taken;
    },
    pass: async (...args) => {
      crash();
      await mirror.pass(...args);
      crash();
    },
    cursors: async () => (random() < 0.2 ? new Map() : mirror.cursors()),
    known: async (signatures) => (random() < 0.2 ? new Set() : mirror.known(signatures)),
  };
}
