import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createOperationStore } from '../../adapters/postgres/chain-operations.ts';
import { createChain } from '../../adapters/solana/chain.ts';
import { transactionSigners } from '../../adapters/solana/signers.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import type { Call, Fault } from '../../localnet/index.ts';
import type { Chain } from '../../ports/chain.ts';
import type { ChainSender } from '../../ports/chain-sender.ts';
import type { OperationStore } from '../../ports/operation-store.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { operationIdOf } from '../../settlement/addresses.ts';
import { operationSeconds } from '../../settlement/generated/constants.ts';
import { closingOf } from '../../settlement/operations/close-operation.ts';
import { payOutOperation } from '../../settlement/operations/pay-out.ts';
import { operationHandlers } from '../../settlement/operations/registry.ts';
import { associatedTokenAddress } from '../../settlement/token.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { Mortal } from '../../testing/crash.ts';
import { eventually } from '../../testing/eventually.ts';
import { SkippingClock } from '../../testing/manual-clock.ts';
import { noSettlementMetrics } from '../../testing/no-metrics.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { type Lie, startRpcProxy } from '../../testing/rpc-proxy.ts';
import { below, pick, seededRandom } from '../../testing/seeded-random.ts';
import { walletNamed } from '../../testing/wallet.ts';
import { operationCloser } from './operation-closer.ts';
import { operationSender } from './operation-sender.ts';

let net: TestChain;
let database: TestDatabase;
let store: OperationStore;
let chain: Chain & ChainSender;
/** What goes wrong with calls now. */
let faults: (call: Call) => Fault | undefined = () => undefined;

beforeAll(async () => {
  [net, database] = await Promise.all([
    startTestChain({ slotMs: 10, faults: (call) => faults(call) }),
    testDatabase(),
  ]);
  store = createOperationStore(database.writer);
  chain = createChain([net.url]);
  const { treasurer } = net.roles;
  const source = await net.fund(treasurer.address, 'USDC', 1_000_000_000n);
  const reference = new Uint8Array(32);
  await net.send(
    [
      net.program.deposit({
        asset: 'USDC',
        depositor: treasurer.address,
        source,
        amount: 1_000_000_000n,
        reference,
      }),
    ],
    [treasurer],
  );
});

afterEach(() => {
  faults = () => undefined;
});

afterAll(async () => {
  await Promise.all([net.close(), database.close()]);
});

type Process = Readonly<{
  store?: OperationStore;
  chain?: Chain & ChainSender;
  clock?: Clock;
}>;

/** Runs a sender until `check` passes. */
async function sending<T>(check: () => T | Promise<T>, process: Process = {}): Promise<T> {
  const stop = new AbortController();
  const sender = operationSender({
    store,
    chain,
    clock: systemClock,
    ...process,
    signers: transactionSigners({ treasurer: net.roles.treasurer }),
    handlers: operationHandlers,
    deployment: net.deployment,
    maxMicroLamportsPerUnit: 1_000n,
    metrics: noSettlementMetrics,
    logger: silentLogger,
    everyMs: 20,
  });
  const run = sender.run(stop.signal, {});
  try {
    return await eventually(check, { withinMs: 50_000 });
  } finally {
    stop.abort();
    await run;
  }
}

const hash = (name: string): Uint8Array => createHash('sha256').update(name).digest();
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const status = { slot: 447_552_100, confirmations: null, confirmationStatus: 'finalized' };
const finalStatus = { ...status, err: null };
const failedStatus = { ...status, err: { InstructionError: [0, { Custom: 6034 }] } };

async function payOut(name: string, amounts: readonly bigint[]): Promise<ChainOperation> {
  const operation = payOutOperation({
    operationId: operationIdOf(await net.nowSeconds(), hash(name)),
    asset: 'USDC',
    payments: amounts.map((amount, index) => ({
      wallet: walletNamed(`${name} ${index}`).address,
      amount,
    })),
  });
  await store.record(operation, nowSeconds());
  return operation;
}

const stateOf = async ({ operationId }: ChainOperation) =>
  (await store.states([operationId])).get(operationId);

async function done(operation: ChainOperation): Promise<void> {
  expect(await stateOf(operation)).toMatchObject({ state: 'Done' });
}

