import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import {
  inEpoch,
  type LedgerFixture,
  ledgerFixture,
  termsOf,
  whenClosed,
} from '../../testing/ledger-fixture.ts';
import { digestOfRows } from '../../testing/ledger-digest.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { eventually } from '../../testing/eventually.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { createEpochLedger, silenceSeconds } from './epoch-ledger.ts';
import { post } from './journal.ts';

let database: TestDatabase;
let ledger: LedgerFixture;
const renter = 'renters/a';
const supplier = 'suppliers/x';
const hour = 3_600_000n;

beforeEach(async () => {
  database = await testDatabase();
  ledger = ledgerFixture(database);
  await ledger.fund(renter, 10n * hour);
});

afterEach(async () => {
  expect(await ledger.total()).toBe(0n);
  await database.close();
});

const available = () => ledger.balance('renter:available', renter);
const held = () => ledger.balance('renter:held', renter);
const earned = () => ledger.balance('supplier:earned', supplier);

/** A lease whose device is Ready from `offset` of epoch 1 on, with two hours held. */
async function leaseInUse(leaseId: string, offset = 0): Promise<void> {
  await ledger.leases.open(termsOf(leaseId), 2n * hour, inEpoch(1, 0));
  await ledger.use(leaseId, inEpoch(1, offset));
}

