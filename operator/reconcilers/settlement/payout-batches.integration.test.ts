import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createChainMirror } from '../../adapters/postgres/chain-mirror.ts';
import { createOperationStore } from '../../adapters/postgres/chain-operations.ts';
import { createDeposits } from '../../adapters/postgres/deposits.ts';
import { createPayouts } from '../../adapters/postgres/payouts.ts';
import { createWallets } from '../../adapters/postgres/wallets.ts';
import { createChain } from '../../adapters/solana/chain.ts';
import { transactionSigners } from '../../adapters/solana/signers.ts';
import type { Payouts } from '../../ports/payouts.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { associatedTokenAddress } from '../../settlement/token.ts';
import { operationHandlers } from '../../settlement/operations/registry.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { eventually } from '../../testing/eventually.ts';
import { balancesOf, historyInformer } from '../../testing/mirror-fixture.ts';
import { noMirrorMetrics, noSettlementMetrics } from '../../testing/no-metrics.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { walletNamed } from '../../testing/wallet.ts';
import { ChainTaker } from './chain-mirror.ts';
import { ChainProgress } from './chain-progress.ts';
import { operationSender } from './operation-sender.ts';
import { payoutBatches } from './payout-batches.ts';

let chain: TestChain;
let database: TestDatabase;
let payouts: Payouts;
let stopping: AbortController;
const clock = systemClock;
const logger = silentLogger;
const now = testGenesisSeconds;

beforeAll(async () => {
  chain = await startTestChain();
  const rich = await chain.wallet('rich');
  const source = await chain.fund(rich.address, 'USDC', 1_000_000_000n);
  const reference = new Uint8Array(32);
  const deposit = { asset: 'USDC', depositor: rich.address, source, reference } as const;
  await chain.send([chain.program.deposit({ ...deposit, amount: 1_000_000_000n })], [rich]);
}, 300_000);
afterAll(() => chain.close());

beforeEach(async () => {
  database = await testDatabase();
  payouts = createPayouts(database.writer);
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await database.close();
});

/** A renter with USDC, and with a wallet unless it is told otherwise. */
async function renter(name: string, amount: bigint, hasWallet = true): Promise<string> {
  const owner = `renters/${name}`;
  const deposit = { reference: name, owner, asset: 'USDC', amount, source: 'test' } as const;
  await createDeposits(database.writer).deposit(deposit, now);
  if (hasWallet) {
    const proof = { account: owner, wallet: walletOf(name), message: 'test' };
    const signature = Buffer.alloc(64).toString('base64');
    await createWallets(database.writer).record({ ...proof, signature }, now);
  }
  return owner;
}

/** Another one in each test, since the chain goes on. */
const walletOf = (name: string): string =>
  walletNamed(`${expect.getState().currentTestName} ${name}`).address;

const ask = (account: string, amount: bigint, reference = 'one') =>
  payouts.request({ account, reference, cause: 'Withdrawal', asset: 'USDC', amount }, now);

const inWallet = (name: string): Promise<bigint> =>
  chain.tokens(associatedTokenAddress(walletOf(name), chain.deployment.usdcMint));

const states = async (account: string) =>
  (await payouts.list(account, 10)).map(({ reference, state }) => `${reference} ${state}`);

/** A hub that makes batches and sends them. */
function startHub(): void {
  const reading = createChain([chain.url]);
  const common = { chain: reading, clock, logger };
  const batches = payoutBatches({ ...common, payouts, patienceSeconds: 0 });
  const sender = operationSender({
    ...common,
    store: createOperationStore(database.writer),
    signers: transactionSigners({ treasurer: chain.roles.treasurer }),
    handlers: operationHandlers,
    deployment: chain.deployment,
    maxMicroLamportsPerUnit: 1_000n,
    metrics: noSettlementMetrics,
    everyMs: 50,
  });
  for (const each of [batches, sender]) void each.run(stopping.signal, {});
}

