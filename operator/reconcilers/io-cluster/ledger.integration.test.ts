import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { ioClusterResource } from '../../../crds/schema/index.ts';
import { createDeposits } from '../../adapters/postgres/deposits.ts';
import { createEpochLedger } from '../../adapters/postgres/epoch-ledger.ts';
import { createLeaseLedger } from '../../adapters/postgres/lease-ledger.ts';
import { eventually } from '../../testing/eventually.ts';
import { type Fault, hold, PaidWorld, renter } from '../../testing/paid-world.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';

/** The controller on the real ledger: what both promise each other in their own tests has to fit. */
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.close());

/** A cluster is placed and deleted while something goes wrong; returns the leases that it had. */
async function life(uid: string, faults: readonly Fault[] = [], lost: readonly string[] = []) {
  const ledger = createLeaseLedger(database.writer);
  const world = new PaidWorld(ledger, faults, uid);
  world.start();
  world.lost = lost;
  await eventually(async () => {
    await world.run(1);
    world.agent();
    expect(world.hub.clusters()[0]?.status?.lease).toBeDefined();
  });
  world.hub.delete(ioClusterResource, 'train', 'team');
  await eventually(async () => {
    await world.run(1);
    world.agent();
    expect(world.hub.clusters()).toEqual([]);
  });
  const { rows } = await sql<{ state: string; devices: number; evidence: string }>`
    select state, evidence, (select count(*)::int from io.lease_devices d
      where d.lease_no = l.lease_no) as devices
    from io.leases l where cluster_uid = ${uid} order by lease_no`.execute(database.reader);
  return rows;
}

test('whatever happens between opening and ending a lease, nothing stays open', async () => {
  const deposits = createDeposits(database.writer);
  const deposit = { reference: 'r', owner: renter, asset: 'USDC', amount: 100n * hold } as const;
  await deposits.deposit({ ...deposit, source: 'test' }, testGenesisSeconds);
  const whole = { state: 'Closing', devices: 2, evidence: 'deleted by the renter' };
  expect(await life('uid-whole')).toEqual([whole]);
  for (const call of [2, 7]) {
    for (const kind of ['crash', 'no answer'] as const) {
      for (const when of ['before', 'after'] as const) {
        const uid = `uid-${call}-${kind}-${when}`;
        expect({ uid, leases: await life(uid, [{ call, kind, when }]) }).toEqual({
          uid,
          leases: [whole],
        });
      }
    }
  }
});

test('a lease that was opened on other devices is ended, and nothing of it is held', async () => {
  const leases = await life('uid-taken', [{ call: 2, kind: 'crash', when: 'after' }], ['n1-gpu-0']);
  expect(leases).toMatchObject([
    { state: 'Closing', evidence: expect.stringContaining('never placed') },
    { state: 'Closing', evidence: 'deleted by the renter' },
  ]);
});

test('what ended is settled, and all of it is available again', async () => {
  const ledger = createLeaseLedger(database.writer);
  await sql`update io.members set observed_until_s = 2000000000`.execute(database.owner);
  await createEpochLedger(database.writer).settleClosing(1_000, testGenesisSeconds + 3_600);
  expect(await ledger.balances(renter)).toMatchObject([{ available: 100n * hold, held: 0n }]);
});
