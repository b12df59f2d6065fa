/**
 * For owners who look at their money: what moved on an account, newest first, and what a device did. On a
 * table with millions of transfers the indexes take some seconds each, during which nobody can post.
 */
export const sql = `
create index accounts_by_owner on io.accounts (owner) where owner <> '';

-- Both sides of the journal. Partitions that are made later get them when they are attached.
create index transfers_by_debit on io.transfers (debit, epoch, at_s);
create index transfers_by_credit on io.transfers (credit, epoch, at_s);

create index lease_devices_by_device on io.lease_devices (device);

-- Where the transfers of an account are, so that one with few of them is not looked for in every
-- partition: a bucket is eight days, bit i of days is its day i, which is a partition. Only days that are
-- closed are counted, each once. Made from the journal, and of no weight in it.
create table io.account_buckets (
  account_no bigint not null,
  bucket integer not null check (bucket >= 0),
  days smallint not null check (days between 1 and 255),
  lines integer not null check (lines > 0),
  primary key (account_no, bucket)
);
create table io.account_buckets_counted (
  only_row boolean primary key default true check (only_row),
  -- The last epoch of the last day that was counted.
  until integer not null check (until % 24 = 0)
);
insert into io.account_buckets_counted (until) values (0);

-- Counts the next day, if all of its epochs are closed. Returns whether it was.
create function io.count_account_day() returns boolean volatile language plpgsql as $$
declare
  first integer := (select c.until + 1 from io.account_buckets_counted c for update);
begin
  if first + 23 > coalesce((select max(e.epoch) from io.epochs e), 0) then return false; end if;
  -- The epochs stand in the text: no other partition is planned.
  execute format('insert into io.account_buckets as b (account_no, bucket, days, lines)
    select s.account_no, %1$s, %2$s, count(*)
    from (select t.debit as account_no from io.transfers t where t.epoch between %3$s and %4$s
      union all
      select t.credit from io.transfers t where t.epoch between %3$s and %4$s) s
    join io.accounts a on a.account_no = s.account_no and a.owner <> %5$L
    group by s.account_no
    on conflict (account_no, bucket) do update
      set days = b.days | excluded.days, lines = b.lines + excluded.lines',
    (first - 1) / 192, 1 << ((first - 1) / 24 % 8), first, first + 23, '');
  update io.account_buckets_counted set until = first + 23;
  return true;
end $$;

grant select on io.account_buckets, io.account_buckets_counted to io_writer, io_reader;
grant insert, update (days, lines) on io.account_buckets to io_writer;
grant update (until) on io.account_buckets_counted to io_writer;
`;
