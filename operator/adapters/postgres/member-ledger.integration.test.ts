import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import {
  inEpoch,
  type LedgerFixture,
  ledgerFixture,
  termsOf,
} from '../../testing/ledger-fixture.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { change, usageReport } from '../../testing/usage.ts';
import { createMemberLedger } from './member-ledger.ts';
import { createUsageIntake } from './usage-intake.ts';

let database: TestDatabase;
let ledger: LedgerFixture;
let members: ReturnType<typeof createMemberLedger>;
const renter = 'renters/a';
const held = 3_600_000n;

beforeEach(async () => {
  database = await testDatabase();
  ledger = ledgerFixture(database);
  members = createMemberLedger(database.writer);
  await ledger.fund(renter, 3n * held);
});

afterEach(async () => {
  expect(await ledger.total()).toBe(0n);
  await database.close();
});

const available = () => ledger.balance('renter:available', renter);
const settle = (offset: number) => ledger.epochs.settleClosing(10, inEpoch(1, offset));

/** Opened, Ready from second 10 on, told until second 40, and ended at 100. */
async function endedLease(leaseId: string, member = 'ams'): Promise<void> {
  await ledger.leases.open(termsOf(leaseId, { member }), held, inEpoch(1, 0));
  await ledger.use(leaseId, inEpoch(1, 10));
  await ledger.observe(member, inEpoch(1, 40));
  await ledger.leases.close(leaseId, inEpoch(1, 100), 'test');
}

test('leases of a member that was removed are settled at once with what was reported', async () => {
  await endedLease('one');
  expect(await settle(200)).toBe(0);
  expect(await members.unsettled('ams')).toBe(1);
  expect(await members.remove('ams', inEpoch(1, 200))).toBe(1);
  expect(await settle(201)).toBe(1);
  expect(await members.unsettled('ams')).toBe(0);
  expect(await ledger.balance('supplier:earned', 'suppliers/x')).toBe(30_000n);
  expect(await ledger.balance('renter:held', renter)).toBe(0n);
  expect(await available()).toBe(3n * held - 30_000n);
});

test('what it tells afterwards is a dead letter', async () => {
  await endedLease('one');
  await members.remove('ams', inEpoch(1, 200));
  await settle(201);
  const late = usageReport(1, 60, [
    { ...change({ lease: 'one', start: 5, end: 9 }), device: 'gpu-0' },
  ]);
  const receipt = await createUsageIntake(database.writer).report(
    'ams',
    late,
    inEpoch(1, 300) * 1000,
  );
  expect(receipt).toMatchObject({ accepted: 0, rejected: [{ reason: 'TooOld' }] });
  expect(await ledger.balance('supplier:earned', 'suppliers/x')).toBe(30_000n);
});

test('other members, and leases that have not ended, are left alone', async () => {
  await endedLease('one', 'fra');
  await ledger.leases.open(termsOf('two'), held, inEpoch(1, 0));
  expect(await members.remove('ams', inEpoch(1, 200))).toBe(1);
  expect(await settle(201)).toBe(0);
  expect(await members.unsettled('fra')).toBe(1);
});

test('one of the same name that joins later is waited for as any other', async () => {
  expect(await members.remove('ams', inEpoch(1, 5))).toBe(0);
  await ledger.leases.open(termsOf('one'), held, inEpoch(1, 0));
  await ledger.leases.close('one', inEpoch(1, 1), 'test');
  await members.remove('ams', inEpoch(1, 6));
  const later = { openedAtSeconds: inEpoch(1, 7) };
  await ledger.leases.open(termsOf('two', later), held, inEpoch(1, 7));
  await ledger.leases.close('two', inEpoch(1, 8), 'test');
  expect(await settle(20)).toBe(1);
  expect(await members.unsettled('ams')).toBe(1);
});

test('a removal is never taken back, and an earlier one changes nothing', async () => {
  await endedLease('one');
  await members.remove('ams', inEpoch(1, 200));
  await members.remove('ams', inEpoch(1, 100));
  const { rows } = await sql<{ removed_at_s: number }>`
    select removed_at_s from io.members where name = 'ams'`.execute(database.reader);
  expect(rows[0]?.removed_at_s).toBe(inEpoch(1, 200));
  const forget = sql`update io.members set removed_at_s = null where name = 'ams'`;
  await expect(forget.execute(database.writer)).rejects.toThrow('what was written there is kept');
});
