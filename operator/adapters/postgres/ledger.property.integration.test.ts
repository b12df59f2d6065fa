import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { epochEnd, epochStart } from '../../domain/epoch.ts';
import type { LeaseTerms } from '../../domain/ledger/types.ts';
import { LedgerModel, type ModelInterval, type ModelLease } from '../../testing/ledger-model.ts';
import type { EpochLedger } from '../../ports/epoch-ledger.ts';
import type { LeaseLedger } from '../../ports/lease-ledger.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { createDeposits, type Deposits } from './deposits.ts';
import { createEpochLedger } from './epoch-ledger.ts';
import { createLeaseLedger } from './lease-ledger.ts';
import { nameOf, type Transfer, transferIdBytes } from '../../domain/ledger/journal.ts';
import { compareText } from '../../domain/order.ts';
import { digestOfRows, transferRows } from '../../testing/ledger-digest.ts';

const renters = ['renters/a', 'renters/b'];
const suppliers = ['suppliers/x', 'suppliers/y'];
const members = ['ams', 'ber'];
const fees = { renterBasisPoints: 225, supplierBasisPoints: 25 };

type Operation =
  | { do: 'deposit'; renter: string; amount: bigint }
  | {
      do: 'open';
      renter: string;
      supplier: string;
      member: string;
      rates: bigint[];
      hold: bigint;
      at: number;
    }
  | { do: 'extend'; lease: number; rate: bigint; hold: bigint }
  | { do: 'begin'; lease: number; slot: number; at: number }
  | { do: 'end'; lease: number; interval: number; length: number; unreported: boolean }
  | { do: 'observe'; member: string; by: number }
  | { do: 'end the lease'; lease: number; at: number }
  | { do: 'settle' }
  | { do: 'close the epoch' };

const amount = fc.bigInt({ min: 1n, max: 40_000_000n });
const rate = fc.bigInt({ min: 0n, max: 9_999_999n });
const index = fc.nat({ max: 20 });
/** Seconds from the start of the epoch that is to be closed next; before it is late. */
const second = fc.integer({ min: -5_000, max: 3_600 });

const weighed = (weight: number, arbitrary: fc.Arbitrary<Operation>) => ({ weight, arbitrary });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  weighed(
    1,
    fc.record({ do: fc.constant('deposit'), renter: fc.constantFrom(...renters), amount }),
  ),
  weighed(
    2,
    fc.record({
      do: fc.constant('open'),
      renter: fc.constantFrom(...renters),
      supplier: fc.constantFrom(...suppliers),
      member: fc.constantFrom(...members),
      rates: fc.array(rate, { minLength: 1, maxLength: 3 }),
      hold: fc.bigInt({ min: 0n, max: 10_000_000n }),
      at: second,
    }),
  ),
  weighed(1, fc.record({ do: fc.constant('extend'), lease: index, rate, hold: amount })),
  weighed(5, fc.record({ do: fc.constant('begin'), lease: index, slot: index, at: second })),
  weighed(
    5,
    fc.record({
      do: fc.constant('end'),
      lease: index,
      interval: index,
      length: fc.integer({ min: 1, max: 5_000 }),
      unreported: fc.boolean(),
    }),
  ),
  weighed(
    3,
    fc.record({
      do: fc.constant('observe'),
      member: fc.constantFrom(...members),
      by: fc.integer({ min: -1_000, max: 4_000 }),
    }),
  ),
  weighed(1, fc.record({ do: fc.constant('end the lease'), lease: index, at: second })),
  weighed(2, fc.record({ do: fc.constant('settle') })),
  weighed(3, fc.record({ do: fc.constant('close the epoch') })),
);

type Process = Readonly<{ leases: LeaseLedger; epochs: EpochLedger; deposits: Deposits }>;

function processOf(database: TestDatabase): Process {
  const pool = database.connect(database.writerUrl);
  return {
    leases: createLeaseLedger(pool),
    epochs: createEpochLedger(pool),
    deposits: createDeposits(pool),
  };
}

