import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { type Faults, type Localnet, type LocalnetOptions, startLocalnet } from './index.ts';
import type { Wallet } from './testing/client.ts';
import { newWallet, transfer } from './testing/wallets.ts';
import { web3Client } from './testing/web3-client.ts';

const sol = 1_000_000_000n;
const limits = {
  bodyBytes: 8_192,
  batch: 3,
  subscriptionsPerConnection: 2,
  messageBytes: 1_024,
};

let localnet: Localnet;
let payer: Wallet;
let faults: Faults | undefined;
const others: Localnet[] = [];

beforeAll(async () => {
  localnet = await startLocalnet({ slotMs: 25, limits, faults: (call) => faults?.(call) });
  payer = newWallet();
  await web3Client(localnet).airdrop(payer.address, 1_000n * sol);
});

afterEach(async () => {
  faults = undefined;
  await Promise.all(others.splice(0).map((other) => other.close()));
});

afterAll(() => localnet.close());

async function another(options: LocalnetOptions): Promise<Localnet> {
  const other = await startLocalnet(options);
  others.push(other);
  return other;
}

type Answer = {
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
};

async function post(body: string, url = localnet.url) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

async function ask(method: string, params: unknown[] = [], url = localnet.url): Promise<Answer> {
  const { text } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), url);
  return JSON.parse(text) as Answer;
}

const call = (id: number) => ({ jsonrpc: '2.0', id, method: 'getSlot' });
const signedTransfer = async (lamports = sol) =>
  web3Client(localnet).sign(payer, [transfer(payer, newWallet().address, lamports)]);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('what is no call', () => {
  it.each([
    ['text that is no JSON', '{', -32700, 'Parse error'],
    ['nothing', '', -32700, 'Parse error'],
    ['JSON that is no call', '{"method":"getSlot"}', -32600, 'not a call of JSON-RPC 2.0'],
    ['an empty batch', '[]', -32600, 'the batch is empty'],
    ['a batch that is too long', JSON.stringify([1, 2, 3, 4].map(call)), -32005, 'at most 3 calls'],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"getFoo"}', -32601, 'Method not found'],
    [
      'a body that is too large',
      JSON.stringify({ ...call(1), params: ['x'.repeat(10_000)] }),
      -32005,
      'at most 8192 bytes',
    ],
  ])('%s is refused with a code and a reason', async (_what, body, code, why) => {
    const { text } = await post(body);

    expect(JSON.parse(text)).toMatchObject({
      error: { code, message: expect.stringContaining(why) },
    });
  });

  it('in a batch spoils only itself', async () => {
    const { text } = await post(
      JSON.stringify([call(1), { ...call(2), method: 'getFoo' }, call(3)]),
    );

    expect(JSON.parse(text)).toMatchObject([
      { id: 1, result: expect.any(Number) },
      { id: 2, error: { code: -32601 } },
      { id: 3, result: expect.any(Number) },
    ]);
  });
});

describe('params', () => {
  const someone = newWallet().address;
  it.each<[method: string, why: string, params: unknown[]]>([
    ['getBalance', 'address is not 32 bytes', ['abc']],
    ['getBalance', 'Invalid params', []],
    ['getBalance', 'commitment', [someone, { commitment: 'soon' }]],
    ['getMultipleAccounts', 'max 100', [Array.from({ length: 101 }, () => someone)]],
    ['getSignatureStatuses', 'signature is not 64 bytes', [['abc']]],
    ['getSignaturesForAddress', 'max 1000', [someone, { limit: 1_001 }]],
    ['getSignaturesForAddress', 'below `confirmed`', [someone, { commitment: 'processed' }]],
    ['getTokenSupply', 'could not find account', [someone]],
    ['sendTransaction', 'invalid base58 encoding', ['!!!']],
    ['sendTransaction', 'invalid transaction', ['AAAA', { encoding: 'base64' }]],
    ['sendTransaction', 'too large', ['A'.repeat(2_001)]],
    ['requestAirdrop', 'unsigned integer', [someone, -1]],
    ['localnet_warp', 'Invalid params', [{ seconds: 0 }]],
  ])('of %s are refused: %s', async (method, why, params) => {
    expect(await ask(method, params)).toMatchObject({
      error: { code: -32602, message: expect.stringContaining(why) },
    });
  });

  it('that ask for a slot which is not there yet are refused with the newest', async () => {
    expect(await ask('getSlot', [{ minContextSlot: 2_000_000_000 }])).toMatchObject({
      error: { code: -32016, data: { contextSlot: expect.any(Number) } },
    });
  });
});