/** What wallets of a pay-out have got. */
function paid(name: string, count: number): Promise<readonly bigint[]> {
  return Promise.all(
    Array.from({ length: count }, (_each, index) =>
      net.tokens(
        associatedTokenAddress(walletNamed(`${name} ${index}`).address, net.deployment.usdcMint),
      ),
    ),
  );
}

/** How many transactions had the effect. */
async function effects({ operationId }: ChainOperation): Promise<number> {
  const { rows } = await sql<{ signature: string }>`
    select a.signature from io.operation_attempts a join io.operations o using (operation_no)
    where operation_id = ${operationId} and purpose = 'Effect'`.execute(database.reader);
  const transactions = await Promise.all(rows.map(({ signature }) => chain.transaction(signature)));
  return transactions.filter((transaction) => transaction?.failed === false).length;
}

test('a pay-out to wallets without token accounts is made, with the signature that did it', async () => {
  const amounts = Array.from({ length: 16 }, (_each, index) => BigInt(index + 1));
  const operation = await payOut('many', amounts);
  await sending(() => done(operation));
  expect(await paid('many', 16)).toEqual(amounts);
  const state = await stateOf(operation);
  expect((await chain.transaction(state?.signature ?? ''))?.failed).toBe(false);
  const { rows } = await sql<{ purpose: string; outcome: string | null }>`
    select purpose, outcome from io.operation_attempts join io.operations using (operation_no)
    where operation_id = ${operation.operationId} order by attempt_no`.execute(database.reader);
  expect(rows).toEqual([
    { purpose: 'Prepare', outcome: 'Landed' },
    { purpose: 'Prepare', outcome: 'Landed' },
    { purpose: 'Effect', outcome: 'Landed' },
  ]);
});

describe('killed at any step, a sender that starts again pays once', () => {
  const methods = [
    'pending',
    'finalizedHeight',
    'seen',
    'accounts',
    'latestBlockhash',
    'simulate',
    'priorityFee',
    'addAttempt',
    'send',
    'sent',
    'attemptsEnded',
    'finish',
  ];
  const steps = methods.flatMap((method) =>
    (['before', 'after'] as const).map((moment) => [moment, method] as const),
  );

  test.each(steps)('%s %s', async (moment, method) => {
    const name = `killed ${moment} ${method}`;
    const operation = await payOut(name, [7n]);
    const process = new Mortal((called) => (called === method ? moment : undefined));
    await sending(() => expect(process.dead).toBe(true), {
      store: process.wrap(store),
      chain: process.wrap(chain),
    });
    await sending(() => done(operation));
    expect(await paid(name, 1)).toEqual([7n]);
    expect(await effects(operation)).toBe(1);
  });

  test.each(['first', 'second'])('while its %s transaction is being confirmed', async (which) => {
    const name = `killed at ${which}`;
    const operation = await payOut(name, [7n]);
    let left = which === 'first' ? 1 : 2;
    const process = new Mortal((called) => {
      if (called !== 'seen') return undefined;
      left -= 1;
      return left === 0 ? 'after' : undefined;
    });
    await sending(() => expect(process.dead).toBe(true), {
      store: process.wrap(store),
      chain: process.wrap(chain),
    });
    await sending(() => done(operation));
    expect(await paid(name, 1)).toEqual([7n]);
  });
});

