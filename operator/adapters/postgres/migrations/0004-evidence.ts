/** What DCGM says of leased devices, beside their intervals. Nothing is billed by it. */
export const sql = `
-- An hour of a device of a lease; what was not measured is null. A partition is a day.
-- Columns stand in the order that wastes no byte.
create table io.evidence (
  lease_no bigint not null,
  slot integer not null,
  bucket_start_s integer not null check (bucket_start_s % 3600 = 0),
  fb_used_max_mib integer check (fb_used_max_mib >= 0),
  samples smallint not null check (samples > 0),
  util_avg_percent smallint check (util_avg_percent between 0 and 100),
  util_max_percent smallint check (util_max_percent between 0 and 100),
  power_avg_watt smallint check (power_avg_watt >= 0),
  last_xid smallint check (last_xid > 0),
  -- Samples in which an XID stood.
  xid_count smallint not null check (xid_count between 0 and samples),
  primary key (lease_no, slot, bucket_start_s),
  check ((last_xid is null) = (xid_count = 0))
) partition by range (bucket_start_s);

-- An interval and each hour of evidence that it overlaps; one without evidence has a row too.
create view io.interval_evidence as
select m.name as member, d.device, l.lease_id, i.lease_no, i.slot, i.start_s, i.end_s, i.pod_uid,
  e.bucket_start_s, e.samples, e.util_avg_percent, e.util_max_percent, e.fb_used_max_mib,
  e.power_avg_watt, e.last_xid, e.xid_count
from io.intervals i
join io.leases l using (lease_no)
join io.members m using (member_no)
join io.lease_devices d using (lease_no, slot)
left join io.evidence e on e.lease_no = i.lease_no and e.slot = i.slot
  and e.bucket_start_s > i.start_s - 3600 and (i.end_s is null or e.bucket_start_s < i.end_s);

create function io.ensure_evidence_partitions(from_s bigint, to_s bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  day constant bigint := 86400;
  first bigint;
begin
  if from_s < 0 or to_s < from_s or to_s - from_s > 400 * day then
    raise exception 'io.ensure_evidence_partitions takes at most 400 days, not % to %', from_s, to_s
      using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('io.ensure_partitions', 0));
  for first in select generate_series(from_s / day * day, to_s, day) loop
    perform io.make_partition('evidence', first, first + day, first, 100);
  end loop;
end $$;

-- Removes the days of evidence that ended before a second. What is younger than 14 days stays, whoever
-- asks. Returns how many partitions went.
create function io.drop_evidence(before_s bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  name text;
  dropped integer := 0;
begin
  if before_s > extract(epoch from now()) - 14 * 86400 then
    raise exception 'evidence of the last 14 days is kept' using errcode = 'invalid_parameter_value';
  end if;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'io.evidence'::regclass
      and extract(epoch from to_date(right(c.relname, 8), 'YYYYMMDD')) + 86400 <= before_s
  loop
    execute format('drop table io.%I', name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

create trigger keep_all before delete on io.evidence for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.evidence for each statement execute function io.refuse_change();
create trigger keep_content before update on io.evidence for each row
  when ((new.lease_no, new.slot, new.bucket_start_s) <> (old.lease_no, old.slot, old.bucket_start_s)
    or new.samples <= old.samples)
  execute function io.refuse_change();

grant select on io.evidence, io.interval_evidence to io_writer, io_reader;
grant insert on io.evidence to io_writer;
grant update (samples, util_avg_percent, util_max_percent, fb_used_max_mib, power_avg_watt, last_xid,
  xid_count) on io.evidence to io_writer;
revoke all on function io.ensure_evidence_partitions(bigint, bigint), io.drop_evidence(bigint) from public;
grant execute on function io.ensure_evidence_partitions(bigint, bigint), io.drop_evidence(bigint)
  to io_writer;
`;
