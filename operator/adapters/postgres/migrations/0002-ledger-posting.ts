/**
 * Posting. Whoever posts or tells of usage holds the ledger's lock shared until the commit, and who
 * closes holds it alone: so a close sees all that is stamped with its epoch, and nothing comes after.
 */
export const posting = `
create function io.ledger_lock() returns bigint immutable language sql as 'select 7310868735422::bigint';

-- Joins those who post. Returns the epoch that is to be closed next, which does not change before the
-- commit.
create function io.begin_posting() returns integer volatile language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(io.ledger_lock());
  return (select coalesce(max(epoch), 0) + 1 from io.epochs);
end $$;

create function io.stamp_usage() returns trigger language plpgsql as $$
begin
  perform set_config('io.known_epoch', io.begin_posting()::text, true);
  return null;
end $$;
create trigger stamp_usage before insert or update of end_s on io.intervals
  for each statement execute function io.stamp_usage();

create function io.prefixed(part text) returns bytea stable parallel safe language sql as $$
  select int4send(octet_length(part)) || convert_to(part, 'UTF8')
$$;

create function io.transfer_id(cause text, epoch integer, asset text, debit_kind text,
  debit_owner text, credit_kind text, credit_owner text, subject text)
returns bytea stable parallel safe language sql as $$
  select sha256(io.prefixed(cause) || io.prefixed(epoch::text) || io.prefixed(asset)
    || io.prefixed(debit_kind) || io.prefixed(debit_owner)
    || io.prefixed(credit_kind) || io.prefixed(credit_owner) || io.prefixed(subject))
$$;

-- Posts transfers and moves the balances with them; element i of each array is transfer i. Accounts are
-- made where they are missing. Those that were posted before are left out; with another amount they
-- are refused. Returns how many are new.
create function io.post(causes text[], assets text[], debit_kinds text[], debit_owners text[],
  credit_kinds text[], credit_owners text[], amounts bigint[], subjects text[], lease_nos bigint[],
  now_s integer)
returns integer volatile language plpgsql as $$
#variable_conflict use_column
declare
  this_epoch integer := io.begin_posting();
  posted_count integer;
  balanced boolean;
begin
  if causes = '{}' then return 0; end if;
  insert into io.accounts (kind, owner, asset)
    select distinct s.kind, s.owner, s.asset
    from (
      select unnest(debit_kinds) as kind, unnest(debit_owners) as owner, unnest(assets) as asset
      union all
      select unnest(credit_kinds), unnest(credit_owners), unnest(assets)
    ) s
    where not exists (
      select from io.accounts a where a.kind = s.kind and a.owner = s.owner and a.asset = s.asset)
    order by 1, 2, 3
    on conflict do nothing;
  -- In the order of their numbers, so that no two who post wait for each other.
  perform from io.accounts a
    where (a.kind, a.owner, a.asset) in (
      select unnest(debit_kinds), unnest(debit_owners), unnest(assets)
      union all
      select unnest(credit_kinds), unnest(credit_owners), unnest(assets))
    order by a.account_no for no key update;
  with given as (
    select * from unnest(causes, assets, debit_kinds, debit_owners, credit_kinds, credit_owners,
      amounts, subjects, lease_nos) as t (cause, asset, debit_kind, debit_owner, credit_kind,
      credit_owner, amount, subject, lease_no)
  ), named as (
    select g.*, d.account_no as debit, c.account_no as credit,
      io.transfer_id(g.cause, this_epoch, g.asset, g.debit_kind, g.debit_owner, g.credit_kind,
        g.credit_owner, g.subject) as transfer_id
    from given g
    join io.accounts d on d.kind = g.debit_kind and d.owner = g.debit_owner and d.asset = g.asset
    join io.accounts c on c.kind = g.credit_kind and c.owner = g.credit_owner and c.asset = g.asset
  ), posted as (
    insert into io.transfers
      (epoch, transfer_id, debit, credit, amount, cause, lease_no, at_s, subject)
    select this_epoch, transfer_id, debit, credit, amount, cause, lease_no, now_s, subject
    from named order by transfer_id
    on conflict do nothing
    returning debit, credit, amount
  ), changes as (
    select s.account_no, sum(s.amount)::bigint as amount
    from (select debit as account_no, -amount as amount from posted
      union all select credit, amount from posted) s
    group by s.account_no
  ), moved as (
    update io.accounts a set balance = a.balance + s.amount
    from changes s where a.account_no = s.account_no
    returning s.amount
  )
  select (select count(*) from posted),
    (select count(*) from moved) = (select count(*) from changes)
    and (select coalesce(sum(amount), 0) from moved) = 0
  into posted_count, balanced;
  if not balanced then raise exception 'transfers without their accounts'; end if;
  if posted_count < cardinality(causes) then
    perform io.check_posted(this_epoch, causes, assets, debit_kinds, debit_owners, credit_kinds,
      credit_owners, amounts, subjects);
  end if;
  return posted_count;
end $$;

-- Refuses what was posted before with another amount.
create function io.check_posted(this_epoch integer, causes text[], assets text[], debit_kinds text[],
  debit_owners text[], credit_kinds text[], credit_owners text[], amounts bigint[], subjects text[])
returns void stable language plpgsql as $$
declare other record;
begin
  select t.cause, t.subject, t.amount, t.amount_before into other
  from (
    select g.*, (select p.amount from io.transfers p where p.epoch = this_epoch
      and p.transfer_id = io.transfer_id(g.cause, this_epoch, g.asset, g.debit_kind, g.debit_owner,
        g.credit_kind, g.credit_owner, g.subject)) as amount_before
    from unnest(causes, assets, debit_kinds, debit_owners, credit_kinds, credit_owners, amounts,
      subjects) as g (cause, asset, debit_kind, debit_owner, credit_kind, credit_owner, amount, subject)
  ) t
  where t.amount is distinct from t.amount_before limit 1;
  if found then
    raise exception '% of % was posted with % before', other.cause, other.subject, other.amount_before
      using errcode = 'IO002';
  end if;
end $$;

-- The number of an account, which is made where it is missing.
create function io.account(p_kind text, p_owner text, p_asset text) returns bigint
volatile language plpgsql as $$
declare number bigint;
begin
  select a.account_no into number from io.accounts a
    where a.kind = p_kind and a.owner = p_owner and a.asset = p_asset;
  if found then return number; end if;
  insert into io.accounts (kind, owner, asset) values (p_kind, p_owner, p_asset)
    on conflict do nothing;
  return (select a.account_no from io.accounts a
    where a.kind = p_kind and a.owner = p_owner and a.asset = p_asset);
end $$;

-- The same as io.post for one transfer, in a fraction of the time. An amount of 0 is not moved.
create function io.post_one(p_cause text, p_asset text, debit_kind text, debit_owner text,
  credit_kind text, credit_owner text, p_amount bigint, p_subject text, p_lease_no bigint,
  now_s integer)
returns integer volatile language plpgsql as $$
declare
  this_epoch integer := io.begin_posting();
  p_debit bigint;
  p_credit bigint;
begin
  if p_amount = 0 then return 0; end if;
  p_debit := io.account(debit_kind, debit_owner, p_asset);
  p_credit := io.account(credit_kind, credit_owner, p_asset);
  insert into io.transfers
    (epoch, transfer_id, debit, credit, amount, cause, lease_no, at_s, subject)
  values (this_epoch, io.transfer_id(p_cause, this_epoch, p_asset, debit_kind, debit_owner,
    credit_kind, credit_owner, p_subject), p_debit, p_credit, p_amount, p_cause, p_lease_no, now_s,
    p_subject)
  on conflict do nothing;
  if not found then
    perform io.check_posted(this_epoch, array[p_cause], array[p_asset], array[debit_kind],
      array[debit_owner], array[credit_kind], array[credit_owner], array[p_amount],
      array[p_subject]);
    return 0;
  end if;
  -- In the order of their numbers, so that no two who post wait for each other.
  update io.accounts a
    set balance = a.balance + case when p_debit < p_credit then -p_amount else p_amount end
    where a.account_no = least(p_debit, p_credit);
  update io.accounts a
    set balance = a.balance + case when p_debit < p_credit then p_amount else -p_amount end
    where a.account_no = greatest(p_debit, p_credit);
  return 1;
end $$;

create function io.deposit(p_reference text, p_owner text, p_asset text, p_amount bigint,
  p_source text, now_s integer)
returns bigint volatile language plpgsql as $$
begin
  perform io.begin_posting();
  insert into io.deposits (reference, owner, asset, amount, at_s, source)
    values (p_reference, p_owner, p_asset, p_amount, now_s, p_source) on conflict do nothing;
  if found then
    perform io.post_one('Deposit', p_asset, 'custody', '', 'renter:available', p_owner, p_amount,
      p_reference, null, now_s);
  elsif not exists (select from io.deposits d where d.reference = p_reference
    and d.owner = p_owner and d.asset = p_asset and d.amount = p_amount and d.source = p_source)
  then
    raise exception 'deposit % was booked before with other content', p_reference
      using errcode = 'IO003';
  end if;
  return (select a.balance from io.accounts a
    where a.kind = 'renter:available' and a.owner = p_owner and a.asset = p_asset);
end $$;

-- What a renter can hold; its rows stay locked until the commit.
create function io.lock_available(p_renter text, p_asset text) returns bigint volatile
language plpgsql as $$
begin
  perform from io.accounts a
    where a.kind in ('renter:available', 'renter:held') and a.owner = p_renter and a.asset = p_asset
    order by a.account_no for no key update;
  return coalesce((select a.balance from io.accounts a
    where a.kind = 'renter:available' and a.owner = p_renter and a.asset = p_asset), 0);
end $$;

-- The numbers of models, new ones too; in order of their names, so that no two wait for each other.
create function io.name_models(p_models text[]) returns void volatile language sql as $$
  insert into io.device_models (model)
  select distinct g.model from unnest(p_models) as g (model)
  where not exists (select from io.device_models m where m.model = g.model)
  order by g.model
  on conflict do nothing
$$;

-- Outcomes: Held with the amount held; InsufficientFunds with the amount available; Taken.
create function io.open_lease(p_lease_id text, p_cluster_uid text, p_cluster text, p_member text,
  p_renter text, p_supplier text, p_asset text, p_renter_bp integer, p_supplier_bp integer,
  p_devices text[], p_models text[], p_rates bigint[], p_opened_at_s integer, p_hold bigint, now_s integer,
  out outcome text, out amount bigint, out missing bigint)
volatile language plpgsql as $$
declare
  v_available bigint;
  v_member integer;
  v_lease bigint;
begin
  perform io.begin_posting();
  v_available := io.lock_available(p_renter, p_asset);
  if not exists (select from io.leases l where l.lease_id = p_lease_id) then
    if v_available < p_hold then
      outcome := 'InsufficientFunds';
      amount := v_available;
      missing := p_hold - v_available;
      return;
    end if;
    select m.member_no into v_member from io.members m where m.name = p_member;
    if v_member is null then
      insert into io.members (name) values (p_member) on conflict do nothing;
      select m.member_no into v_member from io.members m where m.name = p_member;
    end if;
    insert into io.leases (lease_id, cluster_uid, cluster, member_no, renter, supplier, asset,
      renter_basis_points, supplier_basis_points, opened_at_s, hold_base)
    values (p_lease_id, p_cluster_uid, p_cluster, v_member, p_renter, p_supplier, p_asset,
      p_renter_bp, p_supplier_bp, p_opened_at_s, p_hold)
    on conflict do nothing returning lease_no into v_lease;
  end if;
  if v_lease is not null then
    perform io.name_models(p_models);
    insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s, model_no)
      select v_lease, g.n - 1, g.device, g.rate, p_opened_at_s, m.model_no
      from unnest(p_devices, p_models, p_rates) with ordinality as g (device, model, rate, n)
      join io.device_models m using (model);
    perform io.post_one('Hold', p_asset, 'renter:available', p_renter, 'renter:held', p_renter,
      p_hold, p_lease_id, v_lease, now_s);
    outcome := 'Held';
    amount := p_hold;
    return;
  end if;
  select case when l.state = 'Open'
      and (l.cluster_uid, l.renter, l.supplier, l.asset, l.renter_basis_points, l.supplier_basis_points)
        = (p_cluster_uid, p_renter, p_supplier, p_asset, p_renter_bp, p_supplier_bp)
      and m.name = p_member
      and not exists (select from unnest(p_devices, p_models, p_rates) as g (device, model, rate)
        where not exists (select from io.lease_devices d join io.device_models dm using (model_no)
          where d.lease_no = l.lease_no and d.device = g.device and dm.model = g.model
            and d.rate_per_hour = g.rate))
      and not exists (select from io.lease_devices d where d.lease_no = l.lease_no
        and d.added_at_s = l.opened_at_s and d.device <> all (p_devices))
    then 'Held' else 'Taken' end, l.hold_base
  into outcome, amount
  from io.leases l join io.members m using (member_no) where l.lease_id = p_lease_id;
end $$;

-- Outcomes as of io.open_lease.
create function io.extend_lease(p_lease_id text, p_devices text[], p_models text[],
  p_rates bigint[], p_hold bigint, now_s integer, out outcome text, out amount bigint, out missing bigint)
volatile language plpgsql as $$
declare
  v_lease io.leases;
  v_hold bigint;
  v_available bigint;
begin
  perform io.begin_posting();
  select * into v_lease from io.leases l where l.lease_id = p_lease_id for no key update;
  if v_lease.state is distinct from 'Open' or exists (
    select from unnest(p_devices, p_models, p_rates) as g (device, model, rate)
    join io.lease_devices d on d.lease_no = v_lease.lease_no and d.device = g.device
    left join io.device_models m using (model_no)
    where d.rate_per_hour <> g.rate or m.model <> g.model)
  then
    outcome := 'Taken';
    amount := 0;
    return;
  end if;
  v_hold := greatest(p_hold, v_lease.hold_base);
  v_available := io.lock_available(v_lease.renter, v_lease.asset);
  if v_available < v_hold - v_lease.hold_base then
    outcome := 'InsufficientFunds';
    amount := v_available;
    missing := v_hold - v_lease.hold_base - v_available;
    return;
  end if;
  perform io.name_models(p_models);
  insert into io.lease_devices (lease_no, slot, device, rate_per_hour, added_at_s, model_no)
    select v_lease.lease_no, s.next + (row_number() over (order by g.n))::integer - 1, g.device,
      g.rate, now_s, m.model_no
    from unnest(p_devices, p_models, p_rates) with ordinality as g (device, model, rate, n)
      join io.device_models m using (model),
      (select coalesce(max(d.slot), -1) + 1 as next from io.lease_devices d
        where d.lease_no = v_lease.lease_no) s
    where not exists (select from io.lease_devices d
      where d.lease_no = v_lease.lease_no and d.device = g.device);
  perform io.post_one('Hold', v_lease.asset, 'renter:available', v_lease.renter, 'renter:held',
    v_lease.renter, v_hold - v_lease.hold_base, p_lease_id || '/' || v_hold, v_lease.lease_no, now_s);
  update io.leases l set hold_base = v_hold
    where l.lease_no = v_lease.lease_no and l.hold_base <> v_hold;
  outcome := 'Held';
  amount := v_hold;
end $$;

-- A lease cannot end before what was counted as used already.
create function io.close_lease(p_lease_id text, end_s integer, p_evidence text)
returns void volatile language plpgsql as $$
declare last integer := io.begin_posting() - 1;
begin
  update io.leases l set state = 'Closing', evidence = p_evidence,
    ended_at_s = greatest(end_s, l.opened_at_s, (select c.counted_until_s from io.charges c
      where c.epoch = last and c.lease_no = l.lease_no))
  where l.lease_id = p_lease_id and l.state = 'Open';
end $$;
`;
