import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey, sign } from 'node:crypto';
import { ioAccountResource } from '../crds/schema/index.ts';
import { KubeApi } from '../hack/federation/kube-api.ts';
import { createAccountDesk } from '../operator/adapters/kubernetes/account-desk.ts';
import { createDeposits } from '../operator/adapters/postgres/deposits.ts';
import { createPayouts } from '../operator/adapters/postgres/payouts.ts';
import { createWallets } from '../operator/adapters/postgres/wallets.ts';
import type { UsageIntake } from '../operator/ports/usage-intake.ts';
import type { AccountDesk } from '../operator/ports/account-desk.ts';
import { ApiClient } from '../operator/runtime/api-client.ts';
import { base58Encode } from '../operator/settlement/base58.ts';
import { eventually } from '../operator/testing/eventually.ts';
import { testCluster } from '../operator/testing/api-server/test-cluster.ts';
import {
  type TestDatabase,
  testDatabase,
  testGenesisSeconds,
} from '../operator/testing/postgres.ts';
import type { AccountPorts } from './ports.ts';
import { type Answer, IntakeServer } from './testing/intake-server.ts';

const domain = 'api.example.com';
const notUsed = () => Promise.reject(new Error('the routes about accounts take no usage'));
const intake: UsageIntake = { report: notUsed, heartbeat: notUsed };

/** A wallet whose key is made from one byte. */
function walletOf(byte: number) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([prefix, Buffer.alloc(32, byte)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = key.export({ format: 'jwk' });
  return {
    address: base58Encode(Buffer.from(x, 'base64url')),
    sign: (text: string) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

const wallet = walletOf(1);
const cluster = testCluster();
let admin: KubeApi;
let client: ApiClient;
let database: TestDatabase;
let server: IntakeServer;
let namespace: string;
let owner: string;
let nowMs = 0;

beforeAll(async () => {
  admin = new KubeApi(cluster.adminKubeconfigPath);
  client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  database = await testDatabase();
  server = await IntakeServer.start(intake, { accounts: accountPorts() });
});

const accountPorts = (): AccountPorts => ({
  desk: createAccountDesk(client),
  wallets: createWallets(database.writer),
  payouts: createPayouts(database.writer),
  clock: { now: () => nowMs },
  signIn: { domain, chainId: 'localnet', nonceKey: Buffer.alloc(32, 7) },
});

afterAll(async () => {
  await server.server.close();
  await Promise.all([admin.close(), database.close()]);
});

beforeEach(async () => {
  nowMs = testGenesisSeconds * 1000;
  namespace = await cluster.uniqueNamespace('wallets');
  owner = await tokenOf('owner', ['get', 'update']);
  await account('renter', wallet.address);
});

/** The token of a service account that may do these things with the IOAccounts of its namespace. */
async function tokenOf(name: string, verbs: readonly string[]): Promise<string> {
  const rbac = 'rbac.authorization.k8s.io';
  await admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  await admin.apply({
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: ['compute.io.net'], resources: ['ioaccounts'], verbs }],
  });
  await admin.apply({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { body } = await admin.send('POST', path, request);
  return (body as { status: { token: string } }).status.token;
}

async function account(name: string, address?: string): Promise<void> {
  const spec = { kind: 'Renter', ...(address === undefined ? {} : { wallet: address }) };
  await client.create(ioAccountResource, { metadata: { name, namespace }, spec });
}

function post(what: string, body: unknown, token = owner, name = 'renter'): Promise<Answer> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  const path = `/v1/accounts/${namespace}/${name}/wallet/${what}`;
  return server.send({ path, client: null, headers, body });
}

async function challenge(): Promise<string> {
  const { status, body } = await post('challenge', {});
  expect(status).toBe(200);
  return String(body['message']);
}

const proved = () => createWallets(database.reader).proved([`${namespace}/renter`]);

test('who may update the account and has the wallet binds both, once', async () => {
  const other = walletOf(namespace.charCodeAt(namespace.length - 1));
  await account('fresh', other.address);
  const { body } = await post('challenge', {}, owner, 'fresh');
  const message = String(body['message']);
  expect(message).toMatch(/^api\.example\.com wants you to sign in with your Solana account:\n/);
  const proof = { message, signature: other.sign(message) };
  for (let time = 1; time <= 2; time += 1) {
    const answer = await post('proof', proof, owner, 'fresh');
    expect(answer).toMatchObject({ status: 200, body: { wallet: other.address } });
  }
  const key = `${namespace}/fresh`;
  expect(await createWallets(database.reader).proved([key])).toEqual(
    new Map([[key, other.address]]),
  );
});

test('a wallet belongs to one account', async () => {
  const mine = walletOf(200);
  await account('first', mine.address);
  await account('second', mine.address);
  const statuses: number[] = [];
  for (const name of ['first', 'second']) {
    const { body } = await post('challenge', {}, owner, name);
    const message = String(body['message']);
    const answer = await post('proof', { message, signature: mine.sign(message) }, owner, name);
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([200, 409]);
});

describe('is refused, and nothing is bound', () => {
  const problem = (status: number, reason: string) => ({ status, body: { reason } });

  test('without a token, with a wrong one, and without the right to update', async () => {
    expect(await post('challenge', {}, '')).toMatchObject(problem(401, 'Unauthenticated'));
    expect(await post('challenge', {}, 'nonsense')).toMatchObject(problem(401, 'Unauthenticated'));
    const reader = await tokenOf('reader', ['get']);
    expect(await post('challenge', {}, reader)).toMatchObject(problem(403, 'Forbidden'));
    const message = await challenge();
    const proof = { message, signature: wallet.sign(message) };
    expect(await post('proof', proof, reader)).toMatchObject(problem(403, 'Forbidden'));
  });

  test('for an account that does not exist, or has no wallet', async () => {
    await account('poor');
    expect(await post('challenge', {}, owner, 'poor')).toMatchObject(problem(409, 'WalletMissing'));
    expect(await post('challenge', {}, owner, 'none')).toMatchObject(
      problem(404, 'AccountNotFound'),
    );
    expect(await post('challenge', {}, owner, 'A_B')).toMatchObject(
      problem(404, 'AccountNotFound'),
    );
  });

  test('what another wallet signed', async () => {
    const message = await challenge();
    const answer = await post('proof', { message, signature: walletOf(2).sign(message) });
    expect(answer).toMatchObject(problem(422, 'WrongSignature'));
  });

  test('a text that was not asked for here, though the wallet signed it', async () => {
    const message = (await challenge()).replace(
      /Nonce: \w+/,
      'Nonce: 00000000000000000000000000000000',
    );
    const answer = await post('proof', { message, signature: wallet.sign(message) });
    expect(answer).toMatchObject(problem(422, 'UnknownChallenge'));
  });

  test('a text for another site', async () => {
    const message = (await challenge()).replace(domain, 'evil.example.com');
    const answer = await post('proof', { message, signature: wallet.sign(message) });
    expect(answer).toMatchObject(problem(422, 'WrongDomain'));
  });

  test('an answer that comes too late', async () => {
    const message = await challenge();
    nowMs += 300_000;
    const answer = await post('proof', { message, signature: wallet.sign(message) });
    expect(answer).toMatchObject(problem(422, 'Expired'));
  });

  test('something else than a challenge and a signature', async () => {
    const signature = wallet.sign('pay everything to Mallory');
    const answer = await post('proof', { message: 'pay everything to Mallory', signature });
    expect(answer).toMatchObject(problem(422, 'NotASignIn'));
    expect(await post('proof', { message: 7 })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'message' }, { field: 'signature' }] },
    });
  });

  test('more at once than the hub can be asked about', async () => {
    const answering = Promise.withResolvers<'Denied'>();
    let asked = 0;
    const desk: AccountDesk = {
      permission: () => {
        asked += 1;
        return answering.promise;
      },
      wallet: () => Promise.resolve(undefined),
    };
    const busy = await IntakeServer.start(intake, { accounts: { ...accountPorts(), desk } });
    const headers = { authorization: 'Bearer anything' };
    const path = `/v1/accounts/${namespace}/renter/wallet/challenge`;
    const send = () => busy.send({ path, client: null, headers, body: {} });
    const waiting = Array.from({ length: 64 }, send);
    await eventually(() => expect(asked).toBe(64));
    expect(await send()).toMatchObject(problem(503, 'Overloaded'));
    answering.resolve('Denied');
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatchObject(problem(403, 'Forbidden'));
    }
    await busy.server.close();
  });

  test('nothing of it was bound', async () => {
    expect(await proved()).toEqual(new Map());
  });
});

