import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRewardRoots } from '../adapters/postgres/reward-roots.ts';
import type { RewardManifest } from '../adapters/rewards/bundle.ts';
import { type AuditorConfig, readConfig, type RewardsBundleConfig } from '../config.ts';
import { epochEnd } from '../domain/epoch.ts';
import { fromHex } from '../domain/settlement/hex.ts';
import { decodeDistributor } from '../settlement/generated/accounts.ts';
import { createChain } from '../adapters/solana/chain.ts';
import { startTestChain, type TestChain } from '../testing/chain.ts';
import { eventually } from '../testing/eventually.ts';
import { openHistory } from '../testing/ledger-history.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../testing/postgres.ts';
import { proveWallet } from '../testing/reward-fixture.ts';
import { walletNamed } from '../testing/wallet.ts';
import { runAuditor } from './auditor.ts';
import { runRewardsBundle } from './rewards-bundle.ts';

const directory = mkdtempSync(join(tmpdir(), 'io-auditor-'));
let net: TestChain;
let database: TestDatabase;

beforeAll(async () => {
  [net, database] = await Promise.all([
    startTestChain({ slotMs: 5, genesisSeconds: testGenesisSeconds }),
    testDatabase(),
  ]);
  const behind = epochEnd(9, testGenesisSeconds) - (await net.nowSeconds());
  if (behind > 0) await net.warp(behind);
  await proveWallet(database.writer, 'io-paris/paris', walletNamed('paris'));
  await openHistory(database.writer, 5).live(1);
});
afterAll(async () => {
  await Promise.all([net.close(), database.close()]);
  rmSync(directory, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}

const args = (command: string, flags: Readonly<Record<string, string>>): string[] => [
  command,
  ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
];

test('the auditor, as a reader with a key of its own, cancels a wrong root and says so', async () => {
  const { publisher, auditor } = net.roles;
  const root = { epoch: 1, root: fromHex('ab'.repeat(32)), total: 1n, leafCount: 1, depth: 0 };
  const publish = net.program.publishRoot({ publisher: publisher.address, ...root });
  await net.send([publish], [publisher]);
  const port = await freePort();
  const flags = {
    'log-level': 'error',
    'metrics-address': `127.0.0.1:${port}`,
    'database-url-file': file('reader.url', database.readerUrl),
    'solana-rpc-url': net.url,
    'solana-program-id': net.deployment.programId,
    'solana-io-mint': net.deployment.ioMint,
    'solana-usdc-mint': net.deployment.usdcMint,
    'solana-auditor-key-file': file('auditor.json', JSON.stringify([...auditor.secret])),
  };
  const stop = new AbortController();
  const running = runAuditor(readConfig(args('auditor', flags), {}) as AuditorConfig, stop.signal);
  const chain = createChain([net.url]);
  await eventually(
    async () => {
      const [account] = await chain.accounts([net.program.addresses.distributor]);
      expect(account && decodeDistributor(account.data).pendingEpoch).toBe(0);
    },
    { withinMs: 30_000 },
  );
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toMatch(/^io_audited_roots_cancelled_total\{component="auditor"\} 1$/m);
  stop.abort();
  await running;
});

test('an auditor without a key is refused', async () => {
  const flags = { 'solana-rpc-url': net.url, 'solana-program-id': net.deployment.programId };
  const mints = {
    'solana-io-mint': net.deployment.ioMint,
    'solana-usdc-mint': net.deployment.usdcMint,
  };
  const config = readConfig(args('auditor', { ...flags, ...mints }), {}) as AuditorConfig;
  await expect(runAuditor(config, new AbortController().signal)).rejects.toThrow(
    'the key of the auditor are needed',
  );
});

test('a bundle of the newest root is written', async () => {
  const { programId, ioMint: mint } = net.deployment;
  const { distributor } = net.program.addresses;
  const out = join(directory, 'bundle');
  const flags = {
    'database-url-file': file('reader.url', database.readerUrl),
    'solana-program-id': programId,
    'solana-io-mint': mint,
    out,
  };
  const config = readConfig(args('rewards-bundle', flags), {}) as RewardsBundleConfig;
  await expect(runRewardsBundle(config)).rejects.toThrow('no root was built for any epoch');
  const built = await createRewardRoots(database.writer, { programId, distributor, mint }).build(1);
  await runRewardsBundle(config);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as RewardManifest;
  expect(manifest.root).toEqual({ ...built, total: String(built?.total) });
});
