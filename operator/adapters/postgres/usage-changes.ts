import { sql } from 'kysely';
import {
  type DeviceFacts,
  judgeChange,
  type LeaseFacts,
} from '../../domain/intake/judge-change.ts';
import { type IntervalEnd, SlotTimeline } from '../../domain/intake/slot-timeline.ts';
import type { IntervalChange } from '../../domain/metering/types.ts';
import type { IntakeReceipt } from '../../ports/usage-intake.ts';
import type { Database } from './database.ts';
import type { LockedMember } from './members.ts';

/** How changes came. */
export type Arrival = Readonly<{ receivedAtMs: number; currentSpool: boolean }>;

/**
 * Judges changes in their order and writes those that are taken, in a handful of statements however
 * many there are. The caller posts (`beginPosting`), so that no lease is settled meanwhile, and holds
 * the lock on the member.
 */
export async function takeChanges(
  transaction: Database,
  member: LockedMember,
  changes: readonly IntervalChange[],
  { receivedAtMs, currentSpool }: Arrival,
): Promise<IntakeReceipt> {
  const leases = await loadLeases(transaction, member, changes);
  const slots = await loadSlots(transaction, leases, changes);
  const knowledge = {
    nowSeconds: Math.floor(receivedAtMs / 1000),
    observedUntilSeconds: member.observed_until_s,
    currentSpool,
  };
  let accepted = 0;
  let duplicate = 0;
  const rejected: IntakeReceipt['rejected'][number][] = [];
  for (const change of changes) {
    const lease = leases.get(change.leaseId);
    const outcome = judgeChange(change, lease, slots.get(slotKey(change)), knowledge);
    if (outcome === 'accepted') accepted += 1;
    else if (outcome === 'duplicate') duplicate += 1;
    else rejected.push({ change, ...outcome });
  }
  if (accepted > 0) await write(transaction, [...slots.values()], receivedAtMs);
  return { accepted, duplicate, rejected };
}

type Lease = LeaseFacts & Readonly<{ leaseNo: bigint; openedAtSeconds: number }>;
type Slot = DeviceFacts & Readonly<{ leaseNo: bigint; slot: number; ratePerHour: bigint }>;

/** A lease and a device have no space in their names. */
const slotKey = ({ leaseId, device }: IntervalChange): string => `${leaseId} ${device}`;

async function loadLeases(
  transaction: Database,
  { member_no: memberNo }: LockedMember,
  changes: readonly IntervalChange[],
): Promise<ReadonlyMap<string, Lease>> {
  const ids = [...new Set(changes.map(({ leaseId }) => leaseId))];
  const { rows } = await sql<{
    lease_id: string;
    lease_no: bigint;
    member_no: number;
    opened_at_s: number;
    ended_at_s: number | null;
    state: string;
  }>`
    select lease_id, lease_no, member_no, opened_at_s, ended_at_s, state
    from io.leases where lease_id = any(${ids}::text[])`.execute(transaction);
  return new Map(
    rows.map((row) => [
      row.lease_id,
      {
        leaseNo: row.lease_no,
        mine: row.member_no === memberNo,
        settled: row.state === 'Closed',
        openedAtSeconds: row.opened_at_s,
        endedAtSeconds: row.ended_at_s ?? undefined,
      },
    ]),
  );
}

type NeighbourRow = {
  lease_id: string;
  device: string;
  lease_no: bigint;
  slot: number;
  rate_per_hour: bigint;
  added_at_s: number;
  start_s: number | null;
  end_s: number | null;
  end_reason: IntervalEnd['reason'] | null;
  pod_uid: string | null;
};

