/** What goes out of custody: what was asked for, and the batches that pay it. Rows never change but once. */
const tables = `
create table io.payout_requests (
  -- sha256 of the length-prefixed parts that name it: asked for twice, it is the same one.
  request_id bytea primary key check (length(request_id) = 32),
  request_no bigint generated always as identity unique,
  account text not null check (length(account) between 3 and 317),
  reference text not null check (length(reference) between 1 and 128),
  -- Withdrawal of what a renter has, or Payout of what a supplier earned.
  cause text not null check (cause in ('Withdrawal', 'Payout')),
  asset text not null check (asset in ('USDC', 'IO')),
  amount bigint not null check (amount > 0),
  -- The one that the account had proved when it asked. It keeps it, whatever comes later.
  wallet text not null,
  asked_at_s integer not null,
  -- Paid, or given back; both end it.
  ended text check (ended in ('Paid', 'Returned')),
  ended_at_s integer,
  reason text not null default '' check (length(reason) <= 1024),
  check ((ended is null) = (ended_at_s is null))
) with (fillfactor = 80);
create index payout_requests_open on io.payout_requests (asset, request_no) where ended is null;
create index payout_requests_by_account on io.payout_requests (account, request_no);

-- Which operation pays which requests. One that was refused is followed by another.
create table io.payout_batches (
  batch_no bigint generated always as identity,
  operation_id text not null references io.operations (operation_id),
  request_id bytea not null references io.payout_requests,
  primary key (operation_id, request_id)
);
create index payout_batches_by_request on io.payout_batches (request_id, batch_no);

-- How each stands: Waiting for a batch, Sent in one, Paid, or Returned.
create view io.payouts as
select r.*, b.operation_id, o.signature, o.message, b.requests,
  coalesce(r.ended, case o.state when 'Done' then 'Paid' when 'Pending' then 'Sent' else 'Waiting' end)
    as state,
  o.state as operation_state
from io.payout_requests r
left join lateral (
  select b.operation_id,
    (select count(*)::integer from io.payout_batches s where s.operation_id = b.operation_id) as requests
  from io.payout_batches b where b.request_id = r.request_id order by b.batch_no desc limit 1
) b on true
left join io.operations o on o.operation_id = b.operation_id;
`;

const functions = `
-- Which account a request is paid from.
create function io.payout_source(p_cause text) returns text immutable language sql as $$
  select case p_cause when 'Withdrawal' then 'renter:available' else 'supplier:earned' end
$$;

-- Takes the money out of a balance, at once. Outcomes: Accepted, also when it was asked before;
-- InsufficientFunds with what is there; WalletNotProved; Conflict: asked before for something else.
create function io.request_payout(p_account text, p_reference text, p_cause text, p_asset text,
  p_amount bigint, now_s integer, out outcome text, out available bigint, out request bytea)
volatile language plpgsql as $$
declare
  v_wallet text;
  before io.payout_requests;
begin
  perform io.begin_posting();
  request := sha256(io.prefixed('io-payout') || io.prefixed(p_account) || io.prefixed(p_reference));
  -- Also keeps the same request from being made twice at once.
  perform from io.accounts a
    where a.kind = io.payout_source(p_cause) and a.owner = p_account and a.asset = p_asset
    for no key update;
  available := coalesce((select a.balance from io.accounts a
    where a.kind = io.payout_source(p_cause) and a.owner = p_account and a.asset = p_asset), 0);
  select * into before from io.payout_requests r where r.request_id = request;
  if found then
    outcome := case when (before.cause, before.asset, before.amount) = (p_cause, p_asset, p_amount)
      then 'Accepted' else 'Conflict' end;
    return;
  end if;
  select w.wallet into v_wallet from io.wallets w
    where w.account = p_account order by w.wallet_no desc limit 1;
  if v_wallet is null then
    outcome := 'WalletNotProved';
    return;
  end if;
  if available < p_amount then
    outcome := 'InsufficientFunds';
    return;
  end if;
  insert into io.payout_requests (request_id, account, reference, cause, asset, amount, wallet, asked_at_s)
    values (request, p_account, p_reference, p_cause, p_asset, p_amount, v_wallet, now_s);
  perform io.post_one(p_cause, p_asset, io.payout_source(p_cause), p_account, 'payout:pending',
    p_account, p_amount, encode(request, 'hex'), null, now_s);
  available := available - p_amount;
  outcome := 'Accepted';
end $$;

-- Records the operation that pays these requests, and that it does, in one step. False, and nothing,
-- when one of them does not wait any more.
create function io.batch_payouts(p_operation_id text, p_payload text, p_requests bytea[], now_s integer)
returns boolean volatile language plpgsql as $$
begin
  perform from io.payout_requests r where r.request_id = any(p_requests)
    order by r.request_no for no key update;
  if (select count(*) from io.payouts p where p.request_id = any(p_requests) and p.state = 'Waiting')
    <> cardinality(p_requests) then return false; end if;
  perform io.record_operation(p_operation_id, 'PayOut', 'treasurer', p_payload, now_s);
  insert into io.payout_batches (operation_id, request_id)
    select p_operation_id, r from unnest(p_requests) with ordinality as u (r, n) order by n
    on conflict do nothing;
  return true;
end $$;

-- Gives the money of a request back that the program refused to pay though it was alone in its batch.
create function io.return_payout(request bytea, p_reason text, now_s integer) returns boolean
volatile language plpgsql as $$
declare found_payout record;
begin
  perform io.begin_posting();
  perform from io.payout_requests r where r.request_id = request for no key update;
  select * into found_payout from io.payouts p where p.request_id = request;
  if found_payout.ended is not null or found_payout.operation_state is distinct from 'Refused'
    or found_payout.requests <> 1 then return false; end if;
  update io.payout_requests r set ended = 'Returned', ended_at_s = now_s, reason = p_reason
    where r.request_id = request;
  perform io.post_one('PayoutReturned', found_payout.asset, 'payout:pending', found_payout.account,
    io.payout_source(found_payout.cause), found_payout.account, found_payout.amount,
    encode(request, 'hex'), null, now_s);
  return true;
end $$;

-- Ends the requests whose operation is done. Returns how many.
create function io.end_paid_payouts(now_s integer) returns integer volatile language sql as $$
  with paid as (
    update io.payout_requests r set ended = 'Paid', ended_at_s = now_s
    where r.ended is null and exists (select from io.payouts p
      where p.request_id = r.request_id and p.operation_state = 'Done')
    returning 1
  ) select count(*)::integer from paid
$$;

create trigger keep_all before delete on io.payout_requests
  for each row execute function io.refuse_change();
create trigger keep_content before update on io.payout_requests for each row
  when ((new.request_id, new.account, new.reference, new.cause, new.asset, new.amount, new.wallet,
      new.asked_at_s)
    <> (old.request_id, old.account, old.reference, old.cause, old.asset, old.amount, old.wallet,
      old.asked_at_s)
    or old.ended is not null)
  execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.payout_requests
  for each statement execute function io.refuse_change();
create trigger keep_all before update or delete on io.payout_batches
  for each row execute function io.refuse_change();
create trigger keep_all_rows before truncate on io.payout_batches
  for each statement execute function io.refuse_change();

grant select on io.payout_requests, io.payout_batches, io.payouts to io_writer, io_reader;
grant insert on io.payout_requests, io.payout_batches to io_writer;
grant update (ended, ended_at_s, reason) on io.payout_requests to io_writer;
`;

export const sql = [tables, functions].join('\n');
