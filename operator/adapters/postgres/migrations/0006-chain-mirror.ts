/** What the chain did, as the ledger took it; where both differ, and what a person decided about it. */
const tables = `
-- The one deployment of the program that this ledger mirrors.
create table io.chain_deployments (
  is_only boolean primary key default true check (is_only),
  program_id text not null,
  io_mint text not null,
  usdc_mint text not null,
  at_s integer not null
);

-- Up to where each address is mirrored that is followed: the program, and both vaults of custody.
create table io.chain_cursors (
  address text primary key,
  signature text not null,
  slot bigint not null
);

-- Final transactions that succeeded.
create table io.chain_transactions (
  signature text primary key check (length(signature) between 64 and 88),
  slot bigint not null,
  at_s integer not null,
  -- False: its log was cut off. What can be read of it is booked, and nothing is guessed.
  complete boolean not null
);
create index chain_transactions_cut_off on io.chain_transactions (slot) where not complete;

-- Events of the program, and plain transfers into custody (Received), in the order of the log.
create table io.chain_events (
  event_no bigint generated always as identity unique,
  signature text not null references io.chain_transactions,
  index integer not null check (index >= 0),
  slot bigint not null,
  at_s integer not null,
  kind text not null,
  -- Whom it was booked to: an account, or wallet/<base58>; empty where it concerns nobody.
  owner text not null,
  -- All values as text: see ChainEvent of operator/domain/settlement/mirror.ts.
  payload jsonb not null check (jsonb_typeof(payload) = 'object'),
  -- The epoch of its transfers.
  posted_epoch integer not null,
  primary key (signature, index)
);
create index chain_events_by_slot on io.chain_events (slot);
create index chain_events_by_epoch on io.chain_events (posted_epoch);
create index chain_events_by_stake on io.chain_events ((payload->>'stake'))
  where payload ? 'stake';

-- What came into custody, and nobody knows for whom, by the subject of its transfer.
create table io.suspense (
  subject text primary key,
  asset text not null check (asset in ('USDC', 'IO')),
  amount bigint not null check (amount > 0),
  at_s integer not null,
  -- Whose a person said it is, and why; null until then.
  account text,
  reason text check (length(reason) between 1 and 512),
  assigned_at_s integer,
  check ((account is null) = (reason is null) and (account is null) = (assigned_at_s is null))
);
create index suspense_waiting on io.suspense (at_s, subject) where account is null;

-- Differences between ledger and chain, while they stand and after that.
create table io.drifts (
  drift_no bigint generated always as identity primary key,
  -- DriftKind of operator/domain/settlement/drift.ts.
  kind text not null,
  owner text not null,
  asset text not null check (asset in ('USDC', 'IO')),
  ledger bigint not null,
  chain bigint not null,
  amount bigint not null generated always as (chain - ledger) stored check (amount <> 0),
  explanation text not null,
  found_at_s integer not null,
  until_s integer
);
create unique index drifts_standing on io.drifts (kind, owner, asset) where until_s is null;

-- Plans that a person approved. A transfer's subject is the plan's id, a slash and its number.
create table io.repairs (
  plan_id text primary key check (plan_id ~ '^[0-9a-f]{64}$'),
  reason text not null check (length(reason) between 1 and 512),
  approved_at_s integer not null,
  drift_nos bigint[] not null,
  -- Cause, asset, both accounts and amount of each, as they were printed.
  transfers jsonb not null
);

-- What each stake has by its events. Where a log was cut off it is not what the chain has.
create view io.stakes as
select payload->>'stake' as stake, min(payload->>'owner') as wallet,
  min(payload->>'deviceId') as device_id,
  sum(case kind when 'Staked' then 1 when 'CaseReversed' then 1 when 'Withdrawn' then -1
    when 'CaseOpened' then -1 else 0 end * (payload->>'amount')::bigint)::bigint as staked,
  sum(case kind when 'CaseOpened' then 1 when 'CaseReversed' then -1 when 'CaseBurnt' then -1
    else 0 end * (payload->>'amount')::bigint)::bigint as escrowed
from io.chain_events
where payload ? 'stake' and kind in ('Staked', 'Withdrawn', 'CaseOpened', 'CaseReversed', 'CaseBurnt')
group by 1;
`;