describe('a node that', () => {
  const sends = ({ method }: Call): boolean => method === 'sendTransaction';

  test('says "expired" of a payment that landed is not believed', async () => {
    faults = (call) => (sends(call) ? { kind: 'expired' } : undefined);
    const operation = await payOut('said expired', [5n]);
    await sending(() => done(operation));
    expect(await paid('said expired', 1)).toEqual([5n]);
    expect(await effects(operation)).toBe(1);
  });

  test('loses every other answer is asked again', async () => {
    const operation = await payOut('lost answers', [5n]);
    let calls = 0;
    faults = () => {
      calls += 1;
      return calls % 2 === 0 ? { kind: 'lose-answer' } : undefined;
    };
    await sending(() => done(operation), { chain: createChain([net.url], { random: () => 0 }) });
    faults = () => undefined;
    expect(await paid('lost answers', 1)).toEqual([5n]);
    expect(await effects(operation)).toBe(1);
  });

  test('drops what it was sent: it is signed anew when the blockhash has expired', async () => {
    const dropped = new Set<unknown>();
    faults = (call) => {
      const [transaction] = call.params as readonly unknown[];
      if (!sends(call) || (dropped.size === 2 && !dropped.has(transaction))) return undefined;
      dropped.add(transaction);
      return { kind: 'drop' };
    };
    const operation = await payOut('dropped', [5n]);
    await sending(() => done(operation));
    expect(dropped.size).toBe(2);
    expect(await paid('dropped', 1)).toEqual([5n]);
    const { rows } = await sql<{ outcome: string }>`
      select a.outcome from io.operation_attempts a join io.operations o using (operation_no)
      where operation_id = ${operation.operationId} order by attempt_no limit 2`.execute(
      database.reader,
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(['Expired', 'Expired']);
  });

  test('forks takes back what was confirmed, and gets the same bytes again', async () => {
    const operation = await payOut('forked', [5n]);
    let forks = 0;
    let left = 3;
    const process = new Mortal(() => undefined);
    const forking = new Proxy(chain, {
      get: (object, name) => {
        if (name !== 'send') return Reflect.get(process.wrap(object), name) as unknown;
        return async (bytes: Uint8Array) => {
          await object.send(bytes);
          left -= 1;
          if (left >= 0) forks += (await net.fork()).length;
        };
      },
    });
    await sending(() => done(operation), { chain: forking });
    expect(forks).toBeGreaterThan(0);
    expect(await paid('forked', 1)).toEqual([5n]);
    expect(await effects(operation)).toBe(1);
  });

  test('hides transactions and says that they expired makes it sign twice, and the program pays once', async () => {
    let ahead = 0;
    const liar = await startRpcProxy(net.url, ({ method }, { result }) => {
      if (method === 'getSignatureStatuses') {
        return { result: { ...(result as object), value: [null] } };
      }
      if (method !== 'getEpochInfo') return undefined;
      ahead += 200;
      const info = result as Readonly<{ blockHeight: number }>;
      return { result: { ...info, blockHeight: info.blockHeight + ahead } };
    });
    try {
      const operation = await payOut('hidden', [5n]);
      await sending(() => done(operation), { chain: createChain([liar.url]) });
      expect(await paid('hidden', 1)).toEqual([5n]);
      expect(await effects(operation)).toBe(1);
      const { rows } = await sql`
        select from io.operation_attempts a join io.operations o using (operation_no)
        where operation_id = ${operation.operationId} and outcome = 'Expired'`.execute(
        database.reader,
      );
      expect(rows.length).toBeGreaterThan(0);
    } finally {
      await liar.close();
    }
  });

  test.each<[string, Lie]>([
    [
      'hides accounts',
      ({ method }, { result }) =>
        method === 'getMultipleAccounts'
          ? { result: { ...(result as object), value: [null] } }
          : undefined,
    ],
    [
      'says that everything is done',
      ({ method }, { result }) =>
        method === 'getSignatureStatuses'
          ? { result: { ...(result as object), value: [finalStatus] } }
          : undefined,
    ],
    [
      'says that everything failed',
      ({ method }, { result }) =>
        method === 'getSignatureStatuses'
          ? { result: { ...(result as object), value: [failedStatus] } }
          : undefined,
    ],
    [
      'is of another chain',
      ({ method }) =>
        method === 'getGenesisHash' ? { result: net.deployment.programId } : undefined,
    ],
    ['refuses every call', () => ({ error: { code: -32_005, message: 'Node is behind' } })],
    ['answers nonsense', () => ({ result: { no: 'sense' } })],
  ])('%s is outvoted by two others', async (name, lie) => {
    const liar = await startRpcProxy(net.url, lie);
    const honest = await startRpcProxy(net.url, () => undefined);
    try {
      const operation = await payOut(name, [5n]);
      await sending(() => done(operation), {
        chain: createChain([liar.url, net.url, honest.url]),
      });
      expect(await paid(name, 1)).toEqual([5n]);
      expect(await effects(operation)).toBe(1);
    } finally {
      await Promise.all([liar.close(), honest.close()]);
    }
  });
});

test('two processes that both send pay once each', async () => {
  const names = Array.from({ length: 8 }, (_each, index) => `both ${index}`);
  const operations = await Promise.all(names.map((name) => payOut(name, [3n])));
  const all = async (): Promise<void> => {
    for (const operation of operations) await done(operation);
  };
  const other = createOperationStore(database.connect(database.writerUrl));
  await Promise.all([sending(all), sending(all, { store: other, chain: createChain([net.url]) })]);
  for (const [index, operation] of operations.entries()) {
    expect(await paid(names[index] ?? '', 1)).toEqual([3n]);
    expect(await effects(operation)).toBe(1);
  }
});

describe('an operation that cannot go well', () => {
  test('is refused when it never will, and nothing is sent', async () => {
    const { authority } = net.program.addresses;
    const operation = payOutOperation({
      operationId: operationIdOf(await net.nowSeconds(), hash('vault')),
      asset: 'USDC',
      payments: [{ wallet: authority, amount: 1n }],
    });
    await store.record(operation, nowSeconds());
    await sending(async () =>
      expect(await stateOf(operation)).toMatchObject({
        state: 'Refused',
        message: 'VaultAsDestination: the destination is a vault of the program',
      }),
    );
    expect(await effects(operation)).toBe(0);
  });

  test('is refused when its id is too old', async () => {
    const operation = payOutOperation({
      operationId: operationIdOf((await net.nowSeconds()) - operationSeconds, hash('old')),
      asset: 'USDC',
      payments: [{ wallet: net.roles.admin.address, amount: 1n }],
    });
    await store.record(operation, nowSeconds());
    await sending(async () => expect(await stateOf(operation)).toMatchObject({ state: 'Refused' }));
  });

  test('waits while it may later, and says for what', async () => {
    const operation = await payOut('cap', [2_000_000_000_000n]);
    await sending(async () => {
      const state = await stateOf(operation);
      expect(state?.state).toBe('Pending');
      expect(state?.message).toContain('PayOutCapReached');
    });
  });
});

test('the guard of a pay-out is closed once its window is over, and the rent comes back', async () => {
  const operation = await payOut('closed later', [1n]);
  await sending(() => done(operation));
  const clock = new SkippingClock();
  const stop = new AbortController();
  const skipped = operationSeconds + 86_400;
  await net.warp(skipped);
  clock.skip(skipped * 1000);
  const closer = operationCloser({
    store,
    closingOf,
    windowSeconds: operationSeconds,
    clock,
    logger: silentLogger,
    everyMs: 20,
  });
  const run = closer.run(stop.signal, {});
  const closing = closingOf(operation.operationId);
  const [before = 0n] = await chain.lamports([net.roles.treasurer.address]);
  await sending(() => done(closing), { clock });
  stop.abort();
  await run;
  const [after = 0n] = await chain.lamports([net.roles.treasurer.address]);
  expect(after).toBeGreaterThan(before);
  expect(await store.unclosedPayOuts(Math.floor(clock.now() / 1000), 1_000)).not.toContain(
    operation.operationId,
  );
});

test('many operations, crashes and faults in random order: each pays once', async () => {
  const random = seededRandom(20_261_125);
  const names = Array.from({ length: 24 }, (_each, index) => `random ${index}`);
  const operations = await Promise.all(
    names.map((name, index) => payOut(name, [BigInt(index + 1)])),
  );
  const bad: readonly Fault[] = [
    { kind: 'too-many-requests' },
    { kind: 'lose-answer' },
    { kind: 'expired' },
    { kind: 'drop' },
    { kind: 'error', code: -32_603, message: 'Internal error' },
  ];
  faults = () => (below(random, 12) === 0 ? pick(random, bad) : undefined);
  const isDone = async (): Promise<boolean> => {
    const states = await store.states(operations.map(({ operationId }) => operationId));
    return [...states.values()].every(({ state }) => state === 'Done');
  };
  let lives = 0;
  for (let left = 12; left > 0 && !(await isDone()); left -= 1) {
    lives += 1;
    const process = new Mortal(() =>
      below(random, 60) === 0 ? pick(random, ['before', 'after'] as const) : undefined,
    );
    await sending(async () => expect(process.dead || (await isDone())).toBe(true), {
      store: process.wrap(store),
      chain: process.wrap(createChain([net.url], { random: () => 0 })),
    });
  }
  faults = () => undefined;
  await sending(async () => expect(await isDone()).toBe(true));
  expect(lives).toBeGreaterThan(1);
  for (const [index, operation] of operations.entries()) {
    expect(await paid(names[index] ?? '', 1)).toEqual([BigInt(index + 1)]);
    expect(await effects(operation)).toBe(1);
  }
});
