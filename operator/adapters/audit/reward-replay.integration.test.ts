import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { RewardRoot, RewardTarget } from '../../domain/settlement/roots.ts';
import { openHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { addressNamed, bindWallet, proveWallet, walletKey } from '../../testing/reward-fixture.ts';
import { walletNamed } from '../../testing/wallet.ts';
import { createAuditSource } from '../postgres/audit-reader.ts';
import { createRewardRoots } from '../postgres/reward-roots.ts';
import { RewardReplay } from './reward-replay.ts';

const target: RewardTarget = {
  programId: addressNamed('program'),
  distributor: addressNamed('distributor'),
  mint: addressNamed('mint'),
};

let database: TestDatabase;
let history: ReturnType<typeof openHistory>;
let told: string[];

beforeAll(async () => {
  database = await testDatabase();
  history = openHistory(database.writer, 21);
});
afterAll(() => database.close());

function replay(): RewardReplay {
  told = [];
  return new RewardReplay({
    source: createAuditSource(database.reader),
    target,
    report: ({ table, row }) => void told.push(`${table} ${row}`),
  });
}

async function built(): Promise<RewardRoot | undefined> {
  const root = await createRewardRoots(database.writer, target).build(1);
  return root && { ...rootFields(root) };
}

const rootFields = ({ epoch, root, total, leafCount, depth }: RewardRoot): RewardRoot => ({
  epoch,
  root,
  total,
  leafCount,
  depth,
});

test('there are no leaves while nobody has a wallet, and no answer for what is not distributed', async () => {
  await history.live(1);
  expect(await built()).toBeUndefined();
  expect(await replay().rootAt(1)).toMatchObject({ epoch: 1, leafCount: 0, total: 0n });
  expect(await replay().rootAt(2)).toBeUndefined();
});

test('each root is what the rules come to, one after the other and from the beginning', async () => {
  const ongoing = replay();
  for (let epoch = 2; epoch <= 6; epoch += 1) {
    await proveWallet(database.writer, 'io-oslo/oslo', walletNamed(`oslo ${epoch % 3}`));
    if (epoch === 4) await proveWallet(database.writer, 'io-paris/paris', walletNamed('paris'));
    await history.live(epoch);
    const root = await built();
    expect(root?.leafCount).toBeGreaterThan(0);
    expect(await ongoing.rootAt(epoch)).toEqual(root);
    expect(await replay().rootAt(epoch)).toEqual(root);
  }
  expect(told).toEqual([]);
});

test('what a superuser gives to a supplier is told, and counts for nothing', async () => {
  const right = await replay().rootAt(6);
  await database.owner.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`update io.reward_members set amount = amount + 1000000
      where epoch = 3 and supplier = 'io-paris/paris'`.execute(tx);
  });
  expect(await replay().rootAt(6)).toEqual(right);
  expect(told).toEqual(expect.arrayContaining(['reward_members amount of paris']));
});

test('a wallet that signed nothing is told, and gets nothing', async () => {
  await bindWallet(database.writer, 'io-paris/paris', walletKey('thief'));
  await history.live(7);
  const root = await built();
  const right = await replay().rootAt(7);
  expect(told).toEqual(
    expect.arrayContaining([`wallets ${addressNamed('thief')} of io-paris/paris`]),
  );
  expect(right?.root).not.toBe(root?.root);
  expect(right?.leafCount).toBe((root?.leafCount ?? 0) - 1);
});