describe('asking', () => {
  test('takes the money out of what can be spent, once', async () => {
    const account = await renter('a', 100n);
    const accepted = { outcome: 'Accepted', available: 60n };
    expect(await ask(account, 40n)).toMatchObject(accepted);
    expect(await ask(account, 40n)).toMatchObject(accepted);
    expect(await balancesOf(database)).toMatchObject({
      'renter:available renters/a USDC': 60n,
      'payout:pending renters/a USDC': 40n,
    });
    expect(await ask(account, 41n)).toMatchObject({ outcome: 'Conflict' });
  });

  test('for more than there is is refused, and says what there is', async () => {
    const account = await renter('a', 100n);
    const refused = { outcome: 'InsufficientFunds', available: 100n };
    expect(await ask(account, 101n)).toMatchObject(refused);
    expect(await states(account)).toEqual([]);
  });

  test('for all of it many times at once is accepted once', async () => {
    const account = await renter('a', 100n);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ask(account, 100n, `n${index}`)),
    );
    expect(answers.filter(({ outcome }) => outcome === 'Accepted')).toHaveLength(1);
    expect(await balancesOf(database)).not.toHaveProperty('renter:available renters/a USDC');
  });

  test('without a wallet that is proved is refused', async () => {
    const account = await renter('a', 100n, false);
    expect(await ask(account, 1n)).toMatchObject({ outcome: 'WalletNotProved', available: 100n });
  });
});

describe('a batch', () => {
  test('pays all that wait, once, and the ledger sees it go out of custody', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await ask(await renter(name, 1_000n), 700n);
    startHub();
    await eventually(async () => {
      for (const name of names) expect(await states(`renters/${name}`)).toEqual(['one Paid']);
    });
    expect(await Promise.all(names.map(inWallet))).toEqual([700n, 700n, 700n]);
    const { rows } = await sql`select from io.operations`.execute(database.reader);
    expect(rows).toHaveLength(1);
    const taker = new ChainTaker({
      chain: createChain([chain.url]),
      mirror: createChainMirror(database.writer),
      deployment: chain.deployment,
      accounts: historyInformer(),
      progress: new ChainProgress(),
      metrics: noMirrorMetrics,
      clock,
      logger,
    });
    await taker.round(stopping.signal);
    const balances = await balancesOf(database);
    for (const name of names) {
      expect(balances).not.toHaveProperty(`payout:pending renters/${name} USDC`);
      expect(balances).toMatchObject({ [`renter:available renters/${name} USDC`]: 300n });
    }
  });

  test('of which one cannot be paid pays the others, and gives that one back', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await ask(await renter(name, 1_000n), 700n);
    // A token account that its mint's authority has frozen takes nothing.
    await chain.fund(walletOf('b'), 'USDC', 1n);
    await chain.freeze(associatedTokenAddress(walletOf('b'), chain.deployment.usdcMint), 'USDC');
    startHub();
    await eventually(
      async () => {
        expect(await states('renters/a')).toEqual(['one Paid']);
        expect(await states('renters/b')).toEqual(['one Returned']);
        expect(await states('renters/c')).toEqual(['one Paid']);
      },
      { withinMs: 50_000 },
    );
    expect(await Promise.all(names.map(inWallet))).toEqual([700n, 1n, 700n]);
    expect(await balancesOf(database)).toMatchObject({ 'renter:available renters/b USDC': 1_000n });
    expect((await payouts.list('renters/b', 1))[0]?.reason).not.toBe('');
  });

  test('is made once, though two hubs make it', async () => {
    await ask(await renter('a', 1_000n), 700n);
    startHub();
    startHub();
    await eventually(async () => expect(await states('renters/a')).toEqual(['one Paid']));
    expect(await inWallet('a')).toBe(700n);
  });
});

test('what was asked for, and which batch pays it, is kept', async () => {
  await ask(await renter('a', 100n), 40n);
  for (const change of [
    'delete from io.payout_requests',
    'update io.payout_requests set amount = 50',
    "update io.payout_requests set wallet = 'another'",
    'truncate io.payout_batches cascade',
  ]) {
    await expect(sql.raw(change).execute(database.owner)).rejects.toThrow('is refused');
  }
});
