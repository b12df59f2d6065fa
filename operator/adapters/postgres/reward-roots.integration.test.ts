import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import { hashBytes, leafHashes, MerkleTree, rootOfProof } from '../../domain/settlement/merkle.ts';
import { RewardBook, type WalletBinding } from '../../domain/settlement/reward-book.ts';
import type { RewardTarget } from '../../domain/settlement/roots.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { base58Decode } from '../../settlement/base58.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { bindWallet, rewardEpoch, walletKey, addressNamed } from '../../testing/reward-fixture.ts';
import { createRewardProofs } from './reward-proofs.ts';
import { createRewardRoots } from './reward-roots.ts';

const target: RewardTarget = {
  programId: addressNamed('program'),
  distributor: addressNamed('distributor'),
  mint: addressNamed('mint'),
};
const domain = {
  programId: walletKey('program'),
  distributor: walletKey('distributor'),
  mint: walletKey('mint'),
};

describe('whose wallet it is', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());

  test('a wallet counts from the epoch that is closed next, and proving it again changes nothing', async () => {
    expect(await bindWallet(database.writer, 'io-a/a', walletKey('a'))).toBe(1);
    await rewardEpoch(database.owner, 1, {});
    expect(await bindWallet(database.writer, 'io-a/a', walletKey('a'))).toBe(1);
    expect(await bindWallet(database.writer, 'io-a/a', walletKey('a2'))).toBe(2);
    expect(await bindWallet(database.writer, 'io-a/a', walletKey('a'))).toBe(2);
    const { rows } =
      await sql`select wallet, since_epoch from io.wallets order by wallet_no`.execute(
        database.reader,
      );
    expect(rows).toEqual([
      { wallet: addressNamed('a'), since_epoch: 1 },
      { wallet: addressNamed('a2'), since_epoch: 2 },
      { wallet: addressNamed('a'), since_epoch: 2 },
    ]);
  });

  test('a wallet of another account is refused, also when both prove it at once', async () => {
    await expect(bindWallet(database.writer, 'io-b/b', walletKey('a'))).rejects.toMatchObject({
      code: 'IO007',
    });
    const both = await Promise.allSettled([
      bindWallet(database.connect(database.writerUrl), 'io-b/b', walletKey('new')),
      bindWallet(database.connect(database.writerUrl), 'io-c/c', walletKey('new')),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('nobody changes what was written', async () => {
    for (const table of ['wallet_owners', 'wallets', 'reward_totals', 'reward_roots']) {
      const remove = sql`delete from ${sql.table(`io.${table}`)}`;
      await expect(remove.execute(database.writer)).rejects.toThrow('permission denied');
    }
    const change = sql`update io.wallets set account = 'io-b/b'`;
    await expect(change.execute(database.owner)).rejects.toThrow('is refused');
  });
});

describe('a root', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());
  const roots = () => createRewardRoots(database.writer, target);
  const proofs = () => createRewardProofs(database.reader, target.distributor);

  test('is not built while no reward has come to a wallet', async () => {
    expect(await roots().build(10)).toBeUndefined();
    await rewardEpoch(database.owner, 1, { 'io-a/a': 5n, 'io-b/b': 7n });
    expect(await roots().build(10)).toBeUndefined();
    expect(await proofs().root(undefined)).toBeUndefined();
    expect(await proofs().proof(addressNamed('a'), 1)).toBeUndefined();
  });

  test('is built once, by whoever comes first', async () => {
    await bindWallet(database.writer, 'io-a/a', walletKey('a'));
    await rewardEpoch(database.owner, 2, { 'io-a/a': 1n, 'io-c/c': 3n });
    const built = await Promise.all([roots().build(20), roots().build(21), roots().build(22)]);
    expect(new Set(built.map((each) => each?.root)).size).toBe(1);
    expect(built[0]).toMatchObject({ epoch: 2, total: 6n, leafCount: 1, depth: 0, ...target });
    expect(await proofs().root(undefined)).toEqual(built[0]);
  });

  test('a wallet that is proved later counts for the next one only', async () => {
    await bindWallet(database.writer, 'io-b/b', walletKey('b'));
    expect(await roots().build(30)).toMatchObject({ epoch: 2, total: 6n });
    await rewardEpoch(database.owner, 3, {});
    expect(await roots().build(30)).toMatchObject({ epoch: 3, total: 13n, leafCount: 2 });
    expect(await proofs().proof(addressNamed('b'), 2)).toBeUndefined();
    expect(await proofs().proof(addressNamed('b'), 3)).toMatchObject({ index: 1, total: 7n });
    expect(await proofs().root(2)).toMatchObject({ total: 6n });
  });

  test('its proofs lead to it', async () => {
    const root = await proofs().root(3);
    let count = 0;
    for await (const some of proofs().proofs(3)) {
      for (const { wallet, index, total, proof } of some) {
        const wallets = base58Decode(wallet);
        const leaf = leafHashes(
          domain,
          { wallets, totals: BigUint64Array.of(total) },
          sha256Bytes,
          index,
        );
        const path = fromHex(proof.join(''));
        expect(toHex(rootOfProof(leaf, index, path, sha256Bytes))).toBe(root?.root);
        expect(await proofs().proof(wallet, 3)).toEqual({ wallet, epoch: 3, index, total, proof });
        count += 1;
      }
    }
    expect(count).toBe(root?.leafCount);
  });

  test('an epoch before the last one is not added up any more', async () => {
    await rewardEpoch(database.owner, 4, {});
    await rewardEpoch(database.owner, 5, {});
    await roots().build(50);
    await expect(sql`select io.stand_rewards(4, 1)`.execute(database.writer)).rejects.toMatchObject(
      {
        code: 'IO008',
      },
    );
    expect(await proofs().root(4)).toBeUndefined();
  });
});

