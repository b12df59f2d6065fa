import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createChainMirror } from '../../adapters/postgres/chain-mirror.ts';
import { createDrifts } from '../../adapters/postgres/drifts.ts';
import { createSuspense } from '../../adapters/postgres/suspense.ts';
import { createChain } from '../../adapters/solana/chain.ts';
import { amountOf, type Drift, planRepairs } from '../../domain/settlement/drift.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { EventNote } from '../../runtime/events.ts';
import type { AccountFilter } from '../../ports/chain.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { type TestChain, startTestChain } from '../../testing/chain.ts';
import { historyAccounts, makeHistory } from '../../testing/chain-history.ts';
import {
  balancesOf,
  changed,
  cutOff,
  historyInformer,
  proveSupplier,
} from '../../testing/mirror-fixture.ts';
import { noMirrorMetrics } from '../../testing/no-metrics.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { type Recording, record, replay } from '../../testing/recorded-chain.ts';
import { transferTokens } from '../../testing/spl.ts';
import { chainMirror, ChainTaker } from './chain-mirror.ts';
import { ChainProgress } from './chain-progress.ts';
import { DriftBook, DriftWatch } from './drift-watch.ts';

let chain: TestChain;
let recording: Recording;
let database: TestDatabase;
const accounts = historyInformer();

beforeAll(async () => {
  chain = await startTestChain();
  await makeHistory(chain);
  const { custodyVault } = chain.program.addresses;
  const followed = [chain.deployment.programId, custodyVault.IO, custodyVault.USDC];
  recording = await record(createChain([chain.url]), followed);
}, 300_000);

afterAll(() => chain.close());

beforeEach(async () => {
  database = await testDatabase();
  await proveSupplier(database.writer);
});

afterEach(() => database.close());

