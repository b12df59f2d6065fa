/** Whose wallet gets which rewards, and the roots by which wallets claim them. Rows never change. */
const tables = `
-- A wallet belongs to the account that proved it first, for ever: what it claims is booked there.
create table io.wallet_owners (
  -- The 32 bytes that the wallet's base58 stands for.
  public_key bytea primary key check (length(public_key) = 32),
  wallet text not null unique check (wallet ~ '^[1-9A-HJ-NP-Za-km-z]{32,44}$'),
  -- namespace/name of an IOAccount.
  account text not null,
  unique (public_key, wallet, account)
);

-- Wallets that accounts proved by a signature. The newest one of an account counts.
create table io.wallets (
  wallet_no integer generated always as identity primary key,
  account text not null,
  wallet text not null,
  public_key bytea not null,
  -- Rewards of this epoch and of those after it go to the wallet; the first one of an account also gets
  -- all from before. It is the epoch that was to be closed next, so that what went into a root stays.
  since_epoch integer not null check (since_epoch > 0),
  proved_at_s integer not null,
  -- What was signed, and the signature.
  message text not null check (length(message) between 1 and 4096),
  signature bytea not null check (length(signature) = 64),
  foreign key (public_key, wallet, account) references io.wallet_owners (public_key, wallet, account)
);
create index wallets_by_account on io.wallets (account, wallet_no desc);
create index wallets_by_epoch on io.wallets (since_epoch);

-- The place of a wallet in all roots, given when it has its first reward: in order of that epoch, then
-- of its public key.
create table io.reward_wallets (
  wallet_index integer primary key check (wallet_index >= 0),
  public_key bytea not null unique references io.wallet_owners,
  first_epoch integer not null
);

-- What each wallet has got by the end of an epoch, all epochs together. io.stand_rewards alone writes
-- it, which is cheaper than foreign keys.
create table io.reward_totals (
  epoch integer not null,
  wallet_index integer not null,
  total bigint not null check (total > 0),
  primary key (epoch, wallet_index)
);

-- Epochs for which that was added up; one may be left out when the next one has come.
create table io.reward_standings (
  epoch integer primary key references io.reward_epochs,
  wallets integer not null check (wallets >= 0),
  total bigint not null check (total >= 0),
  -- sha256 over public key (32 bytes) and total (8, the highest first) of each wallet, by its index.
  leaves_hash bytea not null check (length(leaves_hash) = 32),
  stood_at_s integer not null
);

-- The Merkle root of a standing, as one distributor on chain can pay from it.
create table io.reward_roots (
  distributor text not null,
  epoch integer not null references io.reward_standings,
  program_id text not null,
  mint text not null,
  root bytea not null check (length(root) = 32),
  depth smallint not null check (depth between 0 and 32),
  -- Nodes ten levels above the leaves, 32 bytes each: a proof needs them and 1,024 leaves.
  subtrees bytea not null,
  built_at_s integer not null,
  primary key (distributor, epoch)
);
`;

