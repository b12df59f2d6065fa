/** Emission and block rewards, with all that is needed to compute them again. Rows never change. */
export const sql = `
-- What one unit of an asset was worth when an epoch was rewarded, in micro-USD.
create table io.prices (
  epoch integer not null,
  asset text not null check (asset in ('USDC', 'IO')),
  micro_usd bigint not null check (micro_usd > 0),
  source text not null check (length(source) between 1 and 256),
  primary key (epoch, asset)
);

-- The rules of rewards as they were at some time: canonicalRules of operator/domain/rewards.
create table io.reward_rules (
  rules_hash bytea primary key,
  content text not null,
  check (rules_hash = sha256(convert_to(content, 'UTF8')))
);

create table io.reward_epochs (
  epoch integer primary key references io.epochs,
  rules_hash bytea not null references io.reward_rules,
  distributed_at_s integer not null,
  -- The epoch that its transfers are stamped with: the one that was to be closed next.
  posted_epoch integer not null check (posted_epoch > epoch),
  -- What was emitted, and what of it no device was entitled to.
  emitted bigint not null check (emitted >= 0),
  undistributed bigint not null check (undistributed between 0 and emitted),
  devices integer not null check (devices >= 0),
  eligible integer not null check (eligible between 0 and devices),
  digest bytea not null check (length(digest) = 32)
);

-- Devices that nothing tells apart are one class, and each of them gets the same: a row for some
-- hundred classes instead of one for each of some hundred thousand devices.
create table io.reward_classes (
  epoch integer not null references io.reward_epochs,
  class_no integer not null check (class_no >= 0),
  -- Empty while it is not known.
  model text not null,
  -- 7 for a whole GPU; of a MIG slice its compute slices.
  sevenths smallint not null check (sevenths between 0 and 7),
  up_minutes smallint not null check (up_minutes >= 0),
  -- 1 verified, 2 staked, 4 offered, 8 leased, 16 slashed, 32 up for long enough, 64 supplier known,
  -- 128 in cooldown.
  flags smallint not null,
  multiplier_milli integer not null check (multiplier_milli >= 0),
  devices integer not null check (devices > 0),
  -- Of one device.
  score bigint not null check (score >= 0),
  amount bigint not null check (amount >= 0),
  primary key (epoch, class_no)
);

-- Names of the devices of a member, ascending; kept once for all epochs in which they are the same.
create table io.reward_rosters (
  reward_roster_no integer generated always as identity primary key,
  roster_hash bytea not null unique check (length(roster_hash) = 32),
  devices text[] not null
);

create table io.reward_members (
  epoch integer not null references io.reward_epochs,
  member text not null,
  -- Empty while the member names no account.
  supplier text not null,
  reward_roster_no integer not null references io.reward_rosters,
  -- The class of each device of the roster: four bytes each, the highest first.
  classes bytea not null,
  -- Of all devices together.
  amount bigint not null check (amount >= 0),
  primary key (epoch, member, supplier)
);
create index reward_members_by_supplier on io.reward_members (supplier, epoch);

create index reward_epochs_by_post on io.reward_epochs (posted_epoch);

-- Why a device earned what it earned, a row for each epoch.
create view io.device_rewards as
select m.epoch, m.member, d.device, m.supplier, c.model, c.sevenths, c.multiplier_milli,
  c.up_minutes, c.flags, c.score, c.amount
from io.reward_members m
join io.reward_rosters r using (reward_roster_no)
cross join unnest(r.devices) with ordinality as d (device, position)
join io.reward_classes c on c.epoch = m.epoch and c.class_no =
  (get_byte(m.classes, (4 * d.position - 4)::integer) << 24)
  + (get_byte(m.classes, (4 * d.position - 3)::integer) << 16)
  + (get_byte(m.classes, (4 * d.position - 2)::integer) << 8)
  + get_byte(m.classes, (4 * d.position - 1)::integer);

do $$
declare name text;
begin
  foreach name in array array['prices', 'reward_rules', 'reward_epochs', 'reward_classes',
    'reward_rosters', 'reward_members'] loop
    execute format('create trigger keep_all before update or delete on io.%I
      for each row execute function io.refuse_change()', name);
    execute format('create trigger keep_all_rows before truncate on io.%I
      for each statement execute function io.refuse_change()', name);
  end loop;
end $$;

grant select on io.prices, io.reward_rules, io.reward_epochs, io.reward_classes, io.reward_rosters,
  io.reward_members, io.device_rewards to io_writer, io_reader;
grant insert on io.prices, io.reward_rules, io.reward_epochs, io.reward_classes, io.reward_rosters,
  io.reward_members to io_writer;
`;
