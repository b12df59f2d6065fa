import { sql } from 'kysely';
import { type EvidenceReport, evidenceBucketSeconds } from '../../domain/evidence/types.ts';
import type { EvidenceReceipt, EvidenceStore } from '../../ports/evidence-store.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { withPartitions } from './partitions.ts';

/** Evidence in PostgreSQL, beside the intervals. */
export function createEvidenceStore(database: Database): EvidenceStore {
  return {
    evidence: (member, report) =>
      withStore(() => withPartitions(database, () => storeEvidence(database, member, report))),
  };
}

/**
 * Stores a report in one statement. It takes no lock that usage waits for. A device that no lease of
 * the member had in that time is not stored.
 */
async function storeEvidence(
  database: Database,
  member: string,
  { bucketStartSeconds, devices }: EvidenceReport,
): Promise<EvidenceReceipt> {
  const bucketEndSeconds = bucketStartSeconds + evidenceBucketSeconds;
  const { rows } = await sql<{ stored: number }>`
    with known as materialized (
      select d.lease_no, d.slot, t.*
      from json_to_recordset(${JSON.stringify(devices)}::json) as t ("leaseId" text, device text,
        samples smallint, "utilAvgPercent" smallint, "utilMaxPercent" smallint,
        "fbUsedMaxMiB" integer, "powerAvgWatt" smallint, "lastXid" smallint, "xidCount" smallint)
      join io.leases l on l.lease_id = t."leaseId"
      join io.members m on m.member_no = l.member_no and m.name = ${member}
      join io.lease_devices d on d.lease_no = l.lease_no and d.device = t.device
      where l.opened_at_s < ${bucketEndSeconds}::integer
        and (l.ended_at_s is null or l.ended_at_s > ${bucketStartSeconds}::integer)
    ), written as (
      insert into io.evidence as e (lease_no, slot, bucket_start_s, samples, util_avg_percent,
        util_max_percent, fb_used_max_mib, power_avg_watt, last_xid, xid_count)
      select lease_no, slot, ${bucketStartSeconds}::integer, samples, "utilAvgPercent",
        "utilMaxPercent", "fbUsedMaxMiB", "powerAvgWatt", "lastXid", "xidCount"
      from known order by lease_no, slot
      on conflict (lease_no, slot, bucket_start_s) do update
      set samples = excluded.samples, util_avg_percent = excluded.util_avg_percent,
        util_max_percent = excluded.util_max_percent, fb_used_max_mib = excluded.fb_used_max_mib,
        power_avg_watt = excluded.power_avg_watt, last_xid = excluded.last_xid,
        xid_count = excluded.xid_count
      where excluded.samples > e.samples
    )
    select count(*)::integer as stored from known`.execute(database);
  const stored = rows[0]?.stored ?? 0;
  return { stored, refused: devices.length - stored };
}
