import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { RewardProof } from '../../domain/settlement/roots.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import { leafHashes } from '../../domain/settlement/merkle.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type { WalletAction, WalletTransactions } from '../../ports/wallet-transactions.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { caseAddress, stakeAddress } from '../../settlement/addresses.ts';
import { base58Decode, base58Encode } from '../../settlement/base58.ts';
import { decodeCase, decodeStake } from '../../settlement/generated/accounts.ts';
import { caseIdOf, deviceIdOf } from '../../settlement/ids.ts';
import { associatedTokenAddress } from '../../settlement/token.ts';
import { readWire } from '../../settlement/wire.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { eventually } from '../../testing/eventually.ts';
import { type TestWallet, walletNamed } from '../../testing/wallet.ts';
import { createChain } from './chain.ts';
import { createWalletTransactions } from './wallet-transactions.ts';

/** What wallets sign, on a real chain with the program. */

const io = 100_000_000n;
const day = 86_400;
const rewarded = 50n * io;
const device = { member: 'amsterdam', device: 'gpu-0' };

let net: TestChain;
let supplier: TestWallet;
let transactions: WalletTransactions;
const proofs = new Map<string, RewardProof>();

beforeAll(async () => {
  net = await startTestChain();
  supplier = await net.wallet('supplier');
  await net.fund(supplier.address, 'IO', 1_000n * io);
  await net.fund(supplier.address, 'USDC', 20_000_000n);
  transactions = createWalletTransactions({
    chain: createChain([net.url]),
    program: net.program,
    proofs: async (wallet) => proofs.get(wallet),
  });
}, 120_000);

afterAll(() => net?.close());

/** As a browser's wallet does: it signs what it was given, and gives it back. */
async function signed(wallet: TestWallet, action: WalletAction) {
  const { transaction, message, summary } = await transactions.build(wallet.address, action);
  expect(readWire(transaction)?.message).toEqual(message);
  const signature = await wallet.sign(message);
  const bytes = Buffer.concat([Buffer.of(1), signature, message]);
  return { bytes, summary, signature: base58Encode(signature) };
}

async function done(wallet: TestWallet, action: WalletAction): Promise<readonly string[]> {
  const { bytes, signature, summary } = await signed(wallet, action);
  expect(await transactions.seen(signature)).toEqual({ kind: 'Missing' });
  await transactions.send(bytes);
  await eventually(async () => {
    expect(await transactions.seen(signature)).toEqual({ kind: 'Finalized' });
  });
  return summary;
}

const refusal = (wallet: TestWallet, action: WalletAction) =>
  transactions.build(wallet.address, action);

const stakeOf = (owner: string): string =>
  stakeAddress(net.deployment.programId, owner, deviceIdOf(device.member, device.device));

async function accountAt(address: string) {
  const [account] = await createChain([net.url]).accounts([address]);
  return account;
}

test('a wallet stakes, and once more', async () => {
  const summary = await done(supplier, { type: 'stake', ...device, amount: 200n * io });
  expect(summary[0]).toBe('Stake 200.00 IO behind the device gpu-0 of amsterdam.');
  expect(summary.at(-1)).toMatch(/^The network takes about 0\.0\d+ SOL from /);
  await done(supplier, { type: 'stake', ...device, amount: 50n * io });
  const account = await accountAt(stakeOf(supplier.address));
  expect(decodeStake(account!.data).amount).toBe(250n * io);
});

test('an appeal puts the hash of the statement on the chain, once', async () => {
  const caseId = caseIdOf('io-member-amsterdam/one', 'uid');
  const of = {
    ...{ owner: supplier.address, deviceId: deviceIdOf(device.member, device.device), caseId },
  };
  const { slasher } = net.roles;
  const evidenceHash = Uint8Array.from(createHash('sha256').update('seen').digest());
  const opening = net.program.openCase({
    ...{ ...of, slasher: slasher.address, evidenceHash, amount: 10n * io },
  });
  await net.send([opening], [slasher]);
  const address = caseAddress(net.deployment.programId, stakeOf(supplier.address), caseId);
  const statement = 'It was <b>not</b> me. “Ich war’s nicht.”';
  const appeal = { type: 'appeal', caseAddress: address, statement } as const;
  const stranger = await net.wallet('stranger');
  await expect(refusal(stranger, appeal)).rejects.toMatchObject({ fault: 'NotTheOwner' });
  const summary = await done(supplier, appeal);
  const hash = createHash('sha256').update(statement).digest('hex');
  expect(summary.join(' ')).toContain(hash);
  const account = await accountAt(address);
  expect(toHex(decodeCase(account!.data).appealHash)).toBe(hash);
  await expect(refusal(supplier, appeal)).rejects.toMatchObject({ fault: 'NotOpen' });
});

