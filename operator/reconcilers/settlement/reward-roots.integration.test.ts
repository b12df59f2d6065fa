import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { RewardReplay } from '../../adapters/audit/reward-replay.ts';
import { createAuditSource } from '../../adapters/postgres/audit-reader.ts';
import { createOperationStore } from '../../adapters/postgres/chain-operations.ts';
import { createRewardProofs } from '../../adapters/postgres/reward-proofs.ts';
import { createRewardRoots } from '../../adapters/postgres/reward-roots.ts';
import { writeRewardBundle } from '../../adapters/rewards/bundle.ts';
import { createChain } from '../../adapters/solana/chain.ts';
import { createRewardDistributor } from '../../adapters/solana/reward-distributor.ts';
import { createRootCanceller } from '../../adapters/solana/root-canceller.ts';
import { transactionSigners } from '../../adapters/solana/signers.ts';
import { readConfig } from '../../config.ts';
import type { ClaimConfig } from '../../config.ts';
import { epochEnd } from '../../domain/epoch.ts';
import { fromHex } from '../../domain/settlement/hex.ts';
import {
  claimableRoot,
  type DistributorState,
  type RewardProof,
} from '../../domain/settlement/roots.ts';
import { runClaim } from '../../main/claim.ts';
import type { Chain } from '../../ports/chain.ts';
import type { ChainSender } from '../../ports/chain-sender.ts';
import type { RewardProofs, RootVerdict } from '../../ports/reward-roots.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { publishRootOperation } from '../../settlement/operations/publish-root.ts';
import { operationHandlers } from '../../settlement/operations/registry.ts';
import { associatedTokenAddress } from '../../settlement/token.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { eventually } from '../../testing/eventually.ts';
import { openHistory } from '../../testing/ledger-history.ts';
import { noSettlementMetrics } from '../../testing/no-metrics.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { proveWallet } from '../../testing/reward-fixture.ts';
import type { TestWallet } from '../../testing/wallet.ts';
import { operationSender } from './operation-sender.ts';
import { auditRoots } from './root-auditor.ts';
import { rootPublisher } from './root-publisher.ts';

const withinMs = 30_000;
const challengeDelaySeconds = 1_800;
const directory = mkdtempSync(join(tmpdir(), 'io-claim-'));

let net: TestChain;
let database: TestDatabase;
let history: ReturnType<typeof openHistory>;
let chain: Chain & ChainSender;
let paris: TestWallet;
let proofs: RewardProofs;
const stop = new AbortController();
const running: Promise<void>[] = [];
const verdicts: string[] = [];

beforeAll(async () => {
  [net, database] = await Promise.all([
    startTestChain({ slotMs: 5, genesisSeconds: testGenesisSeconds }),
    testDatabase(),
  ]);
  // The chain's time is after the epochs of the history.
  const behind = epochEnd(9, testGenesisSeconds) - (await net.nowSeconds());
  if (behind > 0) await net.warp(behind);
  chain = createChain([net.url]);
  history = openHistory(database.writer, 7);
  proofs = createRewardProofs(database.reader, net.program.addresses.distributor);
  paris = await net.wallet('paris');
  const { admin } = net.roles;
  const amount = 10n ** 14n;
  const source = await net.fund(admin.address, 'IO', amount);
  await net.send([net.program.fundRewards({ funder: admin.address, source, amount })], [admin]);
  start();
});

afterAll(async () => {
  stop.abort();
  await Promise.all(running);
  await Promise.all([net.close(), database.close()]);
});

/** A hub that publishes, and an auditor elsewhere. */
function start(): void {
  const { deployment } = net;
  const { programId, ioMint: mint } = deployment;
  const target = { programId, distributor: net.program.addresses.distributor, mint };
  const store = createOperationStore(database.writer);
  const common = { chain, clock: systemClock, logger: silentLogger };
  const sender = operationSender({
    ...common,
    store,
    deployment,
    signers: transactionSigners({ publisher: net.roles.publisher }),
    handlers: operationHandlers,
    maxMicroLamportsPerUnit: 1_000n,
    metrics: noSettlementMetrics,
    everyMs: 20,
  });
  const publisher = rootPublisher({
    ...common,
    roots: createRewardRoots(database.writer, target),
    distributor: createRewardDistributor(chain, deployment),
    operations: store,
    operationOf: (root) => publishRootOperation(deployment, root),
    genesisSeconds: async () => testGenesisSeconds,
    metrics: { rootBuilt: () => {} },
    everyMs: 50,
  });
  const replay = new RewardReplay({
    source: createAuditSource(database.reader),
    target,
    report: (difference) => void verdicts.push(`differs: ${difference.row}`),
  });
  const audit = auditRoots(
    {
      ...common,
      distributor: createRewardDistributor(chain, deployment, 'confirmed'),
      rootAt: (epoch) => replay.rootAt(epoch),
      canceller: createRootCanceller(chain, deployment, net.roles.auditor),
      metrics: {
        rootAudited: (epoch: number, verdict: RootVerdict) =>
          void verdicts.push(`${epoch} ${verdict}`),
        rootCancelled: () => {},
      },
      everyMs: 50,
    },
    stop.signal,
  );
  running.push(sender.run(stop.signal, {}), publisher.run(stop.signal, {}), audit);
}

