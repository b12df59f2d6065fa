import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import {
  inEpoch,
  type LedgerFixture,
  ledgerFixture,
  termsOf,
} from '../../testing/ledger-fixture.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { createEpochSwitch, type EpochSwitch } from './epoch-switch.ts';

let database: TestDatabase;
let ledger: LedgerFixture;
let epochs: EpochSwitch;

beforeEach(async () => {
  database = await testDatabase();
  ledger = ledgerFixture(database);
  epochs = createEpochSwitch(database.writer);
});

afterEach(() => database.close());

test('closing is held back with a reason, until it goes on', async () => {
  expect(await ledger.epochs.pausedBecause()).toBeUndefined();
  await epochs.setPaused(true, 'a price is looked into', inEpoch(1, 0));
  expect(await ledger.epochs.pausedBecause()).toBe('a price is looked into');
  await epochs.setPaused(false, 'the price was right', inEpoch(1, 60));
  expect(await ledger.epochs.pausedBecause()).toBeUndefined();
});

test('who paused, and why, is kept', async () => {
  await epochs.setPaused(true, 'a price is looked into', inEpoch(1, 0));
  await expect(sql`delete from io.close_switches`.execute(database.owner)).rejects.toThrow(
    'is kept',
  );
  await expect(
    sql`update io.close_switches set paused = false`.execute(database.owner),
  ).rejects.toThrow('is refused');
});

test('the epochs that were closed are listed, newest first', async () => {
  await ledger.fund('renters/a', 10_000_000n);
  await ledger.leases.open(termsOf('one'), 7_200_000n, inEpoch(1, 0));
  await ledger.observe('ams', inEpoch(3, 0));
  await ledger.closeEpoch(1);
  const second = await ledger.closeEpoch(2);
  expect(await epochs.closed(1)).toEqual([
    expect.objectContaining({ epoch: 2, leases: 1, corrections: 0, chain: second.digest }),
  ]);
});