describe('withdrawals', () => {
  const problem = (status: number, reason: string) => ({ status, body: { reason } });
  const body = { asset: 'USDC', amount: '2.50' };

  function send(method: 'GET' | 'POST', key?: string, sent: unknown = body, token = owner) {
    return server.send({
      path: `/v1/accounts/${namespace}/renter/withdrawals`,
      method,
      client: null,
      headers: {
        authorization: `Bearer ${token}`,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: method === 'GET' ? undefined : sent,
    });
  }

  async function fund(): Promise<void> {
    const key = `${namespace}/renter`;
    const mine = walletOf(150);
    const proof = { account: key, wallet: mine.address, message: 'test' };
    const signature = Buffer.alloc(64).toString('base64');
    await createWallets(database.writer).record({ ...proof, signature }, testGenesisSeconds);
    const deposit = { reference: key, owner: key, asset: 'USDC', amount: 3_000_000n } as const;
    const deposits = createDeposits(database.writer);
    await deposits.deposit({ ...deposit, source: 'test' }, testGenesisSeconds);
  }

  test('are taken once for each key, and listed', async () => {
    await fund();
    const accepted = { status: 202, body: { amount: '2.50', available: '0.50' } };
    expect(await send('POST', 'first')).toMatchObject(accepted);
    expect(await send('POST', 'first')).toMatchObject(accepted);
    const reader = await tokenOf('reader', ['get']);
    expect(await send('GET', undefined, undefined, reader)).toMatchObject({
      status: 200,
      body: { items: [{ reference: 'first', amount: '2.50', state: 'Waiting' }] },
    });
    const other = { ...body, amount: '0.10' };
    expect(await send('POST', 'first', other)).toMatchObject(problem(409, 'KeyReused'));
    expect(await send('POST', 'next', body)).toMatchObject(problem(409, 'InsufficientFunds'));
    expect(await send('POST', 'next', body, reader)).toMatchObject(problem(403, 'Forbidden'));
  });

  test('need a key, a wallet and an amount', async () => {
    expect(await send('POST')).toMatchObject(problem(400, 'IdempotencyKeyMissing'));
    expect(await send('POST', 'k')).toMatchObject(problem(409, 'WalletNotProved'));
    const nothing = { ...body, amount: '0' };
    expect(await send('POST', 'k', nothing)).toMatchObject(problem(400, 'ValidationFailed'));
    const finer = { ...body, amount: '0.0000001' };
    expect(await send('POST', 'k', finer)).toMatchObject(problem(400, 'ValidationFailed'));
  });
});