describe('numbers', () => {
  it('of 64 bits keep all their digits on the wire, in and out', async () => {
    const to = newWallet().address;
    const lamports = '1000000000000000001';
    const body = `{"jsonrpc":"2.0","id":1,"method":"requestAirdrop","params":["${to}",${lamports}]}`;
    await post(body);
    const params = [to, { commitment: 'processed', encoding: 'base64' }];

    const { text } = await post(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getAccountInfo', params }),
    );

    expect(text).toContain(`"lamports":${lamports}`);
    expect(text).toContain('"rentEpoch":18446744073709551615');
  });
});

describe('a transaction', () => {
  it('with a wrong signature is refused as such, and dropped when nobody checks', async () => {
    const { wire, signature } = await signedTransfer();
    const forged = wire.map((byte, index) => (index === 1 ? byte ^ 1 : byte));
    const config = { encoding: 'base64', preflightCommitment: 'confirmed' };

    const checked = await ask('sendTransaction', [base64(forged), config]);
    const unchecked = await ask('sendTransaction', [
      base64(forged),
      { ...config, skipPreflight: true },
    ]);

    expect(checked).toMatchObject({
      error: { code: -32003, message: 'Transaction signature verification failure' },
    });
    expect(unchecked.error).toBeUndefined();
    expect(await ask('getSignatureStatuses', [[signature, unchecked.result]])).toMatchObject({
      result: { value: [null, null] },
    });
  });

  it('that would fail is refused with its error and logs as data', async () => {
    const { wire } = await signedTransfer(5_000n * sol);

    expect(
      await ask('sendTransaction', [
        base64(wire),
        { encoding: 'base64', preflightCommitment: 'confirmed' },
      ]),
    ).toMatchObject({
      error: {
        code: -32002,
        message:
          'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1',
        data: {
          err: { InstructionError: [0, { Custom: 1 }] },
          logs: expect.arrayContaining([expect.stringContaining('insufficient lamports')]),
          unitsConsumed: 150,
        },
      },
    });
  });

  it('whose blockhash is newer than its preflight looks at is refused, as on mainnet', async () => {
    const { wire } = await signedTransfer();

    expect(
      await ask('sendTransaction', [
        base64(wire),
        { encoding: 'base64', preflightCommitment: 'finalized' },
      ]),
    ).toMatchObject({
      error: { code: -32002, message: 'Transaction simulation failed: Blockhash not found' },
    });
  });

  it('can be simulated: the error, logs and accounts are told and nothing happens', async () => {
    const to = newWallet().address;
    const { wire } = await web3Client(localnet).sign(payer, [transfer(payer, to, sol)]);

    const simulated = await ask('simulateTransaction', [
      base64(wire),
      { encoding: 'base64', commitment: 'confirmed', accounts: { addresses: [to] } },
    ]);

    expect(simulated).toMatchObject({
      result: {
        value: { err: null, accounts: [{ lamports: Number(sol) }], unitsConsumed: 150 },
      },
    });
    expect(await ask('getBalance', [to, { commitment: 'processed' }])).toMatchObject({
      result: { value: 0 },
    });
  });

  it('pays the fee that was told for its message', async () => {
    const client = web3Client(localnet);
    const price = Buffer.from([3, ...new Uint8Array(8)]);
    price.writeBigUInt64LE(2_500_000n, 1);
    const limit = Buffer.from([2, 0, 0, 0, 0]);
    limit.writeUInt32LE(10_001, 1);
    const budget = (data: Uint8Array) => ({
      program: 'ComputeBudget111111111111111111111111111111',
      accounts: [],
      data,
    });
    const instructions = [budget(limit), budget(price), transfer(payer, newWallet().address, sol)];
    const signed = await client.sign(payer, instructions);

    const told = await ask('getFeeForMessage', [
      base64(signed.wire.subarray(65)),
      { commitment: 'confirmed' },
    ]);
    await client.confirm(signed, 'confirmed');

    const facts = await client.transaction(signed.signature, 'confirmed');
    expect(told).toMatchObject({ result: { value: 5_000 + 25_003 } });
    expect(facts?.fee).toBe(30_003n);
  });
});

