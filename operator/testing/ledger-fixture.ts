import { sql } from 'kysely';
import { createDeposits } from '../adapters/postgres/deposits.ts';
import { createEpochLedger } from '../adapters/postgres/epoch-ledger.ts';
import { createLeaseLedger } from '../adapters/postgres/lease-ledger.ts';
import { epochEnd, epochStart } from '../domain/epoch.ts';
import type { AccountKind, LeaseTerms, TransferCause } from '../domain/ledger/types.ts';
import { type TestDatabase, testGenesisSeconds } from './postgres.ts';

/** Second `offset` of an epoch of test databases. */
export function inEpoch(epoch: number, offset: number): number {
  return epochStart(epoch, testGenesisSeconds) + offset;
}

/** When a hub closes an epoch. */
export function whenClosed(epoch: number): number {
  return epochEnd(epoch, testGenesisSeconds) + 120;
}

/** One device at 3.60 an hour, which is 1,000 base units a second, without fees. */
export function termsOf(leaseId: string, terms: Partial<LeaseTerms> = {}): LeaseTerms {
  return {
    leaseId,
    clusterUid: `uid-${leaseId}`,
    cluster: `renters/${leaseId}`,
    member: 'ams',
    renter: 'renters/a',
    supplier: 'suppliers/x',
    asset: 'USDC',
    fees: { renterBasisPoints: 0, supplierBasisPoints: 0 },
    devices: [{ device: 'gpu-0', model: 'L4', ratePerHour: 3_600_000n }],
    openedAtSeconds: inEpoch(1, 0),
    ...terms,
  };
}

export type LedgerFixture = ReturnType<typeof ledgerFixture>;

/** The ledger on a test database, and what members would tell it. */
export function ledgerFixture(database: TestDatabase) {
  const { writer, reader } = database;
  const epochs = createEpochLedger(writer);
  let deposits = 0;
  return {
    leases: createLeaseLedger(writer),
    epochs,
    deposits: createDeposits(writer),

    closeEpoch: (epoch: number) => epochs.closeEpoch(epoch, whenClosed(epoch)),

    /** Money for a renter, each time more. */
    fund: (owner: string, amount: bigint) => {
      deposits += 1;
      const deposit = { reference: `fund-${deposits}`, asset: 'USDC', source: 'test' } as const;
      return createDeposits(writer).deposit({ ...deposit, owner, amount }, inEpoch(1, 0));
    },

    /** The first device of a lease is Ready in [start, end). */
    use: async (leaseId: string, startSeconds: number, endSeconds?: number): Promise<void> => {
      await sql`select io.ensure_partitions(${startSeconds}, ${startSeconds})`.execute(writer);
      await sql`insert into io.intervals
          (lease_no, slot, pod_uid, start_s, end_s, end_reason, rate_per_hour, received_ms)
        select lease_no, 0, gen_random_uuid(), ${startSeconds}, ${endSeconds ?? null}::integer,
          ${endSeconds === undefined ? null : 'NotReady'}, d.rate_per_hour, 0
        from io.leases join io.lease_devices d using (lease_no)
        where lease_id = ${leaseId} and d.slot = 0`.execute(writer);
    },

    /** The open interval of a lease ends. */
    endUse: async (leaseId: string, endSeconds: number): Promise<void> => {
      await sql`update io.intervals i set end_s = ${endSeconds}, end_reason = 'NotReady'
        from io.leases l where l.lease_id = ${leaseId} and i.lease_no = l.lease_no
          and i.end_s is null`.execute(writer);
    },

    /** The member has reported everything until then. */
    observe: async (member: string, untilSeconds: number): Promise<void> => {
      await sql`update io.members set observed_until_s = ${untilSeconds} where name = ${member}`.execute(
        writer,
      );
    },

    balance: async (kind: AccountKind, owner = ''): Promise<bigint> => {
      const { rows } = await sql<{ balance: bigint }>`
        select balance from io.accounts
        where kind = ${kind} and owner = ${owner} and asset = 'USDC'`.execute(reader);
      return rows[0]?.balance ?? 0n;
    },

    /** Sum over all accounts, which is 0 for each asset. */
    total: async (): Promise<bigint> => {
      const { rows } = await sql<{ total: bigint }>`
        select coalesce(sum(balance), 0)::bigint as total from io.accounts`.execute(reader);
      return rows[0]?.total ?? 0n;
    },

    /** Transfers of an epoch by cause, as `debit > credit: amount`. */
    transfers: async (epoch: number, cause: TransferCause): Promise<readonly string[]> => {
      const { rows } = await sql<{ told: string }>`
        select d.kind || ' > ' || c.kind || ': ' || t.amount as told
        from io.transfers t
        join io.accounts d on d.account_no = t.debit
        join io.accounts c on c.account_no = t.credit
        where t.epoch = ${epoch} and t.cause = ${cause} order by told`.execute(reader);
      return rows.map(({ told }) => told);
    },
  };
}