describe('closing an epoch', () => {
  test('pays the supplier, books fees and fills the hold up again', async () => {
    const fees = { renterBasisPoints: 225, supplierBasisPoints: 25 };
    await ledger.leases.open(termsOf('one', { fees }), 2n * hour, inEpoch(1, 0));
    await ledger.use('one', inEpoch(1, 600), inEpoch(1, 2_400));
    await ledger.observe('ams', inEpoch(2, 0));
    expect(await ledger.closeEpoch(1)).toMatchObject({
      epoch: 1,
      closed: true,
      leases: 1,
      corrections: 0,
      shortfalls: 0,
    });
    expect(await earned()).toBe(1_800_000n - 4_500n);
    expect(await ledger.balance('network:fees')).toBe(40_500n + 4_500n);
    expect(await held()).toBe(2n * hour);
    expect(await available()).toBe(8n * hour - 1_840_500n);
    expect(await ledger.epochs.lastClosed()).toBe(1);
  });

  test('twice changes nothing, and tells the same', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    const first = await ledger.closeEpoch(1);
    expect(await ledger.epochs.closeEpoch(1, whenClosed(5))).toEqual({ ...first, closed: false });
    expect(await earned()).toBe(hour);
  });

  test('by two hubs at once is done by one', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    const other = createEpochLedger(database.connect(database.writerUrl));
    const reports = await Promise.all([
      ledger.closeEpoch(1),
      other.closeEpoch(1, whenClosed(1)),
      other.closeEpoch(1, whenClosed(1)),
    ]);
    expect(reports.filter(({ closed }) => closed)).toHaveLength(1);
    expect(new Set(reports.map(({ digest }) => digest)).size).toBe(1);
    expect(await earned()).toBe(hour);
  });

  test('that is not over, or not the next one, is refused', async () => {
    await expect(ledger.epochs.closeEpoch(1, inEpoch(2, -1))).rejects.toThrow(
      'epoch 1 is not over',
    );
    await expect(ledger.closeEpoch(2)).rejects.toThrow('epoch 2 cannot be closed after epoch 0');
    expect(await ledger.epochs.lastClosed()).toBe(0);
  });

  test('is all or nothing when the connection dies in the middle', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    // A lock on the last table that a close writes to stops it just before its end.
    await database.owner.transaction().execute(async (blocker) => {
      await sql`lock table io.epochs in exclusive mode`.execute(blocker);
      const closing = createEpochLedger(database.connect(database.writerUrl))
        .closeEpoch(1, whenClosed(1))
        .catch((error: unknown) => error);
      await eventually(async () => {
        const { rows } = await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query like '%close_epoch%' and pid <> pg_backend_pid()`.execute(database.owner);
        expect(rows).toHaveLength(1);
      });
      expect(await closing).toBeInstanceOf(StoreUnavailableError);
    });
    expect(await ledger.epochs.lastClosed()).toBe(0);
    expect(await earned()).toBe(0n);
    expect(await ledger.closeEpoch(1)).toMatchObject({ closed: true, leases: 1 });
    expect(await earned()).toBe(hour);
  });

  test('counts what is open as far as its member has reported', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(1, 100));
    await ledger.closeEpoch(1);
    expect(await earned()).toBe(100_000n);
    await ledger.observe('ams', inEpoch(3, 0));
    expect(await ledger.closeEpoch(2)).toMatchObject({ corrections: 1 });
    expect(await earned()).toBe(2n * hour);
    expect(await ledger.transfers(2, 'Usage')).toEqual(['renter:held > supplier:earned: 3600000']);
    expect(await ledger.transfers(2, 'Correction')).toEqual([
      'renter:held > supplier:earned: 3500000',
    ]);
  });

  test('corrects with what came late', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    await ledger.endUse('one', inEpoch(1, 10));
    await ledger.closeEpoch(1);
    await ledger.use('one', inEpoch(1, 3_590), inEpoch(1, 3_595));
    await ledger.observe('ams', inEpoch(3, 0));
    await ledger.closeEpoch(2);
    expect(await ledger.transfers(2, 'Correction')).toEqual([
      'renter:held > supplier:earned: 5000',
    ]);
    expect(await earned()).toBe(15_000n);
  });

  test('gives back what was counted too long', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    await ledger.closeEpoch(1);
    await ledger.endUse('one', inEpoch(1, 1_000));
    await ledger.observe('ams', inEpoch(3, 0));
    await ledger.closeEpoch(2);
    expect(await ledger.transfers(2, 'Correction')).toEqual([
      'supplier:earned > renter:held: 2600000',
    ]);
    expect(await earned()).toBe(1_000_000n);
    expect((await available()) + (await held())).toBe(10n * hour - 1_000_000n);
  });

  test('takes back an end that was set in the member’s absence and is told anew', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(1, 1_000));
    await sql`update io.intervals set end_s = ${inEpoch(1, 1_000)}, end_reason = 'Unreported'`.execute(
      database.writer,
    );
    await ledger.closeEpoch(1);
    expect(await earned()).toBe(1_000_000n);
    await sql`update io.intervals set end_s = ${inEpoch(1, 3_000)}, end_reason = 'NotReady'`.execute(
      database.writer,
    );
    await ledger.observe('ams', inEpoch(3, 0));
    const [money] = await ledger.leases.money(['one']);
    expect(money).toMatchObject({ settled: 1_000_000n, unsettled: 2_000_000n });
    await ledger.closeEpoch(2);
    expect(await earned()).toBe(3_000_000n);
    expect(await ledger.transfers(2, 'Correction')).toEqual([
      'renter:held > supplier:earned: 2000000',
    ]);
  });

  test('takes what a hold cannot pay from the account, and what is missing when it comes', async () => {
    await ledger.leases.open(termsOf('poor', { renter: 'renters/p' }), 0n, inEpoch(1, 0));
    await ledger.fund('renters/p', 600_000n);
    await ledger.use('poor', inEpoch(1, 0));
    await ledger.observe('ams', inEpoch(2, 0));
    expect(await ledger.closeEpoch(1)).toMatchObject({ shortfalls: 1 });
    expect(await earned()).toBe(600_000n);
    expect(await ledger.balance('renter:available', 'renters/p')).toBe(0n);
    await ledger.fund('renters/p', 2n * hour);
    await ledger.endUse('poor', inEpoch(2, 0));
    await ledger.observe('ams', inEpoch(3, 0));
    expect(await ledger.closeEpoch(2)).toMatchObject({ shortfalls: 0 });
    expect(await earned()).toBe(hour);
    expect(await ledger.balance('renter:available', 'renters/p')).toBe(hour + 600_000n);
  });

  test('leaves out leases that begin after it', async () => {
    const later = { openedAtSeconds: inEpoch(2, 5) };
    await ledger.leases.open(termsOf('later', later), hour, inEpoch(2, 5));
    expect(await ledger.closeEpoch(1)).toMatchObject({ leases: 0 });
    expect(await ledger.closeEpoch(2)).toMatchObject({ leases: 1 });
  });

  test('goes on for days', async () => {
    await leaseInUse('one');
    for (let epoch = 1; epoch <= 50; epoch += 1) {
      await ledger.observe('ams', inEpoch(epoch + 1, 0));
      await ledger.fund(renter, hour);
      expect(await ledger.closeEpoch(epoch)).toMatchObject({ closed: true, corrections: 0 });
    }
    expect(await earned()).toBe(50n * hour);
  });

  test('waits for who posts, and who posts for it', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    let closing: Promise<unknown> = Promise.resolve();
    await database.writer.transaction().execute(async (transaction) => {
      const account = { kind: 'renter:available', owner: renter, asset: 'USDC' } as const;
      const custody = { ...account, kind: 'custody', owner: '' } as const;
      const posting = {
        cause: 'Deposit',
        debit: custody,
        credit: account,
        subject: 'open',
      } as const;
      expect(await post(transaction, [{ ...posting, amount: 1n }], inEpoch(1, 0))).toBe(1);
      closing = createEpochLedger(database.connect(database.writerUrl)).closeEpoch(
        1,
        whenClosed(1),
      );
      expect(await ledger.epochs.lastClosed()).toBe(0);
      expect(await post(transaction, [{ ...posting, amount: 1n }], inEpoch(1, 0))).toBe(0);
    });
    await closing;
    const { rows } =
      await sql`select from io.transfers where epoch = 1 and subject = 'open'`.execute(
        database.reader,
      );
    expect(rows).toHaveLength(1);
    expect(await ledger.epochs.lastClosed()).toBe(1);
  });
});

describe('a lease that has ended', () => {
  test('is settled when its member has told everything, and the rest is given back', async () => {
    await leaseInUse('one');
    await ledger.leases.close('one', inEpoch(1, 1_000), 'deleted by renter');
    await ledger.observe('ams', inEpoch(1, 999));
    expect(await ledger.epochs.settleClosing(10, inEpoch(1, 1_100))).toBe(0);
    await ledger.endUse('one', inEpoch(1, 900));
    await ledger.observe('ams', inEpoch(1, 1_000));
    expect(await ledger.epochs.settleClosing(10, inEpoch(1, 1_100))).toBe(1);
    expect(await ledger.epochs.settleClosing(10, inEpoch(1, 1_100))).toBe(0);
    expect([await available(), await held(), await earned()]).toEqual([
      10n * hour - 900_000n,
      0n,
      900_000n,
    ]);
    const [money] = await ledger.leases.money(['one']);
    expect(money).toMatchObject({ state: 'Closed', held: 0n, settled: 900_000n, unsettled: 0n });
    expect(await ledger.closeEpoch(1)).toMatchObject({ leases: 1 });
    expect(await earned()).toBe(900_000n);
    expect(await ledger.closeEpoch(2)).toMatchObject({ leases: 0 });
  });

  test('and never was Ready gets its whole hold back, with the evidence', async () => {
    await ledger.leases.open(termsOf('never'), 2n * hour, inEpoch(1, 0));
    await ledger.leases.close('never', inEpoch(1, 500), 'never Ready: image not found');
    await ledger.observe('ams', inEpoch(1, 600));
    await ledger.epochs.settleClosing(10, inEpoch(1, 700));
    expect([await available(), await held()]).toEqual([10n * hour, 0n]);
    expect(await ledger.transfers(1, 'HoldReleased')).toEqual([
      'renter:held > renter:available: 7200000',
    ]);
    const { rows } = await sql`select evidence, state from io.leases`.execute(database.reader);
    expect(rows).toEqual([{ evidence: 'never Ready: image not found', state: 'Closed' }]);
  });

  test('keeps its first end, and never ends before what was counted', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(1, 3_000));
    await ledger.closeEpoch(1);
    await ledger.leases.close('one', inEpoch(1, 10), 'first');
    await ledger.leases.close('one', inEpoch(2, 0), 'second');
    await ledger.leases.close('unknown', inEpoch(2, 0), 'unknown');
    const { rows } = await sql`select ended_at_s, evidence from io.leases`.execute(database.reader);
    expect(rows).toEqual([{ ended_at_s: inEpoch(1, 3_000), evidence: 'first' }]);
  });

  test('whose member is silent for a day is settled with what is known', async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(1, 600));
    await ledger.leases.close('one', inEpoch(1, 1_000), 'deleted');
    for (let epoch = 1; epoch <= 24; epoch += 1) await ledger.closeEpoch(epoch);
    const end = inEpoch(1, 1_000) + silenceSeconds;
    expect(await ledger.epochs.settleClosing(10, end - 1)).toBe(0);
    expect(await ledger.epochs.settleClosing(10, end)).toBe(1);
    expect([await available(), await earned()]).toEqual([10n * hour - 600_000n, 600_000n]);
  });

  test('is settled in turn when there are many', async () => {
    for (const leaseId of ['one', 'two', 'three']) {
      await ledger.leases.open(termsOf(leaseId), hour, inEpoch(1, 0));
      await ledger.leases.close(leaseId, inEpoch(1, 10), 'deleted');
    }
    await ledger.observe('ams', inEpoch(1, 10));
    const settle = () => ledger.epochs.settleClosing(2, inEpoch(1, 20));
    expect([await settle(), await settle(), await settle()]).toEqual([2, 1, 0]);
    expect(await available()).toBe(10n * hour);
  });

  test('in the next epoch already waits for the close of this one', async () => {
    await leaseInUse('one');
    await ledger.leases.close('one', inEpoch(2, 30), 'deleted');
    await ledger.observe('ams', inEpoch(2, 60));
    expect(await ledger.epochs.settleClosing(10, inEpoch(2, 60))).toBe(0);
    await ledger.closeEpoch(1);
    expect(await ledger.epochs.settleClosing(10, whenClosed(1))).toBe(1);
    expect(await earned()).toBe(hour + 30_000n);
  });
});

describe('what was written', () => {
  const tables = [
    ['transfers', 'epoch = 1'],
    ['charges', 'epoch = 1'],
    ['deposits', `source = 'x'`],
    ['epochs', 'epoch = 1'],
    ['lease_devices', 'slot = 1'],
    ['device_models', `model = 'x'`],
  ];

  beforeEach(async () => {
    await leaseInUse('one');
    await ledger.observe('ams', inEpoch(2, 0));
    await ledger.closeEpoch(1);
  });

  test.each(tables)('in %s is kept, whoever wants to change it', async (table, set) => {
    for (const statement of [`update io.${table} set`, `delete from io.${table}`, 'truncate']) {
      const text = statement.startsWith('update')
        ? `${statement} ${set}`
        : statement.replace(/^truncate$/, `truncate io.${table}`);
      await expect(sql.raw(text).execute(database.owner)).rejects.toThrow(
        /is refused|referenced in a foreign key/,
      );
      await expect(sql.raw(text).execute(database.writer)).rejects.toThrow('permission denied');
      await expect(sql.raw(text).execute(database.reader)).rejects.toThrow('permission denied');
    }
  });

  test.each([
    ['an account is what it was', 'owner', `update io.accounts set owner = 'x'`],
    ['an account stays', 'owner', 'delete from io.accounts'],
    ['a reader posts nothing', 'reader', `select io.deposit('r', 'a/b', 'USDC', 1, 'x', 0)`],
    ['a reader closes nothing', 'reader', 'select io.close_epoch(2, 2000000000)'],
    ['a partition is not emptied', 'owner', 'truncate io.charges_1'],
    ['a settled interval is settled', 'owner', 'update io.intervals set known_epoch = 7'],
  ] as const)('%s', async (_, login, text) => {
    const change = sql.raw(text).execute(database[login]);
    await expect(change).rejects.toThrow(/refused|permission denied/);
  });

  test('a renter cannot be below zero, nor can anyone be paid from nowhere', async () => {
    const account = { kind: 'renter:available', owner: renter, asset: 'USDC' } as const;
    const custody = { ...account, kind: 'custody', owner: '' } as const;
    const posting = { cause: 'Deposit', debit: account, credit: custody, subject: 'x' } as const;
    const tooMuch = post(database.writer, [{ ...posting, amount: 100n * hour }], inEpoch(2, 0));
    await expect(tooMuch).rejects.toThrow('check constraint');
  });

  test('a transfer of the same name with another amount is refused', async () => {
    const account = { kind: 'renter:available', owner: renter, asset: 'USDC' } as const;
    const custody = { ...account, kind: 'custody', owner: '' } as const;
    const posting = { cause: 'Deposit', debit: custody, credit: account, subject: 'x' } as const;
    await post(database.writer, [{ ...posting, amount: 1n }], inEpoch(2, 0));
    const other = post(database.writer, [{ ...posting, amount: 2n }], inEpoch(2, 0));
    await expect(other).rejects.toThrow('Deposit of x was posted with 1 before');
  });

  test.each([
    ['an amount', 'io.transfers', 'amount = amount + 1'],
    ['a cause', 'io.transfers', `cause = 'Reward'`],
    ['who was paid', 'io.transfers', 'credit = debit, debit = credit'],
    ['a time', 'io.transfers', 'at_s = at_s - 1'],
    ['seconds', 'io.charges', 'seconds = seconds + 1'],
    ['what was paid', 'io.charges', 'collected_sum = collected_sum - 1'],
    ['whose account it is', 'io.accounts', `owner = owner || '2' where owner <> ''`],
  ] as const)('the digest shows that a superuser changed %s', async (_, table, change) => {
    const digest = async () => (await digestOfRows(database.reader, 1)).toString('hex');
    const { rows } = await sql<{ digest: string }>`
      select encode(digest, 'hex') as digest from io.epochs where epoch = 1`.execute(
      database.reader,
    );
    expect(await digest()).toBe(rows[0]?.digest);
    await database.owner.connection().execute(async (superuser) => {
      await sql`set session_replication_role = replica`.execute(superuser);
      await sql.raw(`update ${table} set ${change}`).execute(superuser);
      await sql`reset session_replication_role`.execute(superuser);
    });
    expect(await digest()).not.toBe(rows[0]?.digest);
  });
});