/** A hub's mirror and watch on the chain that goes on; everything that it tells. */
function hub(afterRead: () => Promise<unknown> = async () => {}) {
  const client = createChain([chain.url]);
  const reading = {
    head: () => client.head(),
    accounts: async (addresses: readonly string[]) => {
      const read = await client.accounts(addresses);
      await afterRead();
      return read;
    },
    programAccounts: (programId: string, filters: readonly AccountFilter[]) =>
      client.programAccounts(programId, filters),
  };
  const told: string[] = [];
  const book = new DriftBook();
  let standing: readonly Drift[] = [];
  const shared = {
    chain: client,
    deployment: chain.deployment,
    mirror: createChainMirror(database.writer),
    accounts,
    progress: new ChainProgress(),
    clock: systemClock,
    logger: silentLogger,
    metrics: { ...noMirrorMetrics, driftsStand: (drifts: readonly Drift[]) => (standing = drifts) },
  };
  const watch = new DriftWatch({
    ...shared,
    chain: reading,
    drifts: createDrifts(database.writer),
    book,
    enqueue: (key) => told.push(`look at ${key}`),
    events: {
      event: (object: KubeObject, { reason }: EventNote) =>
        told.push(`${reason} ${object.metadata.name}`),
    },
  });
  const stop = new AbortController();
  const running = chainMirror(shared).run(stop.signal, {});
  return {
    told,
    book,
    lookOnce: () => watch.look(stop.signal),
    /** Looks until nothing is doubtful, and says what stands. */
    look: async (): Promise<readonly string[]> => {
      const { signal } = stop;
      for (let looks = 0; looks < 5 && (await watch.look(signal)); looks += 1);
      return standing.map((each) => `${each.kind} ${each.owner} ${each.asset} ${amountOf(each)}`);
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Mirrors the history as a node tells it that cuts off all logs. */
async function mirrorCutOff(): Promise<void> {
  const taker = new ChainTaker({
    chain: replay(changed(recording, cutOff)),
    mirror: createChainMirror(database.writer),
    deployment: chain.deployment,
    accounts,
    progress: new ChainProgress(),
    metrics: noMirrorMetrics,
    clock: systemClock,
    logger: silentLogger,
  });
  await taker.round(new AbortController().signal);
}

async function approve(): Promise<boolean> {
  const drifts = createDrifts(database.writer);
  const plan = planRepairs(await drifts.standingDrifts());
  const planId = createHash('sha256').update(plan.text).digest('hex');
  return drifts.approve({ ...plan, planId }, 'as the chain says', 1_000);
}

describe('ledger and chain', () => {
  test('agree to the unit after a history of everything', async () => {
    const { look, book, told, close } = hub();
    try {
      expect(await look()).toEqual([]);
      expect(book.of(historyAccounts.supplier)).toEqual([]);
      // So that the condition of every account says so.
      expect(told).toEqual(Object.values(historyAccounts).map((key) => `look at ${key}`));
    } finally {
      await close();
    }
  });

  test('agree while money comes in all the time', async () => {
    const { look, close } = hub();
    const payer = await chain.wallet('busy');
    const source = await chain.fund(payer.address, 'USDC', 1_000n);
    const to = chain.program.addresses.custodyVault.USDC;
    const move = { authority: payer.address, from: source, to, amount: 1n };
    try {
      const done = new AbortController();
      const sending = (async () => {
        while (!done.signal.aborted) await chain.send([transferTokens(move)], [payer]);
      })();
      for (let looks = 0; looks < 6; looks += 1) expect(await look()).toEqual([]);
      done.abort();
      await sending;
      expect(await look()).toEqual([]);
    } finally {
      await close();
    }
  }, 60_000);

  test('are not compared in what moves between reading the one and the other', async () => {
    const payer = await chain.wallet('quick');
    const source = await chain.fund(payer.address, 'USDC', 1_000n);
    const to = chain.program.addresses.custodyVault.USDC;
    const move = { authority: payer.address, from: source, to, amount: 1n };
    const { lookOnce, close } = hub(() => chain.send([transferTokens(move)], [payer]));
    try {
      // It would have to look again if it had found something.
      expect(await lookOnce()).toBe(false);
      expect(await createDrifts(database.writer).standingDrifts()).toEqual([]);
    } finally {
      await close();
    }
  });

  test('differ by what was posted without the chain, and by what custody lost', async () => {
    await sql`select io.post_one('Stake', 'IO', 'vault:stake', '', 'supplier:staked', 'suppliers/x',
      7, 'nowhere/0', null, 1000)`.execute(database.writer);
    await sql`select io.post_one('Deposit', 'USDC', 'custody', '', 'renter:available', 'renters/a',
      5, 'nowhere/1', null, 1000)`.execute(database.writer);
    const { look, told, close } = hub();
    try {
      expect(await look()).toEqual([
        'custody  USDC -5',
        `supplier:staked ${historyAccounts.supplier} IO -7`,
      ]);
      expect(told).toContain('Drifted x');
    } finally {
      await close();
    }
  });

  test('do not differ by what was booked by hand', async () => {
    await sql`select io.deposit('by-hand', 'renters/a', 'USDC', 500, 'cli', 1000)`.execute(
      database.writer,
    );
    const { look, close } = hub();
    try {
      expect(await look()).toEqual([]);
    } finally {
      await close();
    }
  });
});

describe('a repair', () => {
  test('brings a ledger that was told half of it to where the chain is, once', async () => {
    await mirrorCutOff();
    const { look, told, close } = hub();
    try {
      const supplier = historyAccounts.supplier;
      expect(await look()).toEqual([
        'custody  USDC -30000000',
        'burn  IO 10000000000',
        `supplier:staked ${supplier} IO 40000000000`,
        `rewards:claimed ${supplier} IO 6000000000`,
      ]);
      expect(await approve()).toBe(true);
      expect(await approve()).toBe(false);
      expect(await look()).toEqual([]);
      expect(told.at(-1)).toBe('Reconciled x');
      const balances = await balancesOf(database);
      expect(balances).toMatchObject({
        'vault:stake  IO': -50_000_000_000n,
        [`supplier:staked ${supplier} IO`]: 40_000_000_000n,
      });
    } finally {
      await close();
    }
  });

  test('is refused when what it was made from has changed', async () => {
    await mirrorCutOff();
    const { look, close } = hub();
    try {
      await look();
      const drifts = createDrifts(database.writer);
      const plan = planRepairs(await drifts.standingDrifts());
      const { drifts: stale } = { drifts: plan.drifts.slice(1) };
      const planId = createHash('sha256').update(planRepairs(stale).text).digest('hex');
      expect(await drifts.approve({ ...planRepairs(stale), planId }, 'half of it', 1)).toBe(false);
    } finally {
      await close();
    }
  });

  test('is not undone by a look that had begun before it', async () => {
    await mirrorCutOff();
    const { look, close } = hub();
    try {
      await look();
      const drifts = createDrifts(database.writer);
      const found = await drifts.standingDrifts();
      const { repairs } = await drifts.standing(0n);
      expect(await approve()).toBe(true);
      const late = { drifts: found, unclear: [], scope: ['custody', 'burn'] as const, repairs };
      expect(await drifts.record(late, 2_000)).toEqual([]);
    } finally {
      await close();
    }
  });
});

test('what lies in suspense is booked to an account once', async () => {
  const { close, look } = hub();
  try {
    await look();
    const suspense = createSuspense(database.writer);
    const waiting = await suspense.list(1_000);
    const amounts = waiting.map(({ amount }) => amount).filter((amount) => amount > 1n);
    expect(amounts.toSorted((a, b) => Number(a - b))).toEqual([
      5_000_000n,
      7_000_000n,
      11_000_000n,
    ]);
    const [first] = waiting.filter(({ amount }) => amount === 5_000_000n);
    expect(first?.payload['memo']).toBe('for\ufffd rent, \ufffd please');
    const subject = first?.subject ?? '';
    const assign = () => suspense.assign(subject, 'renters/b', 'they sent a receipt', 1_000);
    expect(await assign()).toBe(true);
    expect(await assign()).toBe(false);
    expect(await suspense.assign('nothing/0', 'renters/b', 'x', 1_000)).toBe(false);
    const balances = await balancesOf(database);
    expect(balances['renter:available renters/b USDC']).toBe(8_000_006n);
    expect(await suspense.list(1_000)).toHaveLength(waiting.length - 1);
  } finally {
    await close();
  }
});
