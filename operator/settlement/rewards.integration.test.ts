import { beforeEach, describe, expect, test } from '@jest/globals';
import { stakeWorld } from '../testing/solana-program.ts';
import { claimStatusAddress } from './addresses.ts';
import { emissionCap } from './generated/constants.ts';
import type { ClaimArgs } from './generated/instructions.ts';
import { type Entry, leafOf, proofOf, rootOf, treeOf } from './testing/tree.ts';
import { addressNamed, hash32, testGenesis, type World } from './testing/world.ts';

const { publisher, auditor, admin, emissionPerEpoch, challengeDelaySeconds } = testGenesis;
const hour = 3_600;
const names = ['alice', 'bob', 'carol', 'dave', 'eve'];

let world: World;
let entries: readonly Entry[];

beforeEach(async () => {
  world = await stakeWorld();
  entries = names.map((name, index) => ({
    wallet: world.wallet(name),
    total: BigInt(index + 1) * 1_000n,
  }));
  const funder = world.wallet('funder');
  const source = world.tokens(funder, 'IO', 1_000_000n);
  world.do(world.stake.fundRewards({ funder, source, amount: 1_000_000n }));
  world.warp(10 * hour);
});

const publish = (epoch: number, of: readonly Entry[] = entries) =>
  world.stake.publishRoot({ ...rootOf(world, epoch, of), publisher });
const publishRaw = (args: Partial<Parameters<typeof world.stake.publishRoot>[0]>) =>
  world.stake.publishRoot({
    publisher,
    epoch: 1,
    root: hash32('root'),
    total: 1n,
    leafCount: 1,
    depth: 0,
    ...args,
  });

function claim(index: number, of = entries, changes: Partial<ClaimArgs> = {}) {
  const entry = of[index] as Entry;
  return world.stake.claim({
    payer: world.wallet('payer'),
    wallet: entry.wallet,
    destination: world.tokens(entry.wallet),
    index,
    total: entry.total,
    proof: proofOf(rootOf(world, 1, of).tree, index),
    ...changes,
  });
}

function matured(epoch: number, of: readonly Entry[] = entries): void {
  world.do(publish(epoch, of));
  world.warp(challengeDelaySeconds);
}