describe('a websocket', () => {
  /** Sends calls and collects everything that comes back. */
  async function connect(url = localnet.wsUrl) {
    const socket = new WebSocket(url);
    const received: (Answer & { method?: string; params?: unknown })[] = [];
    let closed: { code: number; reason: string } | undefined;
    socket.on('message', (data) => received.push(JSON.parse((data as Buffer).toString())));
    socket.on('close', (code, reason) => (closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
    await eventually(() => expect(socket.readyState).not.toBe(WebSocket.CONNECTING));
    return {
      received,
      closed: () => closed,
      send: (body: unknown) => socket.send(typeof body === 'string' ? body : JSON.stringify(body)),
      async close() {
        socket.close();
        await eventually(() => expect(closed).toBeDefined());
      },
    };
  }

  const subscribe = (id: number, method: string, params: unknown[] = []) => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });

  it('refuses what it does not understand, and goes on', async () => {
    const socket = await connect();
    socket.send('{');
    socket.send({ jsonrpc: '2.0', id: 2, method: 'getSlot' });
    socket.send(subscribe(3, 'accountSubscribe', ['abc']));
    socket.send(subscribe(4, 'slotSubscribe'));

    await eventually(() =>
      expect(socket.received.slice(0, 4)).toMatchObject([
        { id: null, error: { code: -32700 } },
        { id: 2, error: { code: -32601 } },
        { id: 3, error: { code: -32602 } },
        { id: 4, result: expect.any(Number) },
      ]),
    );
    await socket.close();
  });

  it('tells of slots until nobody wants to hear it', async () => {
    const socket = await connect();
    socket.send(subscribe(1, 'slotSubscribe'));
    await eventually(() =>
      expect(socket.received.filter(({ method }) => method === 'slotNotification').length).toBe(3),
    );
    const [{ result } = {}] = socket.received;
    socket.send(subscribe(2, 'slotUnsubscribe', [result]));
    await eventually(() => expect(socket.received.at(-1)).toMatchObject({ id: 2, result: true }));
    const heard = socket.received.length;

    await localnet.warp({ slots: 2 });
    socket.send(subscribe(3, 'ping'));

    await eventually(() => expect(socket.received.at(-1)).toMatchObject({ id: 3, result: 'pong' }));
    expect(socket.received).toHaveLength(heard + 1);
    await socket.close();
  });

  it('has a limit of subscriptions', async () => {
    const socket = await connect();
    for (const id of [1, 2, 3]) {
      socket.send(subscribe(id, 'accountSubscribe', [newWallet().address]));
    }

    await eventually(() =>
      expect(socket.received).toMatchObject([
        { id: 1, result: expect.any(Number) },
        { id: 2, result: expect.any(Number) },
        { id: 3, error: { code: -32005, message: 'a connection has at most 2 subscriptions' } },
      ]),
    );
    await socket.close();
  });

  it('has a limit of bytes in a message', async () => {
    const socket = await connect();
    socket.send('x'.repeat(2_000));

    await eventually(() => expect(socket.closed()?.code).toBe(1009));
  });

  it('has a limit of connections', async () => {
    const { wsUrl } = await another({ slotMs: 25, limits: { connections: 2 } });
    const sockets = [await connect(wsUrl), await connect(wsUrl), await connect(wsUrl)];

    await eventually(() =>
      expect(sockets[2]?.closed()).toEqual({ code: 1013, reason: 'at most 2 connections' }),
    );
    await Promise.all(sockets.slice(0, 2).map((socket) => socket.close()));
  });

  it('tells at once of a signature that is already there', async () => {
    const client = web3Client(localnet);
    const signed = await signedTransfer();
    await client.confirm(signed, 'confirmed');
    const socket = await connect();

    socket.send(
      subscribe(1, 'signatureSubscribe', [signed.signature, { commitment: 'confirmed' }]),
    );

    await eventually(() =>
      expect(socket.received).toMatchObject([
        { id: 1 },
        { method: 'signatureNotification', params: { result: { value: { err: null } } } },
      ]),
    );
    await socket.close();
  });
});

