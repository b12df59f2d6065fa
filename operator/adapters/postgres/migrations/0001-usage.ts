/**
 * Members, leases and what was used. Times are whole seconds since 1970 (`_s`), minutes (`minute`) or
 * milliseconds (`_ms`); amounts are base units of the lease's asset. What is written is kept: triggers
 * hold even the owner to it, privileges the logins of the processes.
 */
export const sql = `
create table io.settings (
  only_row boolean primary key default true check (only_row),
  -- First second of epoch 1; on a full hour. It never changes.
  genesis_s integer not null check (genesis_s % 3600 = 0)
);

create table io.members (
  member_no integer generated always as identity primary key,
  name text not null unique check (length(name) between 1 and 63),
  -- The member's reports reach until then; it only grows.
  observed_until_s integer not null default 0,
  reported_at_ms bigint not null default 0,
  -- The spool that the member writes now: which of its sequences were received, and how far the
  -- latest of them reached.
  spool_id text,
  received int8multirange not null default '{}',
  received_until_s integer not null default 0,
  -- Spools before it; what still comes of them is stored, and moves nothing.
  former_spools text[] not null default '{}'
) with (fillfactor = 50);

create table io.leases (
  lease_no bigint generated always as identity primary key,
  lease_id text not null unique check (length(lease_id) between 1 and 63),
  cluster_uid text not null,
  cluster text not null,
  member_no integer not null references io.members,
  renter text not null,
  supplier text not null,
  asset text not null check (asset in ('USDC', 'IO')),
  renter_basis_points integer not null check (renter_basis_points between 0 and 10000),
  supplier_basis_points integer not null check (supplier_basis_points between 0 and 10000),
  opened_at_s integer not null,
  -- What was held when it was opened and extended; epoch closes add to it in io.charges.
  hold_base bigint not null check (hold_base >= 0),
  ended_at_s integer check (ended_at_s >= opened_at_s),
  -- Why it ended; the record of a refund.
  evidence text not null default '',
  state text not null default 'Open' check (state in ('Open', 'Closing', 'Closed')),
  check ((state = 'Open') = (ended_at_s is null))
);
create index leases_unsettled on io.leases (state, member_no) where state <> 'Closed';
create index leases_by_cluster on io.leases (cluster_uid);
create index leases_by_renter on io.leases (renter);
create index leases_by_supplier on io.leases (supplier);

-- The devices of a lease and their prices. A price does not change while the lease lasts.
create table io.lease_devices (
  lease_no bigint not null references io.leases,
  slot integer not null check (slot >= 0),
  -- Name of the IODevice; unique in its member.
  device text not null check (length(device) between 1 and 253),
  rate_per_hour bigint not null check (rate_per_hour >= 0),
  added_at_s integer not null,
  primary key (lease_no, slot),
  unique (lease_no, device)
);

-- What is billed: a worker was Ready on one device. Open while end_s is null; changed once, by closing.
-- Intervals of one slot never overlap. An end with the reason Unreported was set by the hub, since it
-- was never told: no later than the member's reports reached. The member may still tell the real one.
-- A partition is a week of starts. Columns stand in the order that wastes no byte.
create table io.intervals (
  lease_no bigint not null,
  -- Copied from io.lease_devices, so that closing an epoch joins nothing.
  rate_per_hour bigint not null,
  received_ms bigint not null,
  slot integer not null,
  start_s integer not null,
  end_s integer,
  pod_uid uuid not null,
  end_reason text,
  primary key (lease_no, slot, start_s),
  check ((end_s is null) = (end_reason is null)),
  check (end_s > start_s or (end_s = start_s and end_reason = 'Unreported'))
) partition by range (start_s);

-- The bits of so many devices that are all up.
create function io.all_up(devices integer) returns bytea
language sql immutable strict set search_path = pg_catalog as $$
  select decode(repeat('ff', devices / 8) || case when devices % 8 = 0 then ''
    else lpad(to_hex((1 << devices % 8) - 1), 2, '0') end, 'hex')
$$;

create table io.rosters (
  roster_no integer generated always as identity primary key,
  member_no integer not null references io.members,
  roster_hash text not null,
  devices text[] not null,
  device_count integer not null,
  -- A heartbeat used it then, or at most a day later.
  last_minute integer not null,
  all_up bytea not null generated always as (io.all_up(device_count)) stored,
  unique (member_no, roster_hash)
);

-- One row a member and minute. As nearly all devices are up nearly always, up is the shorter of two
-- forms: a bit for each device, bit i is device i of the roster; or, then it is shorter than the bits,
-- two bytes with the number of each device that was not up. Read io.heartbeat_bits. A partition is a day.
create table io.heartbeats (
  minute integer not null,
  member_no integer not null,
  roster_no integer not null,
  up bytea not null,
  primary key (minute, member_no)
) partition by range (minute);

create function io.expand_up(up bytea, all_up bytea) returns bytea
language plpgsql immutable strict set search_path = pg_catalog as $$
begin
  if length(up) = length(all_up) then return up; end if;
  for i in 0 .. length(up) / 2 - 1 loop
    all_up := set_bit(all_up, get_byte(up, 2 * i) * 256 + get_byte(up, 2 * i + 1), 0);
  end loop;
  return all_up;
end $$;

create view io.heartbeat_bits as
select h.minute, h.member_no, h.roster_no,
  case when h.up = '' then r.all_up else io.expand_up(h.up, r.all_up) end as up
from io.heartbeats h join io.rosters r using (roster_no);

-- Usage that was refused. Nobody deletes it; an operator replays or discards it.
create table io.dead_letters (
  letter_no bigint generated always as identity primary key,
  member_no integer not null references io.members,
  -- sha256 of the change as it was sent: sent again, it is the same letter.
  change_hash bytea not null check (length(change_hash) = 32),
  change jsonb not null,
  reason text not null,
  message text not null,
  received_ms bigint not null,
  state text not null default 'Open' check (state in ('Open', 'Replayed', 'Discarded')),
  resolved_at_ms bigint,
  resolution text not null default '',
  unique (member_no, change_hash),
  check ((state = 'Open') = (resolved_at_ms is null))
);
create index dead_letters_open on io.dead_letters (member_no) where state = 'Open';

-- Bit by bit: a minute that was told twice is up where it was up in either.
create function io.bytes_or(a bytea, b bytea) returns bytea
language sql immutable strict set search_path = pg_catalog as $$
  select decode(string_agg(lpad(to_hex(get_byte(a, i) | get_byte(b, i)), 2, '0'), '' order by i), 'hex')
  from generate_series(0, length(a) - 1) i
$$;

create function io.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of io.% is refused: what was written there is kept', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;

-- The partition of a table for [lower, upper) of its key, named by its first day in UTC. Attached
-- rather than created in place, so that nobody who writes has to wait.
create function io.make_partition(parent text, lower bigint, upper bigint, first_day bigint, fill integer)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  name text := parent || '_' || to_char(to_timestamp(first_day) at time zone 'UTC', 'YYYYMMDD');
begin
  if to_regclass('io.' || name) is not null then return; end if;
  execute format('create table io.%I (like io.%I including defaults including constraints)
    with (fillfactor = %s)', name, parent, fill);
  execute format('create trigger keep_all_rows before truncate on io.%I
    for each statement execute function io.refuse_change()', name);
  execute format('alter table io.%I attach partition io.%I for values from (%s) to (%s)',
    parent, name, lower, upper);
end $$;

-- Makes the missing partitions of usage for these seconds; the writer needs no right to create tables.
create function io.ensure_partitions(from_s bigint, to_s bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  day constant bigint := 86400;
  week constant bigint := 604800;
  first bigint;
begin
  if from_s < 0 or to_s < from_s or to_s - from_s > 400 * day then
    raise exception 'io.ensure_partitions takes at most 400 days, not % to %', from_s, to_s
      using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('io.ensure_partitions', 0));
  for first in select generate_series(from_s / week * week, to_s, week) loop
    -- Room in each page, so that closing an interval touches no index.
    perform io.make_partition('intervals', first, first + week, first, 90);
  end loop;
  for first in select generate_series(from_s / day * day, to_s, day) loop
    perform io.make_partition('heartbeats', first / 60, (first + day) / 60, first, 100);
  end loop;
end $$;

-- Removes the days of heartbeats that ended before a minute, and the rosters that only they used.
-- What is younger than 14 days stays, whoever asks. Returns how many partitions went.
create function io.drop_heartbeats(before_minute integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  name text;
  dropped integer := 0;
begin
  if before_minute > extract(epoch from now()) / 60 - 14 * 1440 then
    raise exception 'heartbeats of the last 14 days are kept'
      using errcode = 'invalid_parameter_value';
  end if;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'io.heartbeats'::regclass
      and extract(epoch from to_date(right(c.relname, 8), 'YYYYMMDD')) / 60 + 1440 <= before_minute
  loop
    execute format('drop table io.%I', name);
    dropped := dropped + 1;
  end loop;
  delete from io.rosters where last_minute < before_minute - 2 * 1440;
  return dropped;
end $$;

create trigger keep_all before delete on io.settings for each row execute function io.refuse_change();
create trigger keep_all before delete on io.members for each row execute function io.refuse_change();
create trigger keep_all before delete on io.leases for each row execute function io.refuse_change();
create trigger keep_all before delete on io.intervals for each row execute function io.refuse_change();
create trigger keep_all before delete on io.rosters for each row
  when (old.last_minute > extract(epoch from now()) / 60 - 16 * 1440)
  execute function io.refuse_change();
create trigger keep_all before delete on io.heartbeats for each row execute function io.refuse_change();
create trigger keep_all before delete on io.dead_letters for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.settings for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.members for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.leases for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.intervals for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.rosters for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.heartbeats for each statement execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.dead_letters for each statement execute function io.refuse_change();

create trigger keep_content before update on io.settings for each row execute function io.refuse_change();
create trigger keep_content before update on io.members for each row
  when (new.member_no <> old.member_no or new.name <> old.name
    or new.observed_until_s < old.observed_until_s)
  execute function io.refuse_change();
create trigger keep_content before update on io.leases for each row
  when ((new.lease_no, new.lease_id, new.cluster_uid, new.cluster, new.member_no, new.renter,
      new.supplier, new.asset, new.renter_basis_points, new.supplier_basis_points, new.opened_at_s)
    <> (old.lease_no, old.lease_id, old.cluster_uid, old.cluster, old.member_no, old.renter,
      old.supplier, old.asset, old.renter_basis_points, old.supplier_basis_points, old.opened_at_s)
    or (old.ended_at_s is not null and new.ended_at_s is distinct from old.ended_at_s)
    or (old.state <> 'Open' and (new.hold_base, new.evidence) <> (old.hold_base, old.evidence))
    or (old.state = 'Closed' and new.state <> 'Closed'))
  execute function io.refuse_change();
create trigger keep_content before update on io.intervals for each row
  when ((new.lease_no, new.rate_per_hour, new.received_ms, new.slot, new.start_s, new.pod_uid)
    <> (old.lease_no, old.rate_per_hour, old.received_ms, old.slot, old.start_s, old.pod_uid)
    or old.end_reason <> 'Unreported')
  execute function io.refuse_change();
create trigger keep_content before update on io.rosters for each row
  when ((new.roster_no, new.member_no, new.roster_hash, new.devices, new.device_count)
    <> (old.roster_no, old.member_no, old.roster_hash, old.devices, old.device_count))
  execute function io.refuse_change();
create trigger keep_content before update on io.heartbeats for each row
  when ((new.minute, new.member_no) <> (old.minute, old.member_no)
    or new.roster_no < old.roster_no)
  execute function io.refuse_change();
create trigger keep_content before update on io.dead_letters for each row
  when (old.state <> 'Open'
    or (new.letter_no, new.member_no, new.change_hash, new.change, new.reason, new.message, new.received_ms)
    <> (old.letter_no, old.member_no, old.change_hash, old.change, old.reason, old.message, old.received_ms))
  execute function io.refuse_change();

grant usage on schema io to io_writer, io_reader;
grant select on io.settings, io.members, io.leases, io.lease_devices, io.intervals, io.rosters,
  io.heartbeats, io.heartbeat_bits, io.dead_letters to io_writer, io_reader;
grant insert on io.members, io.leases, io.lease_devices, io.intervals, io.rosters, io.heartbeats,
  io.dead_letters to io_writer;
grant update (observed_until_s, reported_at_ms, spool_id, received, received_until_s, former_spools)
  on io.members to io_writer;
grant update (hold_base, ended_at_s, evidence, state) on io.leases to io_writer;
grant update (end_s, end_reason) on io.intervals to io_writer;
grant update (last_minute) on io.rosters to io_writer;
grant update (roster_no, up) on io.heartbeats to io_writer;
grant update (state, resolved_at_ms, resolution) on io.dead_letters to io_writer;
revoke all on function io.make_partition(text, bigint, bigint, bigint, integer),
  io.ensure_partitions(bigint, bigint), io.drop_heartbeats(integer) from public;
grant execute on function io.ensure_partitions(bigint, bigint), io.drop_heartbeats(integer) to io_writer;
`;
