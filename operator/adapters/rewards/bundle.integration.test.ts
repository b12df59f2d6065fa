import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuiltRoot } from '../../domain/settlement/roots.ts';
import type { RewardProofs } from '../../ports/reward-roots.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { addressNamed, bindWallet, rewardEpoch, walletKey } from '../../testing/reward-fixture.ts';
import { createRewardProofs } from '../postgres/reward-proofs.ts';
import { createRewardRoots } from '../postgres/reward-roots.ts';
import { type RewardManifest, writeRewardBundle } from './bundle.ts';
import { proofsOfBundle } from './proof-source.ts';

const wallets = 1_100;
const target = {
  programId: addressNamed('program'),
  distributor: addressNamed('distributor'),
  mint: addressNamed('mint'),
};
const script = join(process.cwd(), 'docs/recompute/leaves.mjs');

let database: TestDatabase;
let root: BuiltRoot;
let proofs: RewardProofs;
let folder: string;

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'rewards-')), 'bundle');
  database = await testDatabase();
  const names = Array.from({ length: wallets }, (_, at) => `io/a${at}`);
  for (const name of names) await bindWallet(database.writer, name, walletKey(name));
  const amounts = Object.fromEntries(names.map((name, at) => [name, BigInt(at + 1)]));
  await rewardEpoch(database.owner, 1, amounts);
  const built = await createRewardRoots(database.writer, target).build(1);
  if (built === undefined) throw new Error('no root was built');
  root = built;
  proofs = createRewardProofs(database.reader, target.distributor);
  await writeRewardBundle(folder, root, (epoch) => proofs.proofs(epoch));
});
afterAll(async () => {
  rmSync(join(folder, '..'), { recursive: true });
  await database.close();
});

const manifest = (): RewardManifest =>
  JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as RewardManifest;

/** What an outsider sees who runs the script on a folder. */
function checkLeaves(): Promise<Readonly<{ code: number; output: string }>> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, folder], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe('a bundle', () => {
  test('says what it is of, and has the proofs by how the public key begins', () => {
    const { root: told, prefixDigits, files } = manifest();
    expect(told).toEqual({ ...root, total: String(root.total) });
    expect(prefixDigits).toBe(1);
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['leaves.csv', 'proofs/0.json', 'proofs/f.json']),
    );
    expect(files).toHaveLength(17);
  });

  test.each(['io/a0', 'io/a777', 'io/a1099'])('has the proof of %s', async (name) => {
    const wallet = addressNamed(name);
    const proof = await proofsOfBundle(folder)(wallet, 1);
    expect(proof).toBeDefined();
    expect(proof).toEqual(await proofs.proof(wallet, 1));
  });

  test('has none of a wallet without rewards, nor of another epoch', async () => {
    const source = proofsOfBundle(folder);
    expect(await source(addressNamed('nobody'), 1)).toBeUndefined();
    await expect(source(addressNamed('io/a0'), 2)).rejects.toThrow('is of epoch 1, and claims');
  });

  test('is written again over one that was there', async () => {
    expect(await writeRewardBundle(folder, root, (epoch) => proofs.proofs(epoch))).toBe(wallets);
    expect(manifest().files).toHaveLength(17);
  });
});

describe('a web server that has it', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = createReadStream(join(folder, request.url ?? ''));
      file.on('error', () => response.writeHead(404).end());
      file.pipe(response);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test('is all that a claim needs', async () => {
    const wallet = addressNamed('io/a5');
    expect(await proofsOfBundle(url)(wallet, 1)).toEqual(await proofs.proof(wallet, 1));
    expect(await proofsOfBundle(`${url}/`)(addressNamed('nobody'), 1)).toBeUndefined();
    const elsewhere = proofsOfBundle(`${url}/elsewhere`);
    await expect(elsewhere(wallet, 1)).rejects.toThrow('has no manifest.json');
  });
});

describe('an outsider', () => {
  test('computes the root from the leaves', async () => {
    const output = `OK, ${wallets} wallets of epoch 1, root ${root.root}\n`;
    expect(await checkLeaves()).toEqual({ code: 0, output });
  });

  test.each([
    ['leaves.csv', /,7\n/, ',8\n'],
    ['proofs/0.json', /"total":"\d+"/, '"total":"1"'],
    ['proofs/f.json', /"proof":\["[0-9a-f]{4}/, '"proof":["0000'],
  ])('finds what was changed in %s', async (name, what, other) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(what, other));
    const { code, output } = await checkLeaves();
    writeFileSync(path, text);
    expect(code).toBe(1);
    expect(output).toContain(`${name}, hash`);
    expect(output).toMatch(/(root|total|proof) .*stored|root: stored/);
  });
});