/** Does the same to the ledger, twice and at once, and to the model. */
class Pair {
  readonly model = new LedgerModel(testGenesisSeconds);
  readonly #database: TestDatabase;
  readonly #processes: readonly [Process, Process];
  /** Intervals whose end may still be told anew. */
  readonly #unreported = new Set<ModelInterval>();
  #deposits = 0;

  constructor(database: TestDatabase) {
    this.#database = database;
    this.#processes = [processOf(database), processOf(database)];
  }

  async apply(of: Operation): Promise<void> {
    switch (of.do) {
      case 'deposit':
        return this.#deposit(of.renter, of.amount);
      case 'open':
        return this.#open(of);
      case 'extend':
        return this.#withLease(of.lease, (lease) => this.#extend(lease, of.rate, of.hold));
      case 'begin':
        return this.#withLease(of.lease, (lease) => this.#begin(lease, of.slot, this.#at(of.at)));
      case 'end':
        return this.#withLease(of.lease, (lease) => this.#end(lease, of));
      case 'observe':
        return this.#observe(of.member, this.#at(of.by));
      case 'end the lease':
        return this.#withLease(of.lease, (lease) => this.#endLease(lease, this.#at(of.at)));
      case 'settle':
        return this.#settle();
      case 'close the epoch':
        return this.#closeEpoch();
    }
  }

  /** Everything that the model knows is in the database, to the unit. */
  async check(): Promise<void> {
    const { rows: accounts } = await sql<{ name: string; balance: bigint }>`
      select kind || ' ' || owner || ' ' || asset as name, balance from io.accounts`.execute(
      this.#database.reader,
    );
    const nonzero = (entries: Iterable<readonly [string, bigint]>) =>
      new Map([...entries].filter(([, balance]) => balance !== 0n));
    expect(nonzero(accounts.map(({ name, balance }) => [name, balance]))).toEqual(
      nonzero(this.model.balances),
    );
    expect(accounts.reduce((sum, { balance }) => sum + balance, 0n)).toBe(0n);
    const { rows: charges } = await sql`
      select l.lease_id as "leaseId", c.epoch, counted_until_s as "countedUntilSeconds", seconds,
        late_seconds as "lateSeconds", raw_sum as "rawSum", late_raw as "lateRaw",
        total_sum as "totalSum", collected_sum as "collectedSum", renewed_sum as "renewedSum", final
      from io.charges c join io.leases l using (lease_no)
      order by c.epoch, c.final desc, c.lease_no`.execute(this.#database.reader);
    const expected = this.model.rows.map((row) => ({
      ...row,
      rawSum: row.rawSum.toString(),
      lateRaw: row.lateRaw.toString(),
    }));
    const keyed = (row: unknown) => {
      const { epoch, leaseId } = row as { epoch: number; leaseId: string };
      return `${epoch} ${leaseId}`;
    };
    const byKey = (left: unknown, right: unknown) => (keyed(left) < keyed(right) ? -1 : 1);
    expect(charges.toSorted(byKey)).toEqual(expected.toSorted(byKey));
    await this.#checkMoney();
  }

  /** Each transfer is there, under the id that the core derives. */
  async checkTransfers(): Promise<void> {
    const transfers = await transferRows(this.#database.reader);
    for (const { transferId, ...row } of transfers) {
      expect(transferId).toBe(createHash('sha256').update(transferIdBytes(row)).digest('hex'));
    }
    const told = ({ epoch, cause, debit, credit, amount: moved }: Transfer) =>
      [epoch, cause, nameOf(debit), nameOf(credit), moved].join(' ');
    expect(transfers.map(told).toSorted(compareText)).toEqual(
      this.model.transfers.map(told).toSorted(compareText),
    );
  }

  async checkDigests(): Promise<void> {
    const { rows } = await sql<{ epoch: number; chain: string }>`
      select epoch, encode(chain, 'hex') as chain from io.epochs order by epoch`.execute(
      this.#database.reader,
    );
    let chain = Buffer.alloc(32);
    for (const row of rows) {
      const digest = await digestOfRows(this.#database.reader, row.epoch);
      chain = createHash('sha256').update(chain).update(digest).digest();
      expect(row.chain).toBe(chain.toString('hex'));
    }
  }

  async #checkMoney(): Promise<void> {
    const told = await this.#processes[0].leases.money([...this.model.leases.keys()]);
    const held = new Map<string, bigint>();
    for (const money of told) {
      const { terms } = this.model.leases.get(money.leaseId) ?? {};
      const renter = terms?.renter ?? '';
      held.set(renter, (held.get(renter) ?? 0n) + money.held);
      expect(money.held >= 0n && money.available >= 0n).toBe(true);
    }
    expect(told).toHaveLength(this.model.leases.size);
    for (const renter of renters) {
      const account = { kind: 'renter:held', owner: renter, asset: 'USDC' } as const;
      expect(held.get(renter) ?? 0n).toBe(this.model.balanceOf(account));
    }
  }

  async #deposit(owner: string, paidIn: bigint): Promise<void> {
    this.#deposits += 1;
    const deposit = { reference: `d${this.#deposits}`, owner, amount: paidIn, source: 'test' };
    await this.#both(({ deposits }) =>
      deposits.deposit({ ...deposit, asset: 'USDC' }, this.#at(0)),
    );
    this.model.deposit(owner, paidIn);
  }

  async #open(of: Extract<Operation, { do: 'open' }>): Promise<void> {
    const leaseId = `lease-${String(this.model.leases.size).padStart(4, '0')}`;
    const { renter, supplier, member, hold } = of;
    const terms: LeaseTerms = {
      leaseId,
      clusterUid: leaseId,
      cluster: `${renter}-cluster`,
      member,
      renter,
      supplier,
      asset: 'USDC',
      fees,
      devices: of.rates.map((ratePerHour, slot) => ({
        device: `gpu-${slot}`,
        model: 'L4',
        ratePerHour,
      })),
      openedAtSeconds: this.#at(of.at),
    };
    const held = this.model.open(terms, hold);
    const results = await this.#both(({ leases }) => leases.open(terms, hold, this.#at(of.at)));
    for (const { kind } of results) expect(kind).toBe(held ? 'Held' : 'InsufficientFunds');
  }

