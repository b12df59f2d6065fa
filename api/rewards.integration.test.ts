import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRewardProofs } from '../operator/adapters/postgres/reward-proofs.ts';
import { createRewardRoots } from '../operator/adapters/postgres/reward-roots.ts';
import { proofsOfApi } from '../operator/adapters/rewards/proof-source.ts';
import type { BuiltRoot } from '../operator/domain/settlement/roots.ts';
import type { UsageIntake } from '../operator/ports/usage-intake.ts';
import { type TestDatabase, testDatabase } from '../operator/testing/postgres.ts';
import {
  addressNamed,
  bindWallet,
  rewardEpoch,
  walletKey,
} from '../operator/testing/reward-fixture.ts';
import { type Answer, IntakeServer } from './testing/intake-server.ts';

const distributor = addressNamed('distributor');
const target = { programId: addressNamed('program'), distributor, mint: addressNamed('mint') };
const notUsed = () => Promise.reject(new Error('the routes about rewards take no usage'));
const intake: UsageIntake = { report: notUsed, heartbeat: notUsed };
const alice = addressNamed('alice');

let database: TestDatabase;
let server: IntakeServer;
let roots: readonly (BuiltRoot | undefined)[];

beforeAll(async () => {
  database = await testDatabase();
  await bindWallet(database.writer, 'io-a/a', walletKey('alice'));
  await bindWallet(database.writer, 'io-b/b', walletKey('bob'));
  const build = () => createRewardRoots(database.writer, target).build(1);
  await rewardEpoch(database.owner, 1, { 'io-a/a': 9_007_199_254_740_993n, 'io-b/b': 2n });
  const first = await build();
  await rewardEpoch(database.owner, 2, { 'io-a/a': 1n });
  roots = [undefined, first, await build()];
  const rewards = createRewardProofs(database.reader, distributor);
  server = await IntakeServer.start(intake, { rewards });
});
afterAll(async () => {
  server.server.server.closeAllConnections();
  await server.server.close();
  await database.close();
});

const get = (path: string, headers = {}): Promise<Answer> =>
  server.send({ path: `/v1/rewards${path}`, method: 'GET', client: null, headers });

describe('a root', () => {
  test.each([
    ['of an epoch', '/epochs/1/root', 1, 'public, max-age=31536000, immutable'],
    ['that is the newest', '/epochs/latest/root', 2, 'public, max-age=30'],
  ])('%s is told to anybody', async (_, path, epoch, caching) => {
    const { status, body, headers } = await get(path);
    expect(status).toBe(200);
    const root = roots[epoch];
    expect(body).toEqual({ ...root, total: String(root?.total) });
    expect(headers).toMatchObject({ 'cache-control': caching, etag: `"${epoch}-${root?.root}"` });
  });

  test('is not sent twice to who has it', async () => {
    const { headers } = await get('/epochs/1/root');
    const etag = String(headers['etag']);
    const again = await get('/epochs/1/root', { 'if-none-match': `"x", ${etag}` });
    expect(again).toMatchObject({ status: 304, body: {} });
    expect(await get('/epochs/2/root', { 'if-none-match': etag })).toMatchObject({ status: 200 });
  });
});

describe('a proof', () => {
  test.each([
    ['of an epoch', '?epoch=1', 1, '9007199254740993'],
    ['of the newest root', '', 2, '9007199254740994'],
  ])('%s has all that a claim needs', async (_, query, epoch, total) => {
    const { status, body } = await get(`/proofs/${alice}${query}`);
    expect(status).toBe(200);
    const proof = [expect.stringMatching(/^[0-9a-f]{64}$/)];
    const root = { ...roots[epoch], total: String(roots[epoch]?.total) };
    expect(body).toMatchObject({ wallet: alice, epoch, total, proof, root });
  });
});

test('a claim gets its proof from it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'api-ca-'));
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, server.authority.certificatePem);
  const source = proofsOfApi(`https://127.0.0.1:${server.port}`, ca);
  const proof = await source(alice, 1);
  expect(proof).toEqual(await createRewardProofs(database.reader, distributor).proof(alice, 1));
  expect(proof?.total).toBe(9_007_199_254_740_993n);
  expect(await source(addressNamed('carol'), 1)).toBeUndefined();
  rmSync(directory, { recursive: true });
});

test.each([
  ['an epoch without a root', '/epochs/3/root', 404, 'RootNotFound'],
  ['an epoch that is none', '/epochs/0/root', 400, 'ValidationFailed'],
  ['a word', '/epochs/first/root', 400, 'ValidationFailed'],
  ['a wallet that is none', '/proofs/0x12', 400, 'ValidationFailed'],
  ['a wallet without rewards', `/proofs/${addressNamed('carol')}`, 404, 'WalletNotFound'],
  ['an epoch that is none, of a wallet', `/proofs/${alice}?epoch=x`, 400, 'ValidationFailed'],
  ['two epochs', `/proofs/${alice}?epoch=1&epoch=2`, 400, 'ValidationFailed'],
])('%s is refused with a problem', async (_, path, status, reason) => {
  const answer = await get(path);
  expect(answer).toMatchObject({ status, body: { status, reason } });
  expect(answer.headers['content-type']).toBe('application/problem+json');
});
