/**
 * What people look at: objects of the hub as it last saw them, and sums over them. All of it is derived,
 * so that it may be changed and removed; the hub writes it anew from its API server.
 */
const objects = `
-- Who takes over writes from then on, and nobody else: each batch locks this row and finds its own term.
create table io.view_term (
  only_row boolean primary key default true check (only_row),
  term integer not null
);
insert into io.view_term (term) values (0);

-- scope is the namespace of a cluster or an account, the member of a device or a case, and empty for a
-- member. version is what the view was made from: the same version is the same view.
create table io.view_clusters (
  scope text collate "C" not null,
  name text collate "C" not null,
  version text not null,
  account text not null,
  -- Only of a cluster that stands in line for devices: by what it is ordered there.
  priority integer,
  since text collate "C",
  view json not null,
  primary key (scope, name),
  check ((priority is null) = (since is null))
);
create index view_clusters_in_line on io.view_clusters (priority desc, since, scope, name)
  where priority is not null;

create table io.view_members (
  scope text collate "C" not null check (scope = ''),
  name text collate "C" not null,
  version text not null,
  account text not null,
  view json not null,
  primary key (scope, name)
);
create index view_members_by_account on io.view_members (account, name);

create table io.view_accounts (
  scope text collate "C" not null,
  name text collate "C" not null,
  version text not null,
  view json not null,
  primary key (scope, name)
);

create table io.view_cases (
  scope text collate "C" not null,
  name text collate "C" not null,
  version text not null,
  account text not null,
  view json not null,
  primary key (scope, name)
);
create index view_cases_by_account on io.view_cases (account, scope, name);

create table io.view_devices (
  scope text collate "C" not null,
  name text collate "C" not null,
  version text not null,
  account text not null,
  model text not null,
  state text not null check (state in ('Free', 'Leased', 'Blocked', 'Broken')),
  view json not null,
  primary key (scope, name)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- A page of what a filter leaves is read from the filter's own index, and what the other filters leave
-- out is left out there. The order of POSIX is that of C under another name: so the primary key cannot
-- offer itself for it, of which the planner would believe that it finds a page of a small account soon.
create index view_devices_by_account on io.view_devices
  (account, scope collate "POSIX", name collate "POSIX", state, model);
create index view_devices_by_model on io.view_devices
  (model, scope collate "POSIX", name collate "POSIX", state);
create index view_devices_by_state on io.view_devices
  (state, scope collate "POSIX", name collate "POSIX", model);
`;

/** Counting hundreds of thousands of rows takes longer than a page may: each statement keeps the sums. */
const counts = `
create table io.view_device_counts (
  scope text collate "C" not null,
  account text not null,
  model text not null,
  state text not null,
  devices integer not null check (devices >= 0),
  primary key (scope, account, model, state)
) with (fillfactor = 50);
create index view_device_counts_by_account on io.view_device_counts (account);
create index view_device_counts_by_model on io.view_device_counts (model);

create function io.count_view_devices() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into io.view_device_counts as c (scope, account, model, state, devices)
    select scope, account, model, state, count(*) from added group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (scope, account, model, state) do update set devices = c.devices + excluded.devices;
  elsif tg_op = 'DELETE' then
    update io.view_device_counts c set devices = c.devices - gone.devices
    from (select scope, account, model, state, count(*) as devices from removed group by 1, 2, 3, 4) gone
    where (c.scope, c.account, c.model, c.state) = (gone.scope, gone.account, gone.model, gone.state);
    delete from io.view_device_counts c
    where c.devices = 0 and c.scope in (select scope from removed);
  else
    insert into io.view_device_counts as c (scope, account, model, state, devices)
    select scope, account, model, state, 0 from added group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (scope, account, model, state) do nothing;
    update io.view_device_counts c set devices = c.devices + moved.devices
    from (
      select scope, account, model, state, sum(n) as devices
      from (select scope, account, model, state, 1 as n from added
        union all select scope, account, model, state, -1 from removed) each
      group by 1, 2, 3, 4 having sum(n) <> 0
    ) moved
    where (c.scope, c.account, c.model, c.state)
      = (moved.scope, moved.account, moved.model, moved.state);
    delete from io.view_device_counts c
    where c.devices = 0 and c.scope in (select scope from removed);
  end if;
  return null;
end $$;
create trigger count_added after insert on io.view_devices
  referencing new table as added for each statement execute function io.count_view_devices();
create trigger count_changed after update on io.view_devices
  referencing new table as added old table as removed
  for each statement execute function io.count_view_devices();
create trigger count_removed after delete on io.view_devices
  referencing old table as removed for each statement execute function io.count_view_devices();
`;

const sums = `
-- What anybody may see: network, models and countries, each as one document.
create table io.view_sums (
  name text primary key check (name in ('network', 'models', 'countries')),
  body json not null
) with (fillfactor = 50);

-- A point a minute; older ones are thinned to one an hour, then to one a day.
create table io.view_history (
  time_s integer primary key,
  devices integer not null,
  leased integer not null,
  waiting integer not null,
  utilisation_permille integer not null
);

-- A point of each model that is for hire every ten minutes; thinned as the history. Micro-USD an hour.
create table io.view_prices (
  model text not null,
  time_s integer not null,
  low bigint not null,
  median bigint not null,
  high bigint not null,
  primary key (model, time_s)
);

-- Keeps all points of two days, the first of each hour of 90 days, the first of each day of 800 days. Each
-- call looks at the week before each of these limits alone: with one a day nothing is left out.
create function io.thin_view_history(now_s integer) returns void volatile language plpgsql as $$
declare
  day constant integer := 86400;
  kept integer;
  step integer;
  lower integer;
begin
  delete from io.view_history where time_s < now_s - 800 * day;
  delete from io.view_prices where time_s < now_s - 800 * day;
  for kept, step in values (2 * day, 3600), (90 * day, day) loop
    lower := (now_s - kept - 7 * day) / day * day;
    delete from io.view_history h using (
      select time_s, row_number() over (partition by time_s / step order by time_s) as place
      from io.view_history where time_s >= lower and time_s < now_s - kept
    ) p where p.place > 1 and h.time_s = p.time_s;
    delete from io.view_prices h using (
      select model, time_s, row_number() over (partition by model, time_s / step order by time_s) as place
      from io.view_prices where time_s >= lower and time_s < now_s - kept
    ) p where p.place > 1 and (h.model, h.time_s) = (p.model, p.time_s);
  end loop;
end $$;

-- Whoever looks at the network is told when an epoch was closed.
create function io.tell_epoch() returns trigger language plpgsql as $$
begin
  perform pg_notify('io_views', json_build_object('kind', 'epoch', 'scope', '', 'name',
    new.epoch::text)::text);
  return null;
end $$;
create trigger tell_epoch after insert on io.epochs for each row execute function io.tell_epoch();

grant select on io.view_term, io.view_clusters, io.view_members, io.view_accounts, io.view_cases,
  io.view_devices, io.view_device_counts, io.view_sums, io.view_history, io.view_prices
  to io_writer, io_reader;
grant insert, update, delete on io.view_clusters, io.view_members, io.view_accounts, io.view_cases,
  io.view_devices, io.view_device_counts, io.view_sums, io.view_history, io.view_prices to io_writer;
grant update (term) on io.view_term to io_writer;
revoke all on function io.thin_view_history(integer) from public;
grant execute on function io.thin_view_history(integer) to io_writer;
`;

export const sql = [objects, counts, sums].join('\n');
