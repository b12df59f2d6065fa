import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import {
  inEpoch,
  type LedgerFixture,
  ledgerFixture,
  termsOf,
} from '../../testing/ledger-fixture.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { createDeposits, DepositConflictError } from './deposits.ts';
import { createLeaseLedger } from './lease-ledger.ts';

let database: TestDatabase;
let ledger: LedgerFixture;
let renter: string;
let number = 0;
const now = inEpoch(1, 10);
/** The one device of `termsOf`. */
const device = { device: 'gpu-0', model: 'L4', ratePerHour: 3_600_000n };

beforeAll(async () => {
  database = await testDatabase();
  ledger = ledgerFixture(database);
});

beforeEach(() => {
  number += 1;
  renter = `renters/r${number}`;
});

afterAll(async () => {
  expect(await ledger.total()).toBe(0n);
  await database.close();
});

const lease = (suffix = '') => termsOf(`lease-${number}${suffix}`, { renter });
const available = () => ledger.balance('renter:available', renter);
const held = () => ledger.balance('renter:held', renter);

describe('opening a lease', () => {
  test('holds money for it', async () => {
    await ledger.fund(renter, 100n);
    expect(await ledger.leases.open(lease(), 60n, now)).toEqual({ kind: 'Held', held: 60n });
    expect([await available(), await held()]).toEqual([40n, 60n]);
  });

  test('twice holds it once, even at the same time and on another day', async () => {
    await ledger.fund(renter, 100n);
    const other = createLeaseLedger(database.connect(database.writerUrl));
    const again = { ...lease(), openedAtSeconds: now + 86_400 };
    const results = await Promise.all([
      ledger.leases.open(lease(), 60n, now),
      other.open(lease(), 60n, now),
      other.open(again, 60n, now + 86_400),
    ]);
    for (const result of results) expect(result).toEqual({ kind: 'Held', held: 60n });
    expect(await available()).toBe(40n);
  });

  test('without the money changes nothing and says what is missing', async () => {
    await ledger.fund(renter, 59n);
    expect(await ledger.leases.open(lease(), 60n, now)).toEqual({
      kind: 'InsufficientFunds',
      asset: 'USDC',
      available: 59n,
      missing: 1n,
    });
    expect(await ledger.leases.money([lease().leaseId])).toEqual([]);
    await ledger.fund(renter, 1n);
    expect(await ledger.leases.open(lease(), 60n, now)).toMatchObject({ kind: 'Held' });
  });

  test('for nothing needs no account', async () => {
    expect(await ledger.leases.open(lease(), 0n, now)).toEqual({ kind: 'Held', held: 0n });
    expect(await ledger.leases.balances(renter)).toEqual([]);
  });

  test.each([
    ['another price', { devices: [{ ...device, ratePerHour: 1n }] }],
    ['another device', { devices: [{ ...device, device: 'gpu-1' }] }],
    ['another model', { devices: [{ ...device, model: 'A10' }] }],
    ['fewer devices', { devices: [] }],
    ['another member', { member: 'ber' }],
    ['another supplier', { supplier: 'suppliers/other' }],
    ['other fees', { fees: { renterBasisPoints: 1, supplierBasisPoints: 0 } }],
    ['another cluster', { clusterUid: 'another' }],
  ] as const)('again with %s is refused', async (_, other) => {
    await ledger.fund(renter, 100n);
    await ledger.leases.open(lease(), 10n, now);
    const again = { ...lease(), ...other };
    expect(await ledger.leases.open(again, 10n, now)).toEqual({ kind: 'Taken' });
    expect(await available()).toBe(90n);
  });

  test('of a renter at once, many, never holds more than there is', async () => {
    await ledger.fund(renter, 105n);
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, each) => ledger.leases.open(lease(`-${each}`), 10n, now)),
    );
    expect(results.filter(({ kind }) => kind === 'Held')).toHaveLength(10);
    expect([await available(), await held()]).toEqual([5n, 100n]);
  });
});