describe('publish_root', () => {
  test('a root is pending until the challenge delay is over', () => {
    const { root, total } = rootOf(world, 1, entries);
    expect(world.do(publish(1)).events).toEqual([
      {
        kind: 'RootPublished',
        epoch: 1,
        root,
        total,
        leafCount: 5,
        depth: 3,
        publishedTs: world.now,
      },
    ]);
    expect(world.distributor()).toMatchObject({ activeEpoch: 0, pendingEpoch: 1 });
    world.warp(challengeDelaySeconds - 1);
    expect(world.send(claim(0)).error).toBe('NoRoot');
    expect(world.send(publish(2)).error).toBe('RootImmature');
    world.warp(1);
    world.do(publish(2));
    expect(world.distributor()).toMatchObject({
      activeEpoch: 1,
      activeRoot: root,
      pendingEpoch: 2,
    });
  });

  test.each<[string, Partial<Parameters<typeof world.stake.publishRoot>[0]>, string]>([
    ['of an epoch that is not over', { epoch: 11 }, 'EpochNotOver'],
    ['of an epoch far away', { epoch: 2 ** 32 - 1 }, 'EpochNotOver'],
    ['of no epoch', { epoch: 0 }, 'EpochNotAfter'],
    ['that is zero', { root: new Uint8Array(32) }, 'HashZero'],
    ['without leaves', { leafCount: 0 }, 'BadDepth'],
    ['that is too deep', { leafCount: 4, depth: 3 }, 'BadDepth'],
    ['that is too flat', { leafCount: 5, depth: 2 }, 'BadDepth'],
    ['of a depth beyond all', { leafCount: 1, depth: 255 }, 'BadDepth'],
    ['that grows too fast', { total: emissionPerEpoch + 1n }, 'TotalExceedsEmission'],
    [
      'that grows too fast over several epochs',
      { epoch: 3, total: 3n * emissionPerEpoch + 1n },
      'TotalExceedsEmission',
    ],
    ['of all that fits into 64 bits', { total: 2n ** 64n - 1n }, 'TotalExceedsEmission'],
    ['by somebody else', { publisher: admin }, 'WrongAuthority'],
  ])('a root %s is refused', (_, args, error) => {
    expect(world.send(publishRaw(args)).error).toBe(error);
    expect(world.distributor().pendingEpoch).toBe(0);
  });

  test.each<[string, Partial<Parameters<typeof world.stake.publishRoot>[0]>]>([
    ['of all that an epoch may emit', { total: emissionPerEpoch }],
    ['of all that three epochs may emit', { epoch: 3, total: 3n * emissionPerEpoch }],
    ['of 2^32 - 1 leaves', { leafCount: 2 ** 32 - 1, depth: 32 }],
    ['of 600,000 leaves', { leafCount: 600_000, depth: 20 }],
  ])('a root %s is taken', (_, args) => {
    expect(world.do(publishRaw(args)).events).toMatchObject([{ kind: 'RootPublished' }]);
  });

  test('after another one: a later epoch, and no smaller total', () => {
    matured(2);
    const { total } = rootOf(world, 2, entries);
    expect(world.send(publishRaw({ epoch: 2, total })).error).toBe('EpochNotAfter');
    expect(world.send(publishRaw({ epoch: 1, total })).error).toBe('EpochNotAfter');
    expect(world.send(publishRaw({ epoch: 3, total: total - 1n })).error).toBe('TotalFalls');
    world.do(publishRaw({ epoch: 3, total }));
  });

  test('never promises more than there will ever be', async () => {
    world = await stakeWorld({ emissionPerEpoch: 2n ** 63n });
    world.warp(hour);
    expect(world.send(publishRaw({ total: emissionCap + 1n })).error).toBe('TotalExceedsEmission');
    world.do(publishRaw({ total: emissionCap }));
  });
});

describe('cancel_root', () => {
  test.each([
    ['the auditor', auditor],
    ['the admin', admin],
  ])('%s takes a pending root back, and the epoch can be published anew', (_, canceller) => {
    world.do(publish(1));
    const { root } = rootOf(world, 1, entries);
    expect(world.do(world.stake.cancelRoot(canceller)).events).toEqual([
      { kind: 'RootCancelled', epoch: 1, root, canceller },
    ]);
    world.warp(challengeDelaySeconds);
    expect(world.send(claim(0)).error).toBe('NoRoot');
    world.do(publish(1));
  });

  test('is refused to others, for a mature root, and for none', () => {
    expect(world.send(world.stake.cancelRoot(auditor)).error).toBe('NoRoot');
    world.do(publish(1));
    expect(world.send(world.stake.cancelRoot(publisher)).error).toBe('WrongAuthority');
    world.warp(challengeDelaySeconds);
    expect(world.send(world.stake.cancelRoot(auditor)).error).toBe('RootMature');
    world.do(claim(0));
    expect(world.send(world.stake.cancelRoot(auditor)).error).toBe('NoRoot');
  });
});