async function state(): Promise<DistributorState> {
  const read = await createRewardDistributor(chain, net.deployment).read();
  if (read === undefined) throw new Error('there is no distributor');
  return read.state;
}

/** Lets the challenge delay pass, until finalized blocks show it. */
async function matured(epoch: number): Promise<void> {
  await net.warp(challengeDelaySeconds);
  const distributor = createRewardDistributor(chain, net.deployment);
  await eventually(
    async () => {
      const read = await distributor.read();
      expect(read && claimableRoot(read.state, read.nowSeconds)?.epoch).toBe(epoch);
    },
    { withinMs },
  );
}

/** Waits until a root is on chain. */
async function published(epoch: number): Promise<void> {
  await eventually(async () => expect((await state()).pending?.epoch).toBe(epoch), { withinMs });
}

async function proofOf(epoch: number): Promise<RewardProof> {
  const proof = await proofs.proof(paris.address, epoch);
  if (proof === undefined) throw new Error(`no proof of epoch ${epoch}`);
  return proof;
}

const tokens = (): Promise<bigint> =>
  net.tokens(associatedTokenAddress(paris.address, net.deployment.ioMint));

/** Claims from a terminal, with a bundle that a web server could serve. */
async function claim(epoch: number | undefined): Promise<void> {
  const root = await proofs.root(epoch);
  const bundle = join(directory, `bundle-${epoch}`);
  if (root !== undefined) await writeRewardBundle(bundle, root, (of) => proofs.proofs(of));
  const keyFile = join(directory, 'paris.json');
  writeFileSync(keyFile, JSON.stringify([...paris.secret]));
  chmodSync(keyFile, 0o600);
  const flags = {
    'solana-rpc-url': net.url,
    'solana-program-id': net.deployment.programId,
    'solana-io-mint': net.deployment.ioMint,
    'solana-usdc-mint': net.deployment.usdcMint,
    'wallet-key-file': keyFile,
    bundle,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  await runClaim(readConfig(['claim', ...args], {}) as ClaimConfig);
}

test('the root of an epoch is published, found right, and claimed by once it has matured', async () => {
  await history.live(1);
  await proveWallet(database.writer, 'io-paris/paris', paris);
  await history.live(2);
  await published(2);
  await eventually(() => expect(verdicts).toContain('2 Right'), { withinMs });
  await expect(claim(2)).rejects.toThrow('no root of rewards can be claimed by yet');
  await matured(2);
  await claim(2);
  const { total } = await proofOf(2);
  const { rows } = await sql<{ total: bigint }>`
    select sum(amount)::bigint as total from io.reward_members where supplier = 'io-paris/paris'
  `.execute(database.reader);
  expect(rows[0]?.total).toBe(total);
  expect(await tokens()).toBe(total);
});

test('claiming again pays nothing, whoever sends it', async () => {
  const { index, total, proof } = await proofOf(2);
  await claim(2);
  const again = net.program.claim({
    payer: paris.address,
    wallet: paris.address,
    destination: associatedTokenAddress(paris.address, net.deployment.ioMint),
    index,
    total,
    proof: proof.map(fromHex),
  });
  await expect(net.send([again], [paris])).rejects.toThrow(/custom program error|Custom/);
  expect(await tokens()).toBe(total);
});

test('the next root pays the difference', async () => {
  const before = await tokens();
  await history.live(3);
  await published(3);
  await matured(3);
  await claim(3);
  const { total } = await proofOf(3);
  expect(total).toBeGreaterThan(before);
  expect(await tokens()).toBe(total);
});

test('a wrong root is cancelled in time, and the right one is published after it', async () => {
  const { publisher } = net.roles;
  const { total } = await proofOf(3);
  const stolen = {
    publisher: publisher.address,
    epoch: 4,
    root: fromHex('ab'.repeat(32)),
    total: total + 1n,
    leafCount: 1,
    depth: 0,
  };
  await net.send([net.program.publishRoot(stolen)], [publisher]);
  // Nobody can say yet what the root of the epoch has to be.
  await eventually(() => expect(verdicts).toContain('4 Unknown'), { withinMs });
  expect(verdicts).not.toContain('4 Wrong');
  await history.live(4);
  await eventually(() => expect(verdicts.at(-1)).toBe('4 Right'), { withinMs });
  expect(verdicts).toContain('4 Wrong');
  await eventually(
    async () => {
      const { pending } = await state();
      expect(pending?.root).toBe((await proofs.root(4))?.root);
    },
    { withinMs },
  );
  expect(verdicts.filter((verdict) => verdict.startsWith('differs'))).toEqual([]);
});