test('leases and deposits of shared accounts at once do not stand in each other’s way', async () => {
  const processes = Array.from({ length: 6 }, () => {
    const pool = database.connect(database.writerUrl);
    return { leases: createLeaseLedger(pool), deposits: createDeposits(pool) };
  });
  const owners = [`${renter}-1`, `${renter}-2`, `${renter}-3`];
  for (const owner of owners) await ledger.fund(owner, 1_000n);
  await Promise.all(
    processes.flatMap(({ leases, deposits }, process) =>
      Array.from({ length: 20 }, async (_, round) => {
        const owner = owners[(process + round) % 3] ?? renter;
        const suffix = `-${process}-${round}`;
        await leases.open({ ...lease(suffix), renter: owner }, 5n, now);
        const deposit = {
          reference: `${renter}${suffix}`,
          owner,
          asset: 'USDC',
          amount: 5n,
        } as const;
        await deposits.deposit({ ...deposit, source: 'test' }, now);
        await leases.close(lease(suffix).leaseId, now, 'done');
      }),
    ),
  );
  for (const owner of owners) {
    expect(await ledger.balance('renter:available', owner)).toBe(1_000n);
    expect(await ledger.balance('renter:held', owner)).toBe(200n);
  }
});

describe('extending a lease', () => {
  const more = [{ device: 'gpu-1', model: 'A10', ratePerHour: 1_800_000n }];

  test('adds devices and raises the hold, once', async () => {
    await ledger.fund(renter, 100n);
    await ledger.leases.open(lease(), 40n, now);
    const extend = () => ledger.leases.extend(lease().leaseId, more, 60n, now + 5);
    const results = await Promise.all([extend(), extend()]);
    for (const result of results) expect(result).toEqual({ kind: 'Held', held: 60n });
    expect([await available(), await held()]).toEqual([40n, 60n]);
    const [money] = await ledger.leases.money([lease().leaseId]);
    expect(money?.ratePerHour).toBe(5_400_000n);
    expect(await ledger.leases.open(lease(), 40n, now)).toMatchObject({ kind: 'Held' });
  });

  test('without the money changes nothing', async () => {
    await ledger.fund(renter, 50n);
    await ledger.leases.open(lease(), 40n, now);
    expect(await ledger.leases.extend(lease().leaseId, more, 60n, now)).toEqual({
      kind: 'InsufficientFunds',
      asset: 'USDC',
      available: 10n,
      missing: 10n,
    });
    const [money] = await ledger.leases.money([lease().leaseId]);
    expect(money).toMatchObject({ ratePerHour: 3_600_000n, held: 40n });
  });

  test.each([
    ['price', { ratePerHour: 1n }],
    ['model', { model: 'A10' }],
  ])('with another %s for a device that it has is refused', async (_, other) => {
    await ledger.leases.open(lease(), 0n, now);
    const again = [{ ...device, ...other }];
    expect(await ledger.leases.extend(lease().leaseId, again, 0n, now)).toEqual({ kind: 'Taken' });
  });

  test('after its end is refused, as is opening it again', async () => {
    await ledger.leases.open(lease(), 0n, now);
    await ledger.leases.close(lease().leaseId, now, 'deleted');
    expect(await ledger.leases.extend(lease().leaseId, more, 0n, now)).toEqual({ kind: 'Taken' });
    expect(await ledger.leases.open(lease(), 0n, now)).toEqual({ kind: 'Taken' });
    expect(await ledger.leases.extend('lease-unknown', more, 0n, now)).toEqual({ kind: 'Taken' });
  });
});

test('a lease keeps what its devices are, each model written once whoever comes first', async () => {
  const [one, two, other] = [1, 2, 3].map((each) => `model-${number}-${each}`) as [
    string,
    string,
    string,
  ];
  const devices = [one, two, one].map((model, slot) => ({
    ...device,
    device: `gpu-${slot}`,
    model,
  }));
  const backwards = devices.map((each) => ({ ...each, model: each.model === one ? two : one }));
  await Promise.all(
    Array.from({ length: 16 }, (_, each) =>
      createLeaseLedger(database.connect(database.writerUrl)).open(
        { ...lease(`-${each}`), devices: each % 2 === 0 ? devices : backwards },
        0n,
        now,
      ),
    ),
  );
  const more = [{ ...device, device: 'gpu-3', model: other }];
  await ledger.leases.extend(lease('-1').leaseId, more, 0n, now);
  const { rows } = await sql<{ models: string }>`
    select string_agg(m.model, ' ' order by d.slot) as models
    from io.leases l join io.lease_devices d using (lease_no) join io.device_models m using (model_no)
    where l.lease_id in (${lease('-0').leaseId}, ${lease('-1').leaseId})
    group by l.lease_id order by l.lease_id`.execute(database.reader);
  expect(rows.map(({ models }) => models)).toEqual([
    `${one} ${two} ${one}`,
    `${two} ${one} ${two} ${other}`,
  ]);
});

