import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChain } from '../../operator/adapters/solana/chain.ts';
import { createWalletTransactions } from '../../operator/adapters/solana/wallet-transactions.ts';
import { createViewWriter } from '../../operator/adapters/postgres/views/writer.ts';
import { accountView } from '../../operator/domain/views/account.ts';
import { deviceView } from '../../operator/domain/views/device.ts';
import { memberView } from '../../operator/domain/views/member.ts';
import type { ViewRow } from '../../operator/ports/view-writer.ts';
import { base58Encode } from '../../operator/settlement/base58.ts';
import { startTestChain, type TestChain } from '../../operator/testing/chain.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { proveWallet } from '../../operator/testing/reward-fixture.ts';
import { viewAccount, viewDevice, viewMember } from '../../operator/testing/views/objects.ts';
import type { TestWallet } from '../../operator/testing/wallet.ts';
import { type As, V1World } from '../testing/v1-world.ts';

/** What wallets sign, from the request to the chain: a real API, a real chain with the program. */

const io = 100_000_000n;
const stake = { type: 'stake', member: 'ams', device: 'gpu-0', amount: '200' } as const;
let net: TestChain;
let world: V1World;
let supplier: TestWallet;
let owner: As;

beforeAll(async () => {
  net = await startTestChain();
  supplier = await net.wallet('supplier');
  await net.fund(supplier.address, 'IO', 1_000n * io);
  const transactions = createWalletTransactions({
    ...{ chain: createChain([net.url]), program: net.program },
    proofs: async () => undefined,
  });
  world = await V1World.start({ ports: { transactions } });
  owner = world.wallet(supplier.address);
  await proveWallet(world.database.writer, 'suppliers/acme', supplier);
  await writeViews();
}, 120_000);
afterAll(async () => {
  await world?.stop();
  await net?.close();
});

async function writeViews(): Promise<void> {
  const spec = { kind: 'Supplier' as const, wallet: supplier.address };
  const account = accountView(viewAccount('acme', { namespace: 'suppliers', spec }));
  const member = viewMember('ams');
  const status = { stake: { amountBaseUnits: '0', requiredBaseUnits: String(300n * io) } };
  const device = deviceView(viewDevice('gpu-0', { member: 'ams', status }), 'ams', member);
  const base = { version: '1', account: 'suppliers/acme' };
  const rows: readonly ViewRow[] = [
    { kind: 'account', scope: 'suppliers', name: 'acme', version: '1', view: account },
    { kind: 'member', ...base, scope: '', name: 'ams', view: memberView(member) },
    {
      ...base,
      ...{ kind: 'device', scope: 'ams', name: 'gpu-0', view: device },
      model: '',
      state: 'Free',
    },
  ];
  const writer = createViewWriter(world.database.writer);
  await writer.write(await writer.takeOver(), { rows, gone: [] });
}

const post = (path: string, as: As | undefined, body: unknown) =>
  world.send(`/v1/transactions${path}`, as, { method: 'POST', body });
const build = (as: As | undefined, action: object, wallet = supplier.address) =>
  post('', as, { action, wallet });

type Built = Readonly<{ handle: string; message: Buffer; summary: readonly string[] }>;

async function built(action: object): Promise<Built> {
  const { status, body } = await build(owner, action);
  expect([status, body]).toMatchObject([200, { summary: expect.anything() }]);
  const { transaction, handle, summary } = body as Omit<Built, 'message'> & {
    transaction: string;
  };
  return { handle, summary, message: Buffer.from(transaction, 'base64').subarray(65) };
}

const wire = (signature: Uint8Array, message: Uint8Array): string =>
  Buffer.concat([Buffer.of(1), signature, message]).toString('base64');

test('a stake is built, signed by the wallet, sent and seen to be final', async () => {
  const { handle, message, summary } = await built(stake);
  expect(summary[0]).toBe('Stake 200.00 IO behind the device gpu-0 of ams.');
  const signature = await supplier.sign(message);
  const signed = wire(signature, message);
  for (let time = 1; time <= 2; time += 1) {
    expect(await post(`/${handle}`, owner, { signed })).toMatchObject({
      ...{ status: 200, body: { signature: base58Encode(signature) } },
    });
  }
  await eventually(async () => {
    const { body } = await world.send(`/v1/transactions/${base58Encode(signature)}`, owner);
    expect(body).toEqual({ state: 'Finalized' });
  });
});