test('a stake is asked back, waits for its cooldown, and is withdrawn', async () => {
  const withdraw = { type: 'withdrawStake', ...device } as const;
  await expect(refusal(supplier, withdraw)).rejects.toMatchObject({ fault: 'NotUnstaking' });
  await done(supplier, { type: 'unstake', ...device });
  await expect(refusal(supplier, { type: 'unstake', ...device })).rejects.toMatchObject({
    fault: 'AlreadyUnstaking',
  });
  await expect(refusal(supplier, withdraw)).rejects.toMatchObject({ fault: 'InCooldown' });
  await net.warp(15 * day);
  const tokens = associatedTokenAddress(supplier.address, net.deployment.ioMint);
  const before = await net.tokens(tokens);
  await eventually(() => done(supplier, withdraw));
  expect((await net.tokens(tokens)) - before).toBe(240n * io);
});

/** A root of one wallet, as the hub would publish it. */
async function publishRoot(wallet: string): Promise<void> {
  const { programId, ioMint } = net.deployment;
  const domain = {
    programId: base58Decode(programId),
    distributor: base58Decode(net.program.addresses.distributor),
    mint: base58Decode(ioMint),
  };
  const own = { wallets: base58Decode(wallet), totals: BigUint64Array.of(rewarded) };
  const root = leafHashes(domain, own, sha256Bytes, 0);
  const { publisher, admin } = net.roles;
  const source = await net.fund(admin.address, 'IO', rewarded);
  const args = { epoch: 1, root, total: rewarded, leafCount: 1, depth: 0 };
  await net.send(
    [net.program.fundRewards({ funder: admin.address, source, amount: rewarded })],
    [admin],
  );
  await net.send([net.program.publishRoot({ ...args, publisher: publisher.address })], [publisher]);
  proofs.set(wallet, { wallet, epoch: 1, index: 0, total: rewarded, proof: [] });
}

test('a wallet claims once its root has matured, and only by a proof that leads to it', async () => {
  const claim = { type: 'claim' } as const;
  await expect(refusal(supplier, claim)).rejects.toMatchObject({ fault: 'NothingToClaim' });
  await publishRoot(supplier.address);
  await expect(refusal(supplier, claim)).rejects.toThrow('the first one will be at 2');
  await net.warp(7_200);
  const proof = proofs.get(supplier.address)!;
  await eventually(async () => {
    proofs.set(supplier.address, { ...proof, total: 2n * rewarded });
    await expect(refusal(supplier, claim)).rejects.toThrow('does not lead to the root');
  });
  proofs.set(supplier.address, proof);
  const tokens = associatedTokenAddress(supplier.address, net.deployment.ioMint);
  const before = await net.tokens(tokens);
  expect((await done(supplier, claim))[0]).toContain('Claim 50.00 IO');
  expect((await net.tokens(tokens)) - before).toBe(rewarded);
  await expect(refusal(supplier, claim)).rejects.toMatchObject({ fault: 'NothingToClaim' });
  const stranger = await net.wallet('stranger');
  await expect(refusal(stranger, claim)).rejects.toMatchObject({ fault: 'NothingToClaim' });
});

test('a wallet pays in for an account', async () => {
  const { USDC } = net.program.addresses.custodyVault;
  const before = await net.tokens(USDC);
  const deposit = { type: 'deposit', account: 'team/main', asset: 'USDC' } as const;
  await done(supplier, { ...deposit, amount: 12_500_000n });
  expect((await net.tokens(USDC)) - before).toBe(12_500_000n);
  await expect(refusal(supplier, { ...deposit, amount: 12_500_000n })).rejects.toThrow(
    'the wallet has 7.50 of 12.50 USDC',
  );
});

describe('is refused with a reason', () => {
  test('what a wallet without SOL wants', async () => {
    const poor = walletNamed('without anything');
    await expect(refusal(poor, { type: 'claim' })).rejects.toMatchObject({ fault: 'NoSol' });
  });

  test.each<[string, WalletAction]>([
    ['NoStake', { type: 'unstake', member: 'amsterdam', device: "gpu'; --" }],
    ['NoCase', { type: 'appeal', caseAddress: walletNamed('x').address, statement: 'x' }],
    ['InsufficientFunds', { type: 'stake', ...device, amount: 2n ** 62n }],
  ])('%s', async (fault, action) => {
    await expect(refusal(supplier, action)).rejects.toMatchObject({ fault });
  });

  test('anything while no node answers', async () => {
    const away = createWalletTransactions({
      ...{ chain: createChain(['http://127.0.0.1:1']), program: net.program },
      proofs: async () => undefined,
    });
    await expect(away.build(supplier.address, { type: 'claim' })).rejects.toThrow(
      ChainUnavailableError,
    );
  });
});
