import { sql } from 'kysely';
import type { UsageReport } from '../../domain/metering/types.ts';
import type { Database } from './database.ts';

/** Most gaps in the sequences of a spool; what would make one more is stored, but not noted. */
const maxGaps = 1_000;
/** Former spools that are known again; a member that had more is confused beyond help. */
const maxFormerSpools = 100;

/** The row of a member, which nobody else changes until the transaction ends. */
export type LockedMember = Readonly<{
  member_no: number;
  observed_until_s: number;
  spool_id: string | null;
  former_spools: readonly string[];
}>;

/** What a spool is to the hub: the one written now, one that came before it, or one never seen. */
export type SpoolStanding = 'current' | 'former' | 'new';

export function standingOf(member: LockedMember, spoolId: string): SpoolStanding {
  if (member.spool_id === spoolId) return 'current';
  return member.former_spools.includes(spoolId) ? 'former' : 'new';
}

/**
 * Joins those who write the ledger: until the end of the transaction no epoch is closed and no lease
 * settled. Comes before every other lock.
 */
export async function beginPosting(transaction: Database): Promise<void> {
  await sql`select io.begin_posting()`.execute(transaction);
}

/** Locks a member until the end of the transaction: its reports are taken one after the other. */
export async function lockMember(transaction: Database, name: string): Promise<LockedMember> {
  const select = sql<LockedMember>`
    select member_no, observed_until_s, spool_id, former_spools
    from io.members where name = ${name} for no key update`;
  const known = (await select.execute(transaction)).rows[0];
  if (known !== undefined) return known;
  // Not an upsert: that would draw a number at each report.
  await sql`insert into io.members (name) values (${name}) on conflict do nothing`.execute(
    transaction,
  );
  const made = (await select.execute(transaction)).rows[0];
  if (made === undefined) throw new Error(`io.members lost the member ${name}`);
  return made;
}

/**
 * Makes a spool the current one. What the one before left open ends where the member's reports ended:
 * nobody vouches for what came after. The new one may open it again.
 */
export async function startSpool(
  transaction: Database,
  member: LockedMember,
  spoolId: string,
): Promise<void> {
  if (member.spool_id !== null) {
    await sql`
      update io.intervals i
      set end_s = greatest(i.start_s, ${member.observed_until_s}), end_reason = 'Unreported'
      from io.leases l
      where l.member_no = ${member.member_no} and l.state <> 'Closed'
        and i.lease_no = l.lease_no and i.end_s is null`.execute(transaction);
  }
  const former = [...member.former_spools, ...(member.spool_id === null ? [] : [member.spool_id])];
  await sql`
    update io.members
    set spool_id = ${spoolId}, received = '{}', received_until_s = 0,
      former_spools = ${former.slice(-maxFormerSpools)}::text[]
    where member_no = ${member.member_no}`.execute(transaction);
}

/**
 * Notes that a report of the current spool is stored, and moves the watermark if everything before it
 * is stored too. Returns false, and changes nothing, when the member or its spool is another.
 */
export async function noteReceived(
  database: Database,
  member: string,
  { spoolId, sequence, observedUntilSeconds }: UsageReport,
  receivedAtMs: number,
): Promise<boolean> {
  const until = sql`greatest(received_until_s, ${observedUntilSeconds}::integer)`;
  const before = sql`received @> int8range(1, ${sequence}::int8)`;
  const noted = sql`case
    when ${before} or (select count(*) from unnest(received)) < ${maxGaps}
    then received + int8multirange(int8range(${sequence}::int8, ${sequence}::int8 + 1))
    else received end`;
  const { numAffectedRows } = await sql`
    update io.members
    set received = ${noted},
      received_until_s = ${until},
      observed_until_s = greatest(observed_until_s, case
        when ${noted} = int8multirange(int8range(1, upper(${noted}))) then ${until}
        when ${before} then ${observedUntilSeconds}::integer
        else 0 end),
      reported_at_ms = greatest(reported_at_ms, ${receivedAtMs}::int8)
    where name = ${member} and spool_id = ${spoolId}`.execute(database);
  return numAffectedRows === 1n;
}
