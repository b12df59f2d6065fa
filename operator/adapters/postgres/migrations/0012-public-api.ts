/** What the API keeps of requests that may be sent again, and what makes public lists fast. */
export const sql = `
-- A key is of one caller (a hash of who it is), and names one request (a hash of what was asked for).
-- status and answer are null while it is worked on. Answers are sealed by the API; they go after a day.
create table io.idempotency_keys (
  caller bytea not null check (length(caller) = 32),
  key text not null check (length(key) between 1 and 128),
  request bytea not null check (length(request) = 32),
  claimed_at_s integer not null,
  status smallint,
  answer bytea check (length(answer) <= 262144),
  primary key (caller, key),
  check ((status is null) = (answer is null))
);
create index idempotency_keys_by_age on io.idempotency_keys (claimed_at_s);

-- What all leases of a closed epoch used: summed up once, since an epoch never changes.
create table io.epoch_sums (
  epoch integer primary key references io.epochs,
  device_seconds bigint not null check (device_seconds >= 0)
);
create trigger keep_all before update or delete on io.epoch_sums
  for each row execute function io.refuse_change();

-- The sum of an epoch, from where it was kept if it was.
create function io.device_seconds_of(p_epoch integer) returns bigint stable language sql as $$
  select coalesce(
    (select s.device_seconds from io.epoch_sums s where s.epoch = p_epoch),
    (select greatest(0, sum(c.seconds + c.late_seconds))::bigint from io.charges c
      where c.epoch = p_epoch),
    0)
$$;

create index chain_events_by_kind on io.chain_events (kind, event_no);

grant select on io.idempotency_keys, io.epoch_sums to io_writer, io_reader;
grant insert, update, delete on io.idempotency_keys to io_writer;
grant insert on io.epoch_sums to io_writer;
`;