describe('claim', () => {
  test.each(names.map((name, index) => [name, index] as const))('%s gets the total', (_, index) => {
    matured(1);
    const entry = entries[index] as Entry;
    const destination = world.tokens(entry.wallet);
    expect(world.do(claim(index)).events).toEqual([
      {
        kind: 'Claimed',
        wallet: entry.wallet,
        destination,
        epoch: 1,
        amount: entry.total,
        claimed: entry.total,
      },
    ]);
    expect(world.balance(destination)).toBe(entry.total);
    expect(world.distributor().claimedTotal).toBe(entry.total);
  });

  test('again pays nothing; from a later root, what was added', () => {
    matured(1);
    world.do(claim(1));
    expect(world.send(claim(1)).error).toBe('NothingToClaim');
    expect(world.send(claim(0), claim(0)).error).toBe('NothingToClaim');
    const later = entries.map((entry) => ({ ...entry, total: entry.total + 50n }));
    matured(2, later);
    expect(world.do(claim(1, later)).events).toMatchObject([{ amount: 50n, claimed: 2_050n }]);
    expect(world.do(claim(0, later)).events).toMatchObject([{ amount: 1_050n }]);
  });

  test('a stale root is no root', () => {
    matured(1);
    const stale = claim(1);
    const later = entries.map((entry) => ({ ...entry, total: entry.total + 50n }));
    matured(2, later);
    expect(world.send(stale).error).toBe('BadProof');
  });

  test('a pending root is no root', () => {
    matured(1);
    const later = entries.map((entry) => ({ ...entry, total: entry.total + 50n }));
    world.do(publish(2, later));
    expect(world.send(claim(1, later)).error).toBe('BadProof');
    world.do(claim(1));
  });

  test.each<[string, (index: number) => Partial<ClaimArgs>]>([
    ['with a larger total', () => ({ total: 2_001n })],
    ['with a smaller total', () => ({ total: 1_999n })],
    ['with the largest total', () => ({ total: 2n ** 64n - 1n })],
    ["at a neighbour's place", () => ({ index: 0 })],
    ['at a place beyond the tree', (index) => ({ index: index + 8 })],
    ['at the largest place', () => ({ index: 2 ** 32 - 1 })],
    ['with one hash changed', () => ({ proof: changed(proof(1)) })],
    ['without the last hash', () => ({ proof: proof(1).slice(0, -1) })],
    ['with one hash more', () => ({ proof: [...proof(1), hash32('more')] })],
    ['without hashes', () => ({ proof: [] })],
    ['with hashes in another order', () => ({ proof: proof(1).toReversed() })],
  ])('%s is refused', (_, changes) => {
    matured(1);
    expect(world.send(claim(1, entries, changes(1))).error).toBe('BadProof');
    expect(world.distributor().claimedTotal).toBe(0n);
  });

  test("for another's wallet is refused: its owner has to sign, and the leaf names it", () => {
    matured(1);
    const mallory = world.wallet('mallory');
    const own = { wallet: mallory, total: 2_000n };
    const forged = claim(0, [own], { index: 1, proof: proof(1) });
    expect(world.send(forged).error).toBe('BadProof');
    const unsigned = claim(1);
    const accounts = unsigned.accounts.map((meta) => ({
      ...meta,
      isSigner: meta.isSigner && meta.address !== entries[1]?.wallet,
    }));
    expect(world.send({ ...unsigned, accounts }).error).toBe('MissingSignature');
  });

  test("into a token account that is not the wallet's is refused", () => {
    matured(1);
    const valid = claim(1);
    const destination = world.tokens(entries[1]?.wallet ?? '');
    const to = (address: string) => ({
      ...valid,
      accounts: valid.accounts.map((meta) =>
        meta.address === destination ? { ...meta, address } : meta,
      ),
    });
    expect(world.send(to(world.tokens(world.wallet('mallory')))).error).toBe('WrongTokenAccount');
    expect(world.send(to(world.tokens(entries[1]?.wallet ?? '', 'USDC'))).error).toBe(
      'WrongTokenAccount',
    );
    expect(world.send(to(world.stake.addresses.rewardsVault)).error).toBe('WrongTokenAccount');
    expect(world.send(to(entries[1]?.wallet ?? '')).error).toBe('WrongOwner');
  });

  test('a node cannot be shown as a leaf, nor a leaf of a hidden branch', () => {
    // The publisher hides a tree of two leaves under what looks like one leaf of a tree of two.
    const [a, b] = [entries[0] as Entry, entries[1] as Entry];
    const hidden = treeOf([leafOf(world, a, 0), leafOf(world, b, 1)]);
    const tree = treeOf([hidden.root, leafOf(world, b, 1)]);
    world.do(publishRaw({ root: tree.root, total: 10_000n, leafCount: 2, depth: 1 }));
    world.warp(challengeDelaySeconds);
    const deep = claim(0, entries, { proof: [...proofOf(hidden, 0), leafOf(world, b, 1)] });
    expect(world.send(deep).error).toBe('BadProof');
    world.do(claim(1, entries, { proof: [hidden.root] }));
  });

  test('a leaf at a place that the root does not count is refused', () => {
    const [hidden] = entries as [Entry];
    const all = [...entries, hidden];
    const { root, depth, total, tree } = rootOf(world, 1, all);
    world.do(publishRaw({ root, depth, total, leafCount: entries.length }));
    world.warp(challengeDelaySeconds);
    expect(world.send(claim(5, all, { proof: proofOf(tree, 5) })).error).toBe('BadProof');
    world.do(claim(0, all, { proof: proofOf(tree, 0) }));
  });

  test('is bound to its program, distributor and mint', async () => {
    const other = await stakeWorld();
    const elsewhere = { ...other.stake.addresses, distributor: addressNamed('elsewhere') };
    const foreign = {
      machine: world.machine,
      stake: { ...world.stake, addresses: elsewhere },
      mint: (asset: 'IO' | 'USDC') => world.mint(asset),
    } as World;
    const leaves = entries.map((entry, index) => leafOf(foreign, entry, index));
    const tree = treeOf(leaves);
    world.do(publishRaw({ root: tree.root, total: 15_000n, leafCount: 5, depth: 3 }));
    world.warp(challengeDelaySeconds);
    expect(world.send(claim(1, entries, { proof: proofOf(tree, 1) })).error).toBe('BadProof');
  });

  test('all claims together are no more than the total of the root', () => {
    const { root, depth } = rootOf(world, 1, entries);
    world.do(publishRaw({ root, depth, leafCount: 5, total: 5_000n }));
    world.warp(challengeDelaySeconds);
    world.do(claim(4));
    expect(world.send(claim(0)).error).toBe('ClaimExceedsTotal');
    expect(world.distributor().claimedTotal).toBe(5_000n);
  });

  test('more than the vault has is refused, and possible once it was filled', async () => {
    world = await stakeWorld();
    world.warp(10 * hour);
    entries.forEach(({ wallet }, index) => expect(world.wallet(names[index] ?? '')).toBe(wallet));
    matured(1);
    expect(world.send(claim(1)).error).toBe('RewardsShort');
    const funder = world.wallet('funder');
    const source = world.tokens(funder, 'IO', 2_000n);
    expect(world.do(world.stake.fundRewards({ funder, source, amount: 2_000n })).events).toEqual([
      { kind: 'RewardsFunded', funder, amount: 2_000n },
    ]);
    world.do(claim(1));
    expect(world.distributor().fundedTotal).toBe(2_000n);
  });

  test('a record at the address of another wallet is not taken', () => {
    matured(1);
    world.do(claim(0));
    const valid = claim(1);
    const own = claimStatusAddress(world.machine.programId, entries[1]?.wallet ?? '');
    const others = claimStatusAddress(world.machine.programId, entries[0]?.wallet ?? '');
    const accounts = valid.accounts.map((meta) =>
      meta.address === own ? { ...meta, address: others } : meta,
    );
    expect(world.send({ ...valid, accounts }).error).toBe('WrongAccount');
  });
});

function proof(index: number): Uint8Array[] {
  return proofOf(rootOf(world, 1, entries).tree, index);
}

function changed(hashes: readonly Uint8Array[]): Uint8Array[] {
  return hashes.map((hash, place) => (place === 1 ? hash32('forged') : hash));
}