/** The devices that the changes name, each with the intervals just before and just after them. */
async function loadSlots(
  transaction: Database,
  leases: ReadonlyMap<string, Lease>,
  changes: readonly IntervalChange[],
): Promise<ReadonlyMap<string, Slot>> {
  const asked = changes.flatMap((change) => {
    const lease = leases.get(change.leaseId);
    return lease?.mine === true ? [{ change, lease }] : [];
  });
  if (asked.length === 0) return new Map();
  const { rows } = await sql<NeighbourRow>`
    select c.lease_id, c.device, d.lease_no, d.slot, d.rate_per_hour, d.added_at_s,
      n.start_s, n.end_s, n.end_reason, n.pod_uid
    from unnest(
      ${asked.map(({ lease }) => lease.leaseNo)}::int8[],
      ${asked.map(({ change }) => change.leaseId)}::text[],
      ${asked.map(({ change }) => change.device)}::text[],
      ${asked.map(({ change }) => change.startSeconds)}::integer[],
      ${asked.map(({ lease }) => Math.max(0, lease.openedAtSeconds - 60))}::integer[]
    ) as c (lease_no, lease_id, device, start_s, since_s)
    join io.lease_devices d on d.lease_no = c.lease_no and d.device = c.device
    left join lateral (
      (select start_s, end_s, end_reason, pod_uid from io.intervals i
        where i.lease_no = d.lease_no and i.slot = d.slot
          and i.start_s between c.since_s and c.start_s
        order by start_s desc limit 1)
      union all
      (select start_s, end_s, end_reason, pod_uid from io.intervals i
        where i.lease_no = d.lease_no and i.slot = d.slot and i.start_s > c.start_s
        order by start_s limit 1)
    ) n on true`.execute(transaction);
  const grouped = Map.groupBy(rows, ({ lease_id, device }) => `${lease_id} ${device}`);
  return new Map([...grouped].map(([key, of]) => [key, slotOf(of)]));
}

function slotOf(rows: readonly NeighbourRow[]): Slot {
  const [row] = rows;
  if (row === undefined) throw new Error('a group has a row');
  const intervals = rows.flatMap(({ start_s: startSeconds, end_s: seconds, ...of }) => {
    if (startSeconds === null || of.pod_uid === null) return [];
    const end =
      seconds === null || of.end_reason === null ? undefined : { seconds, reason: of.end_reason };
    return [[startSeconds, { podUid: of.pod_uid, startSeconds, end }] as const];
  });
  return {
    leaseNo: row.lease_no,
    slot: row.slot,
    ratePerHour: row.rate_per_hour,
    addedAtSeconds: row.added_at_s,
    // Changes that are close to each other have the same neighbours.
    timeline: new SlotTimeline([...new Map(intervals).values()]),
  };
}

async function write(
  transaction: Database,
  slots: readonly Slot[],
  receivedAtMs: number,
): Promise<void> {
  const added = slots.flatMap((slot) =>
    slot.timeline.added().map((interval) => ({ ...slot, ...interval })),
  );
  if (added.length > 0) {
    await sql`
      insert into io.intervals
        (lease_no, slot, rate_per_hour, pod_uid, start_s, end_s, end_reason, received_ms)
      select *, ${receivedAtMs}::int8 from unnest(
        ${added.map(({ leaseNo }) => leaseNo)}::int8[],
        ${added.map(({ slot }) => slot)}::integer[],
        ${added.map(({ ratePerHour }) => ratePerHour)}::int8[],
        ${added.map(({ podUid }) => podUid)}::uuid[],
        ${added.map(({ startSeconds }) => startSeconds)}::integer[],
        ${added.map(({ end }) => end?.seconds ?? null)}::integer[],
        ${added.map(({ end }) => end?.reason ?? null)}::text[])`.execute(transaction);
  }
  const updated = slots.flatMap((slot) =>
    slot.timeline.updated().map((interval) => ({ ...slot, ...interval })),
  );
  if (updated.length > 0) {
    await sql`
      update io.intervals i set end_s = u.end_s, end_reason = u.end_reason
      from unnest(
        ${updated.map(({ leaseNo }) => leaseNo)}::int8[],
        ${updated.map(({ slot }) => slot)}::integer[],
        ${updated.map(({ startSeconds }) => startSeconds)}::integer[],
        ${updated.map(({ end }) => end?.seconds ?? null)}::integer[],
        ${updated.map(({ end }) => end?.reason ?? null)}::text[]
      ) as u (lease_no, slot, start_s, end_s, end_reason)
      where i.lease_no = u.lease_no and i.slot = u.slot and i.start_s = u.start_s`.execute(
      transaction,
    );
  }
}