const functions = `
-- A wallet counts from the epoch that is to be closed next: no root that is built knows that epoch.
create function io.stamp_wallet() returns trigger language plpgsql as $$
begin
  new.since_epoch := io.begin_posting();
  return new;
end $$;
create trigger stamp_wallet before insert on io.wallets
  for each row execute function io.stamp_wallet();

-- Writes down that an account proved a wallet. Returns since when it counts. Proving the newest one
-- again changes nothing. Refused (IO007) is a wallet of another account.
create function io.bind_wallet(p_account text, p_wallet text, p_public_key bytea, p_message text,
  p_signature bytea, now_s integer)
returns integer volatile language plpgsql as $$
declare
  newest io.wallets;
  since integer;
begin
  perform io.begin_posting();
  insert into io.wallet_owners (public_key, wallet, account)
    values (p_public_key, p_wallet, p_account) on conflict do nothing;
  if not exists (select from io.wallet_owners o
    where o.public_key = p_public_key and o.wallet = p_wallet and o.account = p_account)
  then
    raise exception 'wallet % was proved by another account', p_wallet using errcode = 'IO007';
  end if;
  select * into newest from io.wallets w where w.account = p_account order by w.wallet_no desc limit 1;
  if newest.public_key = p_public_key then return newest.since_epoch; end if;
  insert into io.wallets (account, wallet, public_key, proved_at_s, message, signature)
    values (p_account, p_wallet, p_public_key, now_s, p_message, p_signature)
    returning since_epoch into since;
  return since;
end $$;

-- Which rewards go to which wallet: those of epochs from from_epoch on and before until_epoch. Rewards
-- from before since_epoch come in with it.
create view io.wallet_spans as
select account, public_key, since_epoch,
  case when lag(since_epoch) over spans is null then 0 else since_epoch end as from_epoch,
  coalesce(lead(since_epoch) over spans, 2147483647) as until_epoch
from (
  select distinct on (account, since_epoch) account, public_key, since_epoch
  from io.wallets order by account, since_epoch, wallet_no desc
) last_of_epoch
window spans as (partition by account order by since_epoch);

-- What came to wallets after one epoch until the end of another, and when the first of it came.
create function io.reward_gains(p_after integer, p_until integer)
returns table (public_key bytea, gained bigint, first_epoch integer)
stable language sql as $$
  select g.public_key, sum(g.amount)::bigint, min(g.epoch)
  from (
    select s.public_key, m.amount, greatest(m.epoch, s.since_epoch) as epoch
    from io.reward_members m
    join io.wallet_spans s on s.account = m.supplier
      and m.epoch >= s.from_epoch and m.epoch < s.until_epoch
    where m.epoch > p_after and m.epoch <= p_until and s.since_epoch <= p_until and m.amount > 0
    union all
    -- What was kept until the account had a wallet.
    select s.public_key, m.amount, s.since_epoch
    from io.wallet_spans s
    join io.reward_members m on m.supplier = s.account and m.epoch < s.until_epoch
    where s.from_epoch = 0 and s.since_epoch > p_after and s.since_epoch <= p_until
      and m.epoch <= p_after and m.amount > 0
  ) g
  group by g.public_key
$$;

-- What wallets have got by the end of an epoch: what they had at the standing before, and what came
-- since. A wallet without a place is told the one that it will be given.
create function io.reward_totals_at(p_epoch integer)
returns table (wallet_index integer, public_key bytea, first_epoch integer, total bigint)
stable language sql as $$
  with before as (select coalesce(max(s.epoch), 0) as epoch from io.reward_standings s
    where s.epoch <= p_epoch
  ), gains as (select * from io.reward_gains((select epoch from before), p_epoch)
  ), wallets as (select w.* from io.reward_wallets w where w.first_epoch <= p_epoch
  ), places as (
    select w.wallet_index, w.public_key, w.first_epoch from wallets w
    union all
    select ((select count(*) from wallets)
        + row_number() over (order by g.first_epoch, g.public_key) - 1)::integer,
      g.public_key, g.first_epoch
    from gains g where not exists (select from wallets w where w.public_key = g.public_key)
  )
  select p.wallet_index, p.public_key, p.first_epoch, coalesce(t.total, 0) + coalesce(g.gained, 0)
  from places p
  left join io.reward_totals t on t.epoch = (select epoch from before)
    and t.wallet_index = p.wallet_index
  left join gains g on g.public_key = p.public_key
$$;

-- What accounts without a wallet have got by the end of an epoch.
create function io.rewards_kept_at(p_epoch integer) returns table (account text, amount bigint)
stable language sql as $$
  select m.supplier, sum(m.amount)::bigint from io.reward_members m
  where m.epoch <= p_epoch and m.amount > 0 and not exists (select from io.wallets w
    where w.account = m.supplier and w.since_epoch <= p_epoch)
  group by m.supplier
$$;

-- Adds up what wallets have got by the end of an epoch whose rewards were distributed, once.
create function io.stand_rewards(p_epoch integer, now_s integer) returns void
volatile language plpgsql as $$
declare
  before integer;
begin
  perform pg_advisory_xact_lock(7310868735470);
  if exists (select from io.reward_standings s where s.epoch = p_epoch) then return; end if;
  before := (select coalesce(max(s.epoch), 0) from io.reward_standings s);
  if p_epoch < before or not exists (select from io.reward_epochs e where e.epoch = p_epoch) then
    raise exception 'rewards of epoch % were not distributed, or those of % were added up before',
      p_epoch, before using errcode = 'IO008';
  end if;
  insert into io.reward_wallets (wallet_index, public_key, first_epoch)
    select n.wallet_index, n.public_key, n.first_epoch from io.reward_totals_at(p_epoch) n
    where n.first_epoch > before;
  insert into io.reward_totals (epoch, wallet_index, total)
    select p_epoch, n.wallet_index, n.total from io.reward_totals_at(p_epoch) n;
  insert into io.reward_standings (epoch, wallets, total, leaves_hash, stood_at_s)
    select p_epoch, count(*), coalesce(sum(t.total), 0),
      sha256(coalesce(string_agg(w.public_key || int8send(t.total), ''::bytea
        order by t.wallet_index), ''::bytea)), now_s
    from io.reward_totals t join io.reward_wallets w using (wallet_index)
    where t.epoch = p_epoch;
end $$;
`;

const guards = `
do $$
declare name text;
begin
  foreach name in array array['wallet_owners', 'wallets', 'reward_wallets', 'reward_standings',
    'reward_totals', 'reward_roots'] loop
    execute format('create trigger keep_all before update or delete on io.%I
      for each row execute function io.refuse_change()', name);
    execute format('create trigger keep_all_rows before truncate on io.%I
      for each statement execute function io.refuse_change()', name);
  end loop;
end $$;

grant select on io.wallet_owners, io.wallets, io.wallet_spans, io.reward_wallets,
  io.reward_standings, io.reward_totals, io.reward_roots to io_writer, io_reader;
grant insert on io.wallet_owners, io.wallets, io.reward_wallets, io.reward_standings,
  io.reward_totals, io.reward_roots to io_writer;
`;

export const sql = [tables, functions, guards].join('\n');