const functions = `
-- Writes down a final transaction with its events and posts what they move, once, and moves the cursor
-- of the address that it was found by. Returns false when it was known before.
create function io.mirror_transaction(p_address text, p_signature text, p_slot bigint, p_at_s integer,
  p_complete boolean, kinds text[], owners text[], payloads text[], causes text[], assets text[],
  debit_kinds text[], debit_owners text[], credit_kinds text[], credit_owners text[],
  amounts bigint[], subjects text[], now_s integer)
returns boolean volatile language plpgsql as $$
declare
  this_epoch integer := io.begin_posting();
  is_new boolean;
begin
  insert into io.chain_transactions (signature, slot, at_s, complete)
    values (p_signature, p_slot, p_at_s, p_complete) on conflict do nothing;
  is_new := found;
  if is_new then
    insert into io.chain_events (signature, index, slot, at_s, kind, owner, payload, posted_epoch)
      select p_signature, e.n - 1, p_slot, p_at_s, e.kind, e.owner, e.payload::jsonb, this_epoch
      from unnest(kinds, owners, payloads) with ordinality as e (kind, owner, payload, n);
    perform io.post(causes, assets, debit_kinds, debit_owners, credit_kinds, credit_owners, amounts,
      subjects, array_fill(null::bigint, array[cardinality(causes)]), now_s);
    insert into io.suspense (subject, asset, amount, at_s)
      select t.subject, t.asset, t.amount, now_s
      from unnest(causes, assets, amounts, subjects) as t (cause, asset, amount, subject)
      where t.cause = 'Unassigned';
  end if;
  perform io.pass_chain(p_address, p_signature, p_slot);
  return is_new;
end $$;

-- Moves a cursor, never back.
create function io.pass_chain(p_address text, p_signature text, p_slot bigint) returns void
volatile language plpgsql as $$
begin
  insert into io.chain_cursors as c (address, signature, slot)
    values (p_address, p_signature, p_slot)
  on conflict (address) do update set signature = excluded.signature, slot = excluded.slot
    where c.slot <= excluded.slot and c.signature <> excluded.signature;
end $$;

-- What was booked to wallets before accounts proved them goes to the accounts. Returns how many
-- balances moved. The subject names the last event, so that a wallet can be met again.
create function io.adopt_wallets(now_s integer) returns integer volatile language plpgsql as $$
declare
  given record;
begin
  perform io.begin_posting();
  select array_agg('Assigned'::text) as causes, array_agg(a.asset) as assets,
    array_agg(a.kind) as kinds, array_agg(case when a.balance > 0 then a.owner else w.account end)
      as debit_owners,
    array_agg(case when a.balance > 0 then w.account else a.owner end) as credit_owners,
    array_agg(abs(a.balance)) as amounts,
    array_agg(a.owner || ' after event ' || (select max(e.event_no) from io.chain_events e))
      as subjects
  into given
  from io.accounts a join io.wallet_owners w on a.owner = 'wallet/' || w.wallet
  where a.balance <> 0 and a.kind in ('supplier:staked', 'case:escrow', 'rewards:claimed');
  if given.causes is null then return 0; end if;
  return io.post(given.causes, given.assets, given.kinds, given.debit_owners, given.kinds,
    given.credit_owners, given.amounts, given.subjects,
    array_fill(null::bigint, array[cardinality(given.causes)]), now_s);
end $$;

-- Books what lies in suspense to an account, once. Returns whether it lay there.
create function io.assign_suspense(p_subject text, p_account text, p_reason text, now_s integer)
returns boolean volatile language plpgsql as $$
declare
  waiting io.suspense;
begin
  perform io.begin_posting();
  update io.suspense s set account = p_account, reason = p_reason, assigned_at_s = now_s
    where s.subject = p_subject and s.account is null returning * into waiting;
  if not found then return false; end if;
  perform io.post_one('Assigned', waiting.asset, 'suspense', '', 'renter:available', p_account,
    waiting.amount, p_subject, null, now_s);
  return true;
end $$;

-- Drifts are written down and approved one after the other.
create function io.lock_drifts() returns void volatile language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7310868735423);
end $$;

-- Books an approved plan, once, which ends its drifts. Returns false when the drifts that it was made
-- from are not those that stand now, or it was approved before.
create function io.approve_repair(p_plan_id text, p_reason text, p_drift_nos bigint[],
  p_transfers text, assets text[], debit_kinds text[], debit_owners text[], credit_kinds text[],
  credit_owners text[], amounts bigint[], now_s integer)
returns boolean volatile language plpgsql as $$
declare
  subjects text[];
begin
  perform io.begin_posting();
  perform io.lock_drifts();
  if p_drift_nos is distinct from (select array_agg(d.drift_no order by d.drift_no)
    from io.drifts d where d.until_s is null) then return false; end if;
  insert into io.repairs (plan_id, reason, approved_at_s, drift_nos, transfers)
    values (p_plan_id, p_reason, now_s, p_drift_nos, p_transfers::jsonb) on conflict do nothing;
  if not found then return false; end if;
  subjects := array(select p_plan_id || '/' || n from generate_series(0, cardinality(assets) - 1) n);
  perform io.post(array_fill('DriftRepair'::text, array[cardinality(assets)]), assets, debit_kinds,
    debit_owners, credit_kinds, credit_owners, amounts, subjects,
    array_fill(null::bigint, array[cardinality(assets)]), now_s);
  insert into io.suspense (subject, asset, amount, at_s)
    select t.subject, t.asset, t.amount, now_s
    from unnest(credit_kinds, assets, amounts, subjects) as t (kind, asset, amount, subject)
    where t.kind = 'suspense';
  -- What no transfer repairs goes on, and is found again.
  update io.drifts d set until_s = now_s where d.drift_no = any(p_drift_nos);
  return true;
end $$;
`;