describe('faults', () => {
  const once = (kind: string, method: string): Faults => {
    let left = 1;
    return (each) => {
      if (each.method !== method || left === 0) return undefined;
      left -= 1;
      return { kind, ms: 0, code: -32005, message: 'Node is behind' } as ReturnType<Faults>;
    };
  };
  const send = async (wire: Uint8Array) =>
    ask('sendTransaction', [
      base64(wire),
      { encoding: 'base64', preflightCommitment: 'confirmed' },
    ]);
  const landed = async (signature: string) => {
    const { result } = await ask('getSignatureStatuses', [[signature]]);
    return (result as { value: unknown[] }).value[0] !== null;
  };

  it.each([
    { kind: 'drop', answered: 'signature', lands: false },
    {
      kind: 'expired',
      answered: 'Transaction simulation failed: Blockhash not found',
      lands: true,
    },
    { kind: 'lose-answer', answered: 'nothing', lands: true },
    { kind: 'delay', answered: 'signature', lands: true },
    { kind: 'error', answered: 'Node is behind', lands: false },
    {
      kind: 'too-many-requests',
      answered: 'Too many requests for a specific RPC call',
      lands: false,
    },
  ])('$kind: a send is answered with $answered', async ({ kind, answered, lands }) => {
    const { wire, signature } = await signedTransfer();
    faults = once(kind, 'sendTransaction');

    const answer: Answer = await send(wire).catch(() => ({}));

    const told = answer.result === signature ? 'signature' : answer.error?.message;
    expect(told ?? 'nothing').toBe(answered);
    expect(await landed(signature)).toBe(lands);
    expect(await send(wire)).toMatchObject({ result: signature });
  });

  it('expired: a status is hidden although the payment landed', async () => {
    const { wire, signature } = await signedTransfer();
    await send(wire);
    faults = once('expired', 'getSignatureStatuses');

    expect([await landed(signature), await landed(signature)]).toEqual([false, true]);
  });

  it('stall: a call is never answered, and closing the node ends it', async () => {
    const stalled = await another({ slotMs: 25, faults: () => ({ kind: 'stall' }) });
    const asked = ask('getSlot', [], stalled.url).then(
      () => 'answered',
      () => 'ended',
    );

    expect(await Promise.race([asked, ask('getSlot').then(() => 'nothing yet')])).toBe(
      'nothing yet',
    );
    await stalled.close();

    expect(await asked).toBe('ended');
  });
});

describe('a chain without a clock', () => {
  it('stands still until it is warped', async () => {
    const still = await another({ manual: true, slotMs: 400 });
    const slot = await ask('getSlot', [], still.url);
    const to = newWallet().address;
    await ask('requestAirdrop', [to, 5_000_000], still.url);
    const confirmed = () => ask('getBalance', [to, { commitment: 'confirmed' }], still.url);
    const before = await confirmed();

    const { result } = await ask('localnet_warp', [{ slots: 1 }], still.url);

    expect(before).toMatchObject({ result: { value: 0 } });
    expect(await confirmed()).toMatchObject({ result: { value: 5_000_000 } });
    expect(result).toMatchObject({ slot: (slot.result as number) + 32 + 1 });
  });
});