test('without an amount it is what the device still needs', async () => {
  const { amount: _, ...rest } = stake;
  expect((await built(rest)).summary[0]).toContain('Stake 300.00 IO');
  expect(await build(owner, { ...rest, device: 'none' })).toMatchObject({ status: 404 });
});

describe('is not sent', () => {
  const reasonFor = async (handle: string, signed: string): Promise<unknown> => {
    const { status, body } = await post(`/${handle}`, owner, { signed });
    return `${status} ${String(body['reason'])}`;
  };

  test('what was altered by a byte, though the wallet signed it', async () => {
    const { handle, message } = await built(stake);
    for (const at of [4, 60, message.length - 1]) {
      const altered = Buffer.from(message);
      altered[at] = (altered[at] ?? 0) ^ 1;
      const signed = wire(await supplier.sign(altered), altered);
      expect(await reasonFor(handle, signed)).toBe('422 Altered');
    }
  });

  test('what was built for another handle, or elsewhere', async () => {
    const first = await built(stake);
    const { handle } = await built({ ...stake, amount: '1' });
    const signed = wire(await supplier.sign(first.message), first.message);
    expect(await reasonFor(handle, signed)).toBe('422 Altered');
    expect(await reasonFor('A'.repeat(43), signed)).toBe('422 Altered');
    const hex = Buffer.from(signed, 'base64').toString('hex');
    expect(await reasonFor(first.handle, hex)).toMatch(/^4/);
  });

  test('what the wallet did not sign', async () => {
    const { handle, message } = await built(stake);
    expect(await reasonFor(handle, wire(new Uint8Array(64), message))).toBe('422 WrongSignature');
    const other = await net.wallet('other');
    expect(await reasonFor(handle, wire(await other.sign(message), message))).toBe(
      '422 WrongSignature',
    );
  });

  test.each(['', '!!!', 'AAAA', 'AQ=='])('%j', async (signed) => {
    const { handle } = await built(stake);
    const { status } = await post(`/${handle}`, owner, { signed });
    expect([400, 422]).toContain(status);
  });
});

describe('nobody else', () => {
  test('has a transaction built for the wallet', async () => {
    const stranger = world.wallet((await net.wallet('stranger')).address);
    const somebody = await world.token('default', {});
    expect((await build(undefined, stake)).status).toBe(401);
    for (const as of [stranger, somebody]) {
      expect(await build(as, stake)).toMatchObject({
        ...{ status: 403, body: { reason: 'NotYourWallet' } },
      });
    }
    const deposit = { type: 'deposit', account: 'suppliers/acme', asset: 'IO', amount: '1' };
    expect((await build(somebody, deposit)).status).toBe(404);
  });

  test('but who may update the account that proved it', async () => {
    await world.admin.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'suppliers' },
    });
    const finance = await world.token('suppliers', { ioaccounts: ['get', 'update'] });
    const reader = await world.token('suppliers', { ioaccounts: ['get'] });
    expect((await build(finance, stake)).status).toBe(200);
    expect((await build(reader, stake)).status).toBe(403);
  });
});

describe('is told why', () => {
  test.each([
    [{ type: 'claim' }, 409, 'NothingToClaim'],
    [{ ...stake, amount: '1000000' }, 409, 'InsufficientFunds'],
    [{ ...stake, amount: '0' }, 400, 'ValidationFailed'],
    [{ ...stake, amount: '1.123456789' }, 400, 'ValidationFailed'],
    [{ ...stake, device: '<script>' }, 400, 'ValidationFailed'],
    [{ type: 'steal' }, 400, 'ValidationFailed'],
    [{ type: 'unstake', member: 'ams', device: 'gpu-9' }, 409, 'NoStake'],
    [{ type: 'appeal', member: 'ams', case: 'none', statement: 'x' }, 404, 'SlashCaseNotFound'],
  ])('%j', async (action, status, reason) => {
    const answer = await build(owner, action);
    expect([answer.status, answer.body['reason']]).toEqual([status, reason]);
  });

  test('what a signature is not', async () => {
    expect((await world.send('/v1/transactions/xyz', owner)).status).toBe(400);
    const unknown = base58Encode(new Uint8Array(64).fill(7));
    expect((await world.send(`/v1/transactions/${unknown}`, owner)).body).toEqual({
      state: 'Missing',
    });
  });
});