const guards = `
do $$
declare name text;
begin
  foreach name in array array['chain_deployments', 'chain_transactions', 'chain_events', 'repairs'] loop
    execute format('create trigger keep_all before update or delete on io.%I
      for each row execute function io.refuse_change()', name);
  end loop;
  foreach name in array array['chain_cursors', 'suspense', 'drifts'] loop
    execute format('create trigger keep_all before delete on io.%I
      for each row execute function io.refuse_change()', name);
  end loop;
  foreach name in array array['chain_deployments', 'chain_cursors', 'chain_transactions',
    'chain_events', 'suspense', 'drifts', 'repairs'] loop
    execute format('create trigger keep_all_rows before truncate on io.%I
      for each statement execute function io.refuse_change()', name);
  end loop;
end $$;
create trigger keep_content before update on io.chain_cursors for each row
  when (new.address <> old.address or new.slot < old.slot)
  execute function io.refuse_change();
create trigger keep_content before update on io.suspense for each row
  when (old.account is not null or (new.subject, new.asset, new.amount, new.at_s)
    is distinct from (old.subject, old.asset, old.amount, old.at_s))
  execute function io.refuse_change();
create trigger keep_content before update on io.drifts for each row
  when (old.until_s is not null
    or (new.drift_no, new.kind, new.owner, new.asset, new.ledger, new.chain, new.explanation,
      new.found_at_s) is distinct from (old.drift_no, old.kind, old.owner, old.asset, old.ledger,
      old.chain, old.explanation, old.found_at_s))
  execute function io.refuse_change();

grant select on io.chain_deployments, io.chain_cursors, io.chain_transactions, io.chain_events,
  io.suspense, io.drifts, io.repairs, io.stakes to io_writer, io_reader;
grant insert on io.chain_deployments, io.chain_cursors, io.chain_transactions, io.chain_events,
  io.suspense, io.drifts, io.repairs to io_writer;
grant update (signature, slot) on io.chain_cursors to io_writer;
grant update (account, reason, assigned_at_s) on io.suspense to io_writer;
grant update (until_s) on io.drifts to io_writer;
`;

export const sql = [tables, functions, guards].join('\n');
