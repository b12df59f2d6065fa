import { closing } from './0002-ledger-closing.ts';
import { posting } from './0002-ledger-posting.ts';

/** Accounts, the journal, what leases cost, and the closing of epochs. */
const tables = `
create table io.accounts (
  account_no bigint generated always as identity primary key,
  -- AccountKind of operator/domain/ledger/types.ts.
  kind text not null,
  -- namespace/name of an IOAccount; empty for accounts of the network.
  owner text not null default '',
  asset text not null check (asset in ('USDC', 'IO')),
  balance bigint not null default 0,
  unique (kind, owner, asset),
  check (kind not in ('renter:available', 'renter:held') or balance >= 0)
) with (fillfactor = 50);

-- The journal: append-only. Each row moves amount from debit to credit. The accounts are checked by
-- io.post, which is cheaper than a foreign key.
create table io.transfers (
  -- The epoch that was closed next.
  epoch integer not null,
  -- sha256 of the length-prefixed parts that name it: doing it twice changes nothing. See
  -- transferIdBytes of operator/domain/ledger/journal.ts.
  transfer_id bytea not null check (length(transfer_id) = 32),
  debit bigint not null,
  credit bigint not null,
  amount bigint not null check (amount > 0),
  cause text not null,
  -- For transfers of one lease; those of an epoch's close are sums, their parts stand in io.charges.
  lease_no bigint,
  at_s integer not null,
  -- The part of the id that says what it is for: a lease, a deposit.
  subject text not null default '',
  primary key (epoch, transfer_id),
  check (debit <> credit)
) partition by range (epoch);

-- Deposits and credits from outside, by the reference that names them there.
create table io.deposits (
  reference text primary key check (length(reference) between 1 and 128),
  owner text not null,
  asset text not null check (asset in ('USDC', 'IO')),
  amount bigint not null check (amount > 0),
  at_s integer not null,
  source text not null
);

-- What a lease has cost up to the end of an epoch: running sums, so that late usage is the
-- difference to the row before. A row for each epoch in which the lease was not Closed at its start.
create table io.charges (
  epoch integer not null,
  lease_no bigint not null,
  -- Open intervals were counted until then; it only grows.
  counted_until_s integer not null,
  -- Start of the first interval that was known.
  first_used_s integer,
  -- Device-seconds inside this epoch, and those of earlier epochs that were learnt of since.
  seconds bigint not null,
  late_seconds bigint not null,
  -- Sum of seconds * rate_per_hour over all epochs, which is 3,600 times the exact cost, and the part
  -- of this row for its late seconds.
  raw_sum numeric(38, 0) not null,
  late_raw numeric(38, 0) not null,
  total_sum bigint not null,
  usage_sum bigint not null,
  renter_fee_sum bigint not null,
  supplier_fee_sum bigint not null,
  -- What the renter really paid of total_sum; less only when the money ran out.
  collected_sum bigint not null,
  -- Renewals of the hold so far. held = leases.hold_base + renewed_sum - collected_sum.
  renewed_sum bigint not null,
  -- The last row of the lease: it is Closed, and what was left of its hold was given back.
  final boolean not null default false,
  primary key (epoch, lease_no)
) partition by range (epoch);

create table io.epochs (
  epoch integer primary key check (epoch > 0),
  closed_at_s integer not null,
  leases integer not null,
  corrections integer not null,
  shortfalls integer not null,
  -- sha256 over the charges and transfers of this epoch, and the one that chains it to all before.
  digest bytea not null check (length(digest) = 32),
  chain bytea not null check (length(chain) = 32)
);

-- Whether epochs are closed: the newest row counts, and without one they are. So that a person can hold
-- closes back while something is looked into; nothing is lost by it, they follow one another later.
create table io.close_switches (
  switch_no integer generated always as identity primary key,
  paused boolean not null,
  reason text not null check (length(reason) between 1 and 512),
  at_s integer not null
);

-- Who pays whom, as one number: leases are added up by it.
create table io.parties (
  party_no integer generated always as identity primary key,
  renter text not null,
  supplier text not null,
  asset text not null,
  unique (renter, supplier, asset)
);
insert into io.parties (renter, supplier, asset) select distinct renter, supplier, asset from io.leases;
alter table io.leases add column party_no integer references io.parties;
update io.leases l set party_no = p.party_no from io.parties p
  where p.renter = l.renter and p.supplier = l.supplier and p.asset = l.asset;
alter table io.leases alter column party_no set not null;
create function io.name_parties() returns trigger language plpgsql as $$
begin
  select p.party_no into new.party_no from io.parties p
    where p.renter = new.renter and p.supplier = new.supplier and p.asset = new.asset;
  if found then return new; end if;
  insert into io.parties (renter, supplier, asset) values (new.renter, new.supplier, new.asset)
    on conflict do nothing;
  select p.party_no into new.party_no from io.parties p
    where p.renter = new.renter and p.supplier = new.supplier and p.asset = new.asset;
  return new;
end $$;
create trigger name_parties before insert on io.leases
  for each row execute function io.name_parties();

-- The epoch of the last row in io.charges of a lease that is Closed.
alter table io.leases add column closed_epoch integer;
create index leases_open on io.leases (lease_id collate "C") where state = 'Open';

-- So that the price of an hour fits a bigint, with room.
alter table io.lease_devices add check (rate_per_hour <= 1000000000000000);

-- What devices are, as members offer them. Few, and so a number of a few bytes in each row of a lease.
create table io.device_models (
  model_no integer generated always as identity primary key,
  model text not null unique check (length(model) between 1 and 128)
);
-- Null in leases that are older than it.
alter table io.lease_devices add column model_no integer references io.device_models;

-- The epoch that was to be closed next when the interval was reported, and the one whose close was
-- done with it: with both, what a close knew can be told for ever.
-- What was reported before this version was not settled by any close.
select set_config('io.known_epoch', '1', true);
alter table io.intervals
  add column known_epoch integer not null default current_setting('io.known_epoch')::integer,
  add column settled_epoch integer check (settled_epoch >= known_epoch);
create index intervals_unsettled on io.intervals (lease_no) where settled_epoch is null;

-- An interval whose end was told anew after a close was done with it, as it was then. The next close
-- takes it back, and counts the interval as one that it did not know.
create table io.interval_revisions (
  revised_epoch integer not null,
  lease_no bigint not null,
  slot integer not null,
  start_s integer not null,
  end_s integer not null,
  rate_per_hour bigint not null,
  known_epoch integer not null,
  settled_epoch integer not null check (settled_epoch < revised_epoch),
  primary key (revised_epoch, lease_no, slot, start_s)
);
`;