describe('the money of leases', () => {
  test('says what was used and is not settled', async () => {
    await ledger.fund(renter, 10_000_000n);
    const member = `member-${number}`;
    const fees = { renterBasisPoints: 100, supplierBasisPoints: 0 };
    await ledger.leases.open({ ...lease(), member, fees }, 4_000_000n, now);
    expect(await ledger.leases.money([lease().leaseId, 'unknown'])).toEqual([
      {
        leaseId: lease().leaseId,
        asset: 'USDC',
        held: 4_000_000n,
        settled: 0n,
        unsettled: 0n,
        available: 6_000_000n,
        ratePerHour: 3_636_000n,
        firstUsageSeconds: undefined,
        observedUntilSeconds: undefined,
        state: 'Open',
      },
    ]);
    await ledger.use(lease().leaseId, now, now + 10);
    await ledger.use(lease().leaseId, now + 20);
    await ledger.observe(member, now + 25);
    const [money] = await ledger.leases.money([lease().leaseId]);
    expect(money).toMatchObject({
      unsettled: 15_150n,
      firstUsageSeconds: now,
      observedUntilSeconds: now + 25,
    });
  });

  test('has the price of the devices that a lease has now', async () => {
    await ledger.fund(renter, 10_000_000n);
    const { leaseId } = lease();
    const fees = { renterBasisPoints: 0, supplierBasisPoints: 0 };
    await ledger.leases.open({ ...lease(), fees }, 4_000_000n, now);
    const [one] = lease().devices;
    const spare = { device: 'spare', model: 'L4', ratePerHour: 700n };
    await ledger.leases.extend(leaseId, [spare], 0n, now);
    const rateOf = async (...devices: readonly string[][]) => {
      const had = devices[0] === undefined ? undefined : new Map([[leaseId, devices[0]]]);
      return (await ledger.leases.money([leaseId], had))[0]?.ratePerHour;
    };
    const all = lease().devices.reduce((sum, { ratePerHour }) => sum + ratePerHour, 700n);
    expect(await rateOf()).toBe(all);
    expect(await rateOf(['spare'])).toBe(700n);
    expect(await rateOf([one?.device ?? '', 'never'])).toBe(one?.ratePerHour);
    expect(await rateOf([])).toBe(0n);
  });

  test('is asked for a thousand leases at most', async () => {
    const ids = Array.from({ length: 1_001 }, (_, each) => `lease-${each}`);
    await expect(ledger.leases.money(ids)).rejects.toThrow('1001 leases at once');
    expect(await ledger.leases.money([])).toEqual([]);
  });

  test('is told for all assets of an account', async () => {
    await ledger.fund(renter, 10n);
    const io = { owner: renter, asset: 'IO', amount: 5n, source: 'test' } as const;
    await ledger.deposits.deposit({ ...io, reference: renter }, now);
    await ledger.leases.open(lease(), 4n, now);
    expect(await ledger.leases.balances(renter)).toEqual([
      { asset: 'IO', available: 5n, held: 0n, earned: 0n },
      { asset: 'USDC', available: 6n, held: 4n, earned: 0n },
    ]);
  });
});

test('leases that have not ended are told page by page', async () => {
  const ids = ['a', 'b', 'c'].map((suffix) => lease(`-${suffix}`).leaseId);
  for (const leaseId of ids) await ledger.leases.open({ ...lease(), leaseId }, 0n, now);
  await ledger.leases.close(ids[1] ?? '', now, 'done');
  const before = `lease-${number}-`;
  expect(await ledger.leases.openLeases(before, 1)).toEqual([ids[0]]);
  const rest = await ledger.leases.openLeases(ids[0] ?? '', 100);
  expect(rest.filter((id) => id.startsWith(before))).toEqual([ids[2]]);
});

describe('a deposit', () => {
  const deposit = () =>
    ({
      reference: `ref-${number}`,
      owner: renter,
      asset: 'USDC',
      amount: 7n,
      source: 'bank',
    }) as const;

  test('twice is booked once', async () => {
    const book = () => ledger.deposits.deposit(deposit(), now);
    expect(await Promise.all([book(), book()])).toEqual([7n, 7n]);
    expect(await available()).toBe(7n);
  });

  test.each([
    ['amount', { amount: 8n }],
    ['account', { owner: 'renters/other' }],
    ['asset', { asset: 'IO' }],
    ['source', { source: 'elsewhere' }],
  ] as const)('of the same reference with another %s is refused', async (_, other) => {
    await ledger.deposits.deposit(deposit(), now);
    const again = ledger.deposits.deposit({ ...deposit(), ...other }, now);
    await expect(again).rejects.toThrow(DepositConflictError);
    expect(await available()).toBe(7n);
  });
});
