import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Call, Fault } from '../../localnet/index.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type { RpcOutcome } from '../../ports/settlement-metrics.ts';
import { stakeAddress } from '../../settlement/addresses.ts';
import { eventsOfLogs } from '../../settlement/events.ts';
import { accountLayouts, decodeStake } from '../../settlement/generated/accounts.ts';
import { associatedTokenAddress } from '../../settlement/token.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { eventually } from '../../testing/eventually.ts';
import { type Lie, type RpcProxy, startRpcProxy } from '../../testing/rpc-proxy.ts';
import { memo, transferTokens } from '../../testing/spl.ts';
import type { TestWallet } from '../../testing/wallet.ts';
import { createChain } from './chain.ts';

let net: TestChain;
let owner: TestWallet;
let source: string;
let faults: (call: Call) => Fault | undefined = () => undefined;
const proxies: RpcProxy[] = [];

beforeAll(async () => {
  net = await startTestChain({ faults: (call) => faults(call) });
  owner = await net.wallet('owner');
  source = await net.fund(owner.address, 'IO', 1_000_000n);
});

afterEach(async () => {
  faults = () => undefined;
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

afterAll(() => net.close());

async function node(lie: Lie = () => undefined): Promise<string> {
  const proxy = await startRpcProxy(net.url, lie);
  proxies.push(proxy);
  return proxy.url;
}

const deviceId = (number: number): Uint8Array => new Uint8Array(32).fill(number);

async function stake(number: number, amount: bigint): Promise<string> {
  const of = { owner: owner.address, deviceId: deviceId(number) };
  await net.send([net.program.stake({ ...of, source, amount })], [owner]);
  return stakeAddress(net.deployment.programId, of.owner, of.deviceId);
}

describe('what is read from one node', () => {
  test('accounts come in the order of their addresses, undefined where there is none', async () => {
    const chain = createChain([net.url]);
    const address = await stake(1, 5n);
    const [none, found] = await chain.accounts([deviceAddress(99), address]);
    expect(none).toBeUndefined();
    expect(found).toMatchObject({ address, owner: net.deployment.programId });
    expect(decodeStake(found?.data ?? new Uint8Array())).toMatchObject({ amount: 5n });
    await expect(chain.accounts(Array.from({ length: 101 }, () => address))).rejects.toThrow(
      'more than 100',
    );
  });

  test('accounts of a program are found by their bytes and size', async () => {
    const chain = createChain([net.url]);
    const address = await stake(2, 5n);
    const { discriminator, size, offsets } = accountLayouts.Stake;
    const found = await chain.programAccounts(net.deployment.programId, [
      { size },
      { offset: 0, bytes: discriminator },
      { offset: offsets.deviceId, bytes: deviceId(2) },
    ]);
    expect(found.map((each) => each.address)).toEqual([address]);
  });

  test('history is told in pages, and each transaction with logs, memos and tokens', async () => {
    const chain = createChain([net.url]);
    const custody = net.program.addresses.custodyVault.IO;
    const pay = (amount: bigint) => {
      const authority = owner.address;
      return net.send(
        [transferTokens({ authority, from: source, to: custody, amount }), memo('for me')],
        [owner],
      );
    };
    const signatures = [await pay(1n), await pay(2n), await pay(3n)];
    const all = await chain.signatures(custody, { limit: 3 });
    expect(all.map(({ signature }) => signature)).toEqual(signatures.toReversed());
    const until = await chain.signatures(custody, { until: signatures[0] });
    expect(until.map(({ signature }) => signature)).toEqual([signatures[2], signatures[1]]);
    const before = await chain.signatures(custody, { before: signatures[2], limit: 1 });
    expect(before.map(({ signature }) => signature)).toEqual([signatures[1]]);
    const transaction = await chain.transaction(signatures[2] ?? '');
    expect(transaction).toMatchObject({ failed: false, memos: ['for me'] });
    const change = transaction?.tokenChanges.find(({ account }) => account === custody);
    expect(change).toMatchObject({ mint: net.deployment.ioMint, before: 3n, after: 6n });
    expect(transaction?.blockTimeSeconds).toBeGreaterThan(net.genesisSeconds);
  });

  test('the events of the program are in the logs', async () => {
    const chain = createChain([net.url]);
    await stake(3, 7n);
    const [last] = await chain.signatures(owner.address, { limit: 1 });
    const transaction = await chain.transaction(last?.signature ?? '');
    const { events } = eventsOfLogs(transaction?.logs ?? [], net.deployment.programId);
    expect(events).toMatchObject([{ kind: 'Staked', amount: 7n }]);
  });

  test('there is no transaction of an unknown signature', async () => {
    const chain = createChain([net.url]);
    expect(await chain.transaction('5'.repeat(87))).toBeUndefined();
    expect(await chain.seen(['5'.repeat(87)])).toEqual([{ kind: 'Missing' }]);
  });

  test('the head moves, and has the time of the chain', async () => {
    const chain = createChain([net.url]);
    const before = await chain.head();
    await net.warp(3_600);
    const after = await eventually(async () => {
      const head = await chain.head();
      expect(head.timeSeconds - before.timeSeconds).toBeGreaterThanOrEqual(3_600);
      return head;
    });
    expect(after.slot).toBeGreaterThan(before.slot);
  });

  test('a simulation says why it would fail, with the code of the program', async () => {
    const chain = createChain([net.url]);
    const of = { owner: owner.address, deviceId: deviceId(1) };
    const destination = associatedTokenAddress(owner.address, net.deployment.ioMint);
    const simulation = await chain.simulate(owner.address, [
      net.program.withdraw({ ...of, destination }),
    ]);
    expect(simulation.failure).toMatchObject({ code: 6011 });
  });
});

const deviceAddress = (number: number): string =>
  stakeAddress(net.deployment.programId, owner.address, deviceId(number));

describe('a change of the program is told', () => {
  test('within a second, also by the next node when the first is away', async () => {
    const told: string[] = [];
    const chain = createChain(['http://127.0.0.1:9', net.url], { random: () => 0 });
    const stop = chain.watchProgram(net.deployment.programId, (address) => told.push(address));
    try {
      let number = 10;
      const address = await eventually(async () => {
        const staked = await stake((number += 1), 1n);
        await eventually(() => expect(told).toContain(staked), { withinMs: 1_000 });
        return staked;
      });
      expect(told).toContain(address);
    } finally {
      stop();
    }
  });
});

describe('a node that fails', () => {
  test.each<[string, Fault, RpcOutcome]>([
    ['asks for fewer calls', { kind: 'too-many-requests' }, 'limited'],
    ['never answers', { kind: 'stall' }, 'timeout'],
    ['is behind', { kind: 'error', code: -32_005, message: 'Node is behind' }, 'behind'],
    ['breaks the connection', { kind: 'lose-answer' }, 'failed'],
  ])('%s is left, and the next one answers', async (_name, fault, outcome) => {
    const outcomes: RpcOutcome[] = [];
    const good = await node();
    const chain = createChain([net.url, good], {
      timeoutMs: 300,
      metrics: { rpcCall: (_node, each) => outcomes.push(each) },
    });
    expect(await chain.finalizedHeight()).toBeGreaterThan(0n);
    let calls = 0;
    faults = () => {
      calls += 1;
      return calls === 1 ? fault : undefined;
    };
    expect((await chain.head()).slot).toBeGreaterThan(0n);
    expect(outcomes).toContain(outcome);
  });

  test('alone is unavailable, and no message or label holds the URL', async () => {
    const nodes: string[] = [];
    const chain = createChain(['http://127.0.0.1:9/?api-key=secret'], {
      metrics: { rpcCall: (name) => nodes.push(name) },
    });
    const error = await chain.head().catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ChainUnavailableError);
    expect(String(error)).toBe('ChainUnavailableError: 127.0.0.1:9: cannot be reached');
    expect(new Set(nodes)).toEqual(new Set(['127.0.0.1:9']));
  });
});

describe('nodes that disagree', () => {
  const hides: Lie = ({ method }, { result }) =>
    method === 'getMultipleAccounts'
      ? { result: { ...(result as object), value: [null] } }
      : undefined;
  const invents: Lie = ({ method }, { result }) =>
    method === 'getTransaction'
      ? { result: { ...(result as object), slot: 447_552_001 } }
      : undefined;

  test('one of three is outvoted about an account', async () => {
    const address = await stake(4, 9n);
    const chain = createChain([await node(hides), net.url, await node()]);
    expect((await chain.accounts([address]))[0]?.address).toBe(address);
  });

  test('one of two is not believed, and neither is the other', async () => {
    const address = await stake(5, 9n);
    const chain = createChain([await node(hides), net.url]);
    await expect(chain.accounts([address])).rejects.toThrow('contradict one another');
  });

  test('a transaction is what most say that it is', async () => {
    await stake(6, 9n);
    const [last] = await createChain([net.url]).signatures(owner.address, { limit: 1 });
    const signature = last?.signature ?? '';
    const honest = await createChain([net.url]).transaction(signature);
    const outvoted = createChain([await node(invents), net.url, await node()]);
    expect(await outvoted.transaction(signature)).toEqual(honest);
    await expect(
      createChain([await node(invents), net.url]).transaction(signature),
    ).rejects.toThrow('contradict one another');
  });

  test('a signature that only one of three tells or hides changes nothing', async () => {
    await stake(7, 9n);
    const honest = await createChain([net.url]).signatures(owner.address, {});
    const shortens: Lie = ({ method }, { result }) =>
      method === 'getSignaturesForAddress'
        ? { result: (result as readonly unknown[]).slice(1) }
        : undefined;
    const chain = createChain([await node(shortens), net.url, await node()]);
    expect(await chain.signatures(owner.address, {})).toEqual(honest);
  });

  test('a node that is far behind or ahead does not say what is final', async () => {
    const at =
      (apart: number): Lie =>
      ({ method }, { result }) => {
        const info = result as Readonly<{ absoluteSlot: number; blockHeight: number }>;
        if (method !== 'getEpochInfo') return undefined;
        return {
          result: {
            ...info,
            absoluteSlot: info.absoluteSlot + apart,
            blockHeight: info.blockHeight + apart,
          },
        };
      };
    const honest = await createChain([net.url]).finalizedHeight();
    for (const apart of [-100_000, 100_000]) {
      const chain = createChain([await node(at(apart)), net.url, await node()]);
      const height = await chain.finalizedHeight();
      expect(height).toBeGreaterThanOrEqual(honest);
      expect(height - honest).toBeLessThan(50_000n);
    }
  });

  test('two that are not of one chain are both not believed', async () => {
    const other: Lie = ({ method }) =>
      method === 'getGenesisHash' ? { result: net.deployment.programId } : undefined;
    const chain = createChain([await node(other), net.url]);
    await expect(chain.head()).rejects.toThrow('contradict one another');
  });

  test('what was read as finalized is never read again from an older state', async () => {
    const chain = createChain([net.url]);
    // A node that has not seen the slot that was told before has to say so.
    const slots: number[] = [];
    faults = ({ method, params }) => {
      if (method !== 'getMultipleAccounts') return undefined;
      const [, config] = params as readonly [unknown, { minContextSlot: number }];
      slots.push(config.minContextSlot);
      return undefined;
    };
    const { slot } = await chain.head();
    await chain.accounts([owner.address]);
    expect(slots.map(BigInt)).toEqual([slot]);
  });
});