const guards = `
create function io.revise_interval() returns trigger language plpgsql as $$
begin
  insert into io.interval_revisions (revised_epoch, lease_no, slot, start_s, end_s, rate_per_hour,
    known_epoch, settled_epoch)
  values (current_setting('io.known_epoch')::integer, old.lease_no, old.slot, old.start_s, old.end_s,
    old.rate_per_hour, old.known_epoch, old.settled_epoch);
  new.known_epoch := current_setting('io.known_epoch')::integer;
  new.settled_epoch := null;
  return new;
end $$;
create trigger revise before update on io.intervals for each row
  when (old.settled_epoch is not null and new.end_s is distinct from old.end_s)
  execute function io.revise_interval();
drop trigger keep_content on io.intervals;
create trigger keep_content before update on io.intervals for each row
  when ((new.lease_no, new.rate_per_hour, new.received_ms, new.slot, new.start_s, new.pod_uid,
      new.known_epoch)
    <> (old.lease_no, old.rate_per_hour, old.received_ms, old.slot, old.start_s, old.pod_uid,
      old.known_epoch)
    or (old.end_reason <> 'Unreported'
      and (new.end_s, new.end_reason) is distinct from (old.end_s, old.end_reason))
    or (old.settled_epoch is not null and new.settled_epoch is distinct from old.settled_epoch))
  execute function io.refuse_change();

do $$
declare name text;
begin
  foreach name in array array['transfers', 'charges', 'deposits', 'epochs', 'close_switches', 'lease_devices',
    'interval_revisions', 'parties', 'device_models'] loop
    execute format('create trigger keep_all before update or delete on io.%I
      for each row execute function io.refuse_change()', name);
    execute format('create trigger keep_all_rows before truncate on io.%I
      for each statement execute function io.refuse_change()', name);
  end loop;
end $$;

create trigger keep_all before delete on io.accounts
  for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.accounts
  for each statement execute function io.refuse_change();
create trigger keep_content before update on io.accounts for each row
  when ((old.account_no, old.kind, old.owner, old.asset)
    is distinct from (new.account_no, new.kind, new.owner, new.asset))
  execute function io.refuse_change();

-- A partition holds a day. It is made aside and attached, which waits for no reader.
create function io.ensure_epoch_partitions(epoch integer) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  first integer := (epoch - 1) / 24 * 24 + 1;
  parent text;
  part text;
begin
  foreach parent in array array['charges', 'transfers'] loop
    part := format('%s_%s', parent, first);
    continue when to_regclass('io.' || part) is not null;
    execute format('create table io.%I (like io.%I including defaults including constraints)',
      part, parent);
    execute format('alter table io.%I attach partition io.%I for values from (%s) to (%s)',
      parent, part, first, first + 24);
    execute format('create trigger keep_all_rows before truncate on io.%I
      for each statement execute function io.refuse_change()', part);
  end loop;
end $$;
select io.ensure_epoch_partitions(1), io.ensure_epoch_partitions(25);

grant select on io.accounts, io.transfers, io.deposits, io.charges, io.epochs, io.interval_revisions,
  io.parties, io.device_models, io.close_switches, io.unsettled to io_writer, io_reader;
grant insert on io.accounts, io.transfers, io.deposits, io.charges, io.epochs, io.interval_revisions,
  io.parties, io.device_models, io.close_switches to io_writer;
grant update (balance) on io.accounts to io_writer;
grant update (closed_epoch) on io.leases to io_writer;
grant update (settled_epoch) on io.intervals to io_writer;
revoke execute on function io.ensure_epoch_partitions from public;
grant execute on function io.ensure_epoch_partitions to io_writer;
`;

export const sql = [tables, posting, closing, guards].join('\n');