  async #extend(lease: ModelLease, ratePerHour: bigint, hold: bigint): Promise<void> {
    const device = { device: `gpu-${lease.devices.length}`, model: 'L4', ratePerHour };
    const open = lease.state === 'Open';
    const held = this.model.extend(lease, device, hold);
    const results = await this.#both(({ leases }) =>
      leases.extend(lease.terms.leaseId, [device], hold, this.#at(0)),
    );
    const refusal = open ? 'InsufficientFunds' : 'Taken';
    for (const { kind } of results) expect(kind).toBe(held ? 'Held' : refusal);
  }

  async #begin(lease: ModelLease, slotIndex: number, startSeconds: number): Promise<void> {
    const slot = slotIndex % lease.devices.length;
    const known = lease.intervals.some(
      (of) => of.slot === slot && of.startSeconds === startSeconds,
    );
    if (known || lease.state === 'Closed') return;
    const { ratePerHour } = lease.devices[slot] ?? { ratePerHour: 0n };
    await sql`insert into io.intervals (lease_no, slot, pod_uid, start_s, rate_per_hour, received_ms)
      select lease_no, ${slot}, gen_random_uuid(), ${startSeconds}, ${ratePerHour}, 0
      from io.leases where lease_id = ${lease.terms.leaseId}`.execute(this.#database.writer);
    lease.intervals.push({
      slot,
      startSeconds,
      endSeconds: undefined,
      ratePerHour,
      knownEpoch: this.model.lastClosed + 1,
      settledEpoch: undefined,
    });
  }

  async #end(lease: ModelLease, of: Extract<Operation, { do: 'end' }>): Promise<void> {
    const retold = (each: ModelInterval) =>
      each.endSeconds === undefined || this.#unreported.has(each);
    const candidates = lease.intervals.filter(retold);
    const interval = candidates[of.interval % Math.max(1, candidates.length)];
    if (interval === undefined || lease.state === 'Closed') return;
    const endSeconds = interval.startSeconds + of.length;
    const reason = of.unreported ? 'Unreported' : 'NotReady';
    await sql`update io.intervals i set end_s = ${endSeconds}, end_reason = ${reason}
      from io.leases l where l.lease_id = ${lease.terms.leaseId} and i.lease_no = l.lease_no
        and i.slot = ${interval.slot} and i.start_s = ${interval.startSeconds}`.execute(
      this.#database.writer,
    );
    if (of.unreported) this.#unreported.add(interval);
    else this.#unreported.delete(interval);
    this.model.endInterval(lease, interval, endSeconds);
  }

  async #observe(member: string, until: number): Promise<void> {
    const before = this.model.observedUntil.get(member) ?? 0;
    const observed = Math.max(before, until);
    await sql`update io.members set observed_until_s = ${observed} where name = ${member}`.execute(
      this.#database.writer,
    );
    const known = [...this.model.leases.values()].some(({ terms }) => terms.member === member);
    if (known) this.model.observedUntil.set(member, observed);
  }

  async #endLease(lease: ModelLease, endSeconds: number): Promise<void> {
    await this.#both(({ leases }) => leases.close(lease.terms.leaseId, endSeconds, 'test'));
    this.model.close(lease, endSeconds);
  }

  async #settle(): Promise<void> {
    const settled = await this.#both(({ epochs }) => epochs.settleClosing(1_000, this.#at(0)));
    expect(settled.reduce((sum, each) => sum + each, 0)).toBe(this.model.settleClosing());
  }

  async #closeEpoch(): Promise<void> {
    const epoch = this.model.lastClosed + 1;
    const now = epochEnd(epoch, testGenesisSeconds) + 120;
    const reports = await this.#both(({ epochs }) => epochs.closeEpoch(epoch, now));
    expect(reports.filter(({ closed }) => closed)).toHaveLength(1);
    this.model.closeEpoch();
    const rows = this.model.rows.filter((row) => row.epoch === epoch);
    for (const { closed: _, digest: __, ...report } of reports) {
      expect(report).toEqual({
        epoch,
        leases: rows.length,
        corrections: rows.filter(({ lateSeconds }) => lateSeconds !== 0n).length,
        shortfalls: rows.filter((row) => row.collectedSum < row.totalSum).length,
      });
    }
  }

  #at(offset: number): number {
    return epochStart(this.model.lastClosed + 1, testGenesisSeconds) + offset;
  }

  async #withLease(number: number, work: (lease: ModelLease) => Promise<void>): Promise<void> {
    const leases = [...this.model.leases.values()];
    const lease = leases[number % Math.max(1, leases.length)];
    if (lease !== undefined) await work(lease);
  }

  #both<T>(work: (process: Process) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#processes.map(work));
  }
}

test('whatever happens in whatever order, all of it twice and at once, comes to what the core says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.array(operation, { minLength: 100, maxLength: 200 })),
      async (operations) => {
        const database = await testDatabase();
        try {
          await sql`create table io.intervals_all partition of io.intervals default`.execute(
            database.owner,
          );
          const pair = new Pair(database);
          for (const renter of renters) {
            await pair.apply({ do: 'deposit', renter, amount: 20_000_000n });
          }
          for (const each of operations) {
            await pair.apply(each);
            if (each.do === 'settle' || each.do === 'close the epoch') await pair.check();
          }
          await pair.check();
          await pair.checkTransfers();
          await pair.checkDigests();
        } finally {
          await database.close();
        }
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
}, 300_000);