test('roots of thousands of wallets have proofs across subtrees', async () => {
  const database = await testDatabase();
  const amounts = Object.fromEntries(
    Array.from({ length: 2_100 }, (_, at) => [`io/a${at}`, BigInt(at + 1)]),
  );
  for (const account of Object.keys(amounts)) {
    await bindWallet(database.writer, account, walletKey(account));
  }
  await rewardEpoch(database.owner, 1, amounts);
  const built = await createRewardRoots(database.writer, target).build(1);
  expect(built).toMatchObject({ leafCount: 2_100, depth: 12 });
  const proofs = createRewardProofs(database.reader, target.distributor);
  for (const account of ['io/a0', 'io/a1000', 'io/a2099']) {
    const wallets = walletKey(account);
    const proof = await proofs.proof(addressNamed(account), 1);
    const totals = BigUint64Array.of(amounts[account] ?? 0n);
    const leaf = leafHashes(domain, { wallets, totals }, sha256Bytes, proof?.index);
    const path = fromHex((proof?.proof ?? []).join(''));
    expect(path.length).toBe(12 * hashBytes);
    expect(toHex(rootOfProof(leaf, proof?.index ?? 0, path, sha256Bytes))).toBe(built?.root);
  }
  await database.close();
});

const accounts = ['io-a/a', 'io-b/b', 'io-c/c', 'io-d/d'];
const anyEpoch = fc.record({
  rewards: fc.dictionary(fc.constantFrom(...accounts), fc.bigInt(0n, 10n ** 14n), {
    noNullPrototype: true,
  }),
  bindings: fc.array(fc.record({ account: fc.constantFrom(...accounts), wallet: fc.nat(2) }), {
    maxLength: 3,
  }),
  isBuilt: fc.boolean(),
});

test('SQL adds up what the book does, whichever epochs have a root', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEpoch, { minLength: 1, maxLength: 8 }), async (epochs) => {
      const database = await testDatabase();
      const book = new RewardBook();
      for (const [at, { rewards, bindings, isBuilt }] of epochs.entries()) {
        const epoch = at + 1;
        const bound: WalletBinding[] = [];
        for (const { account, wallet } of bindings) {
          const publicKey = walletKey(`${account} ${wallet}`);
          await bindWallet(database.writer, account, publicKey);
          bound.push({ account, publicKey: toHex(publicKey), sinceEpoch: epoch });
        }
        await rewardEpoch(database.owner, epoch, rewards);
        book.take(epoch, new Map(Object.entries(rewards)), bound);
        if (!isBuilt && epoch < epochs.length) continue;
        const built = await createRewardRoots(database.writer, target).build(epoch);
        const leaves = book.leaves();
        const tree =
          leaves.totals.length === 0
            ? undefined
            : new MerkleTree(leafHashes(domain, leaves, sha256Bytes), sha256Bytes);
        expect(built?.root).toBe(tree && toHex(tree.root));
        expect(built?.total ?? 0n).toBe(book.total);
      }
      await database.close();
    }),
    { numRuns: 12 },
  );
}, 60_000);
