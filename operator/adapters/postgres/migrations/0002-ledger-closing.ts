/**
 * Closing epochs and settling leases that have ended; the same as operator/domain/ledger computes.
 * All of it is set-based, and nothing of a lease is updated while it goes on.
 */
export const closing = `
create function io.epoch_start(epoch integer) returns integer stable language sql as $$
  select genesis_s + (epoch - 1) * 3600 from io.settings
$$;

-- What raw / 3,600 costs with the renter's fee, rounded once, half down, and its parts: sumsOf of
-- charge.ts. Sums that surely fit are computed without numeric, which is several times faster.
create function io.total_of(raw numeric, renter_bp integer) returns bigint
immutable parallel safe language sql as $$
  select case when raw < 200000000000000
    then (2 * raw::bigint * (10000 + renter_bp) + 35999999) / 72000000
    else div(2 * raw * (10000 + renter_bp) + 35999999, 72000000)::bigint end
$$;
create function io.usage_of(raw numeric) returns bigint
immutable parallel safe language sql as $$
  select case when raw < 200000000000000 then raw::bigint / 3600 else div(raw, 3600)::bigint end
$$;
create function io.renter_fee_of(raw numeric, renter_bp integer) returns bigint
immutable parallel safe language sql as $$
  select case when raw < 200000000000000 then raw::bigint * renter_bp / 36000000
    else div(raw * renter_bp, 36000000)::bigint end
$$;
create function io.supplier_fee_of(usage bigint, supplier_bp integer) returns bigint
immutable parallel safe language sql as $$
  select case when usage < 200000000000000 then usage * supplier_bp / 10000
    else div(usage::numeric * supplier_bp, 10000)::bigint end
$$;

-- The part of a sum that was paid: splitCollected of charge.ts.
create function io.paid(part bigint, collected bigint, total bigint) returns bigint
immutable parallel safe language sql as $$
  select case when collected = total then part
    else div(part::numeric * collected, total::numeric)::bigint end
$$;

-- Leases that are not settled to their end, and what they had cost when the last epoch was closed.
create view io.unsettled as
select l.lease_no, l.lease_id, l.renter, l.supplier, l.asset, l.renter_basis_points as renter_bp,
  l.supplier_basis_points as supplier_bp, l.state, l.opened_at_s, l.ended_at_s, l.hold_base,
  m.observed_until_s, c.counted_until_s as counted_before_s, c.first_used_s,
  coalesce(c.raw_sum, 0) as raw_sum, coalesce(c.total_sum, 0) as total_sum,
  coalesce(c.usage_sum, 0) as usage_sum, coalesce(c.renter_fee_sum, 0) as renter_fee_sum,
  coalesce(c.supplier_fee_sum, 0) as supplier_fee_sum,
  coalesce(c.collected_sum, 0) as collected_sum, coalesce(c.renewed_sum, 0) as renewed_sum
from io.leases l
join io.members m using (member_no)
left join io.charges c
  on c.lease_no = l.lease_no and c.epoch = (select max(e.epoch) from io.epochs e)
where l.state <> 'Closed';

-- Settles all leases up to the end of an epoch, or, as last rows, at most so many of those that have
-- ended in it and are wholly reported or silent for too long: what they used (usageIn of usage.ts),
-- what of it is paid (collect of collect.ts), the rows of io.charges and the transfers (transfersOf of
-- journal.ts), which for last rows are of each lease for itself, with what is left of its hold. One
-- statement, so that what stands between its steps is written nowhere; "offset 0" keeps a column from
-- being computed anew at each mention.
create function io.settle(this_epoch integer, last_rows boolean, most integer, silence_s integer,
  now_s integer) returns void
volatile language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  epoch_start_s integer := io.epoch_start(this_epoch);
  epoch_end_s integer := io.epoch_start(this_epoch + 1);
  ended bigint[];
  found_transfers record;
begin
  if last_rows then
    ended := array(
      select l.lease_no from io.leases l join io.members m using (member_no)
      where l.state = 'Closing' and l.ended_at_s <= epoch_end_s
        and (m.observed_until_s >= l.ended_at_s or now_s >= l.ended_at_s + silence_s)
      order by l.lease_no limit most);
  end if;
  with spans as (
    select lease_no, start_s, end_s, rate_per_hour, known_epoch, 1 as sign
    from io.intervals where settled_epoch is null
    union all
    -- Taken back, though counted wholly: as if it were known of only now.
    select lease_no, start_s, end_s, rate_per_hour, this_epoch, -1
    from io.interval_revisions where revised_epoch = this_epoch
  ), sums as (
    select l.lease_no, l.party_no, l.renter_basis_points as renter_bp,
      l.supplier_basis_points as supplier_bp, l.hold_base, l.state = 'Open' as renews,
      least(epoch_end_s, m.observed_until_s, l.ended_at_s) as counted_until_s,
      c.raw_sum, c.total_sum, c.usage_sum, c.renter_fee_sum, c.supplier_fee_sum, c.collected_sum,
      c.renewed_sum, least(c.first_used_s, min(i.start_s)) as first_used_s,
      sum(n.in_epoch) as seconds, sum(n.in_all) as all_seconds, sum(n.before) as seconds_before,
      sum(n.in_epoch * i.rate_per_hour) as epoch_raw,
      sum((n.in_all - n.in_epoch - n.before)::numeric * i.rate_per_hour)
        filter (where n.in_all - n.in_epoch <> n.before) as late_raw
    from io.leases l
    join io.members m on m.member_no = l.member_no
    left join io.charges c on c.epoch = this_epoch - 1 and c.lease_no = l.lease_no
    left join spans i on i.lease_no = l.lease_no,
    lateral (
      select least(i.end_s, epoch_end_s, l.ended_at_s,
        case when not last_rows or i.end_s is null then m.observed_until_s end) as until_s
    ) u,
    -- All 0 where a lease has no interval.
    lateral (
      select
        greatest(0, u.until_s - i.start_s - greatest(0, epoch_start_s - i.start_s)) as in_epoch,
        i.sign * greatest(0, u.until_s - i.start_s) as in_all,
        case when i.known_epoch < this_epoch
          then greatest(0, c.counted_until_s - i.start_s) else 0 end as before
    ) n
    where case when last_rows then l.lease_no = any(ended)
      else l.state <> 'Closed' and l.opened_at_s < epoch_end_s end
    group by l.lease_no, m.member_no, c.epoch, c.lease_no
    order by l.lease_no
  ), counted as (
    select lease_no, party_no, renter_bp, supplier_bp, hold_base, renews, counted_until_s,
      coalesce(raw_sum, 0) as raw_sum, coalesce(total_sum, 0) as total_sum,
      coalesce(usage_sum, 0) as usage_sum, coalesce(renter_fee_sum, 0) as renter_fee_sum,
      coalesce(supplier_fee_sum, 0) as supplier_fee_sum, coalesce(collected_sum, 0) as collected_sum,
      coalesce(renewed_sum, 0) as renewed_sum, first_used_s, seconds,
      coalesce(all_seconds - seconds - seconds_before, 0) as late_seconds,
      coalesce(late_raw, 0) as late_raw,
      coalesce(raw_sum, 0) + coalesce(epoch_raw + late_raw, epoch_raw, 0) as new_raw
    from sums
    offset 0
  ), priced as (
    select s.*, io.total_of(new_raw, renter_bp) as new_total, io.usage_of(new_raw) as new_usage,
      io.renter_fee_of(new_raw, renter_bp) as new_renter_fee
    from counted s
    offset 0
  ), needed as materialized (
    -- What the hold cannot pay, and what fills it up again.
    select p.*, io.supplier_fee_of(new_usage, supplier_bp) as new_supplier_fee,
      greatest(0, new_total - hold_base - renewed_sum) as deficit,
      case when renews
        then greatest(0, new_total - greatest(renewed_sum, new_total - hold_base)) else 0
      end as renewal
    from priced p
  ), poor as (
    select p.party_no, p.renter, p.asset, a.balance as available
    from (
      select p.renter, p.asset, sum(n.wanted) as wanted
      from (select party_no, sum(deficit + renewal) as wanted from needed group by 1) n
      join io.parties p using (party_no) group by 1, 2
    ) w
    join io.accounts a on a.kind = 'renter:available' and a.owner = w.renter and a.asset = w.asset
    join io.parties p on p.renter = w.renter and p.asset = w.asset
    where w.wanted > a.balance
  ), granted as materialized (
    -- Where the money does not last, the leases that come first have it.
    select lease_no, granted,
      least(renewal, greatest(0, available - sum(granted) over (partition by renter, asset)
        - (sum(renewal) over w - renewal)))::bigint as renewal
    from (
      select n.lease_no, p.renter, p.asset, n.renewal, p.available,
        least(n.deficit, greatest(0, p.available - (sum(n.deficit) over w - n.deficit)))::bigint
          as granted
      from needed n join poor p using (party_no)
      window w as (partition by p.renter, p.asset order by n.lease_no)
    ) d
    window w as (partition by renter, asset order by lease_no)
  ), paid as not materialized (
    select n.*, n.renewed_sum + coalesce(g.granted, n.deficit) + coalesce(g.renewal, n.renewal)
        as new_renewed,
      least(n.new_total, n.hold_base + n.renewed_sum + coalesce(g.granted, n.deficit)) as collected
    from needed n left join granted g using (lease_no)
  ), charged as (
    insert into io.charges (epoch, lease_no, counted_until_s, first_used_s, seconds, late_seconds,
      raw_sum, late_raw, total_sum, usage_sum, renter_fee_sum, supplier_fee_sum, collected_sum,
      renewed_sum, final)
    select this_epoch, lease_no, counted_until_s, first_used_s, seconds, late_seconds, new_raw,
      late_raw, new_total, new_usage, new_renter_fee, new_supplier_fee, collected, new_renewed,
      last_rows
    from paid
  ), corrected as (
    -- Where usage is late: what was paid before, with the correction and nothing else.
    select p.*, io.supplier_fee_of(mid_usage, supplier_bp) as mid_supplier_fee,
      least(mid_total, collected) as mid_collected
    from (
      select p.*, io.total_of(raw_sum + late_raw, renter_bp) as mid_total,
        io.usage_of(raw_sum + late_raw) as mid_usage,
        io.renter_fee_of(raw_sum + late_raw, renter_bp) as mid_renter_fee
      from paid p where late_raw <> 0
    ) p
  ), parts as (
    select lease_no, party_no, new_renewed - renewed_sum as renewed,
      hold_base + new_renewed - collected as left_over, collected - collected_sum as total,
      io.paid(new_usage, collected, new_total) - io.paid(usage_sum, collected_sum, total_sum)
        as usage,
      io.paid(new_renter_fee, collected, new_total)
        - io.paid(renter_fee_sum, collected_sum, total_sum) as renter_fee,
      io.paid(new_supplier_fee, collected, new_total)
        - io.paid(supplier_fee_sum, collected_sum, total_sum) as supplier_fee,
      0::bigint as late_total, 0::bigint as late_usage, 0::bigint as late_renter_fee,
      0::bigint as late_supplier_fee
    from paid where late_raw = 0
    union all
    select lease_no, party_no, new_renewed - renewed_sum,
      hold_base + new_renewed - collected, collected - mid_collected,
      io.paid(new_usage, collected, new_total) - io.paid(mid_usage, mid_collected, mid_total),
      io.paid(new_renter_fee, collected, new_total)
        - io.paid(mid_renter_fee, mid_collected, mid_total),
      io.paid(new_supplier_fee, collected, new_total)
        - io.paid(mid_supplier_fee, mid_collected, mid_total),
      mid_collected - collected_sum,
      io.paid(mid_usage, mid_collected, mid_total) - io.paid(usage_sum, collected_sum, total_sum),
      io.paid(mid_renter_fee, mid_collected, mid_total)
        - io.paid(renter_fee_sum, collected_sum, total_sum),
      io.paid(mid_supplier_fee, mid_collected, mid_total)
        - io.paid(supplier_fee_sum, collected_sum, total_sum)
    from corrected
  ), pairs as (
    select party_no, case when last_rows then lease_no end as subject_no, sum(renewed) as renewed,
      sum(left_over) as left_over, sum(usage) as usage, sum(renter_fee) as renter_fee,
      sum(supplier_fee) as supplier_fee,
      sum(total - usage - renter_fee) as rounding, sum(late_usage) as late_usage,
      sum(late_renter_fee) as late_renter_fee, sum(late_supplier_fee) as late_supplier_fee,
      sum(late_total - late_usage - late_renter_fee) as late_rounding
    from parts group by 1, 2
  ), moves as (
    select v.cause, asset, p.subject_no, v.a_kind, v.a_owner, v.b_kind, v.b_owner,
      sum(v.amount)::bigint as amount
    from pairs p join io.parties using (party_no), lateral (values
      ('HoldRenewed', 'renter:available', renter, 'renter:held', renter, renewed),
      ('Usage', 'renter:held', renter, 'supplier:earned', supplier, usage),
      ('RenterFee', 'renter:held', renter, 'network:fees', '', renter_fee),
      ('SupplierFee', 'supplier:earned', supplier, 'network:fees', '', supplier_fee),
      ('Rounding', 'renter:held', renter, 'network:rounding', '', rounding),
      ('Correction', 'renter:held', renter, 'supplier:earned', supplier, late_usage),
      ('Correction', 'renter:held', renter, 'network:fees', '', late_renter_fee),
      ('Correction', 'supplier:earned', supplier, 'network:fees', '', late_supplier_fee),
      ('Correction', 'renter:held', renter, 'network:rounding', '', late_rounding),
      ('HoldReleased', 'renter:held', renter, 'renter:available', renter,
        case when last_rows then left_over else 0 end)
    ) as v (cause, a_kind, a_owner, b_kind, b_owner, amount)
    where v.amount <> 0
    group by 1, 2, 3, 4, 5, 6, 7
  ), transfers as (
    select cause, asset, subject_no, abs(amount) as amount,
      case when last_rows
        then (select l.lease_id from io.leases l where l.lease_no = subject_no) else ''
      end as subject,
      case when amount > 0 then a_kind else b_kind end as debit_kind,
      case when amount > 0 then a_owner else b_owner end as debit_owner,
      case when amount > 0 then b_kind else a_kind end as credit_kind,
      case when amount > 0 then b_owner else a_owner end as credit_owner
    from moves where amount <> 0
  )
  select array_agg(cause) as causes, array_agg(asset) as assets, array_agg(debit_kind) as debit_kinds,
    array_agg(debit_owner) as debit_owners, array_agg(credit_kind) as credit_kinds,
    array_agg(credit_owner) as credit_owners, array_agg(amount) as amounts,
    array_agg(subject) as subjects, array_agg(subject_no) as subject_nos
  into found_transfers
  from transfers;
  if found_transfers.causes is not null then
    perform io.post(found_transfers.causes, found_transfers.assets, found_transfers.debit_kinds,
      found_transfers.debit_owners, found_transfers.credit_kinds, found_transfers.credit_owners,
      found_transfers.amounts, found_transfers.subjects, found_transfers.subject_nos, now_s);
  end if;
  if last_rows then
    update io.intervals i set settled_epoch = this_epoch
    where i.lease_no = any(ended) and i.settled_epoch is null;
  else
    update io.intervals i set settled_epoch = this_epoch
    where i.settled_epoch is null and i.end_s is not null and i.end_s <= (
      select c.counted_until_s from io.charges c
      where c.epoch = this_epoch and c.lease_no = i.lease_no);
  end if;
end $$;

-- The digest of an epoch, as operator/domain/ledger/digest.ts says, and how many leases it has.
create function io.digest_of(this_epoch integer, out digest bytea, out leases integer,
  out corrections integer, out shortfalls integer) stable language plpgsql as $$
declare
  -- What all lines of charges begin with, as delimiter: so it is not put together for each.
  head text := 'C|' || this_epoch || '|';
  delimiter text := e'\\n' || head;
  charges bytea;
  transfers bytea;
begin
  select string_agg(sha256(convert_to(head || lines || e'\\n', 'UTF8')), '' order by block),
    coalesce(sum(rows), 0), coalesce(sum(late), 0), coalesce(sum(short), 0)
  into charges, leases, corrections, shortfalls
  from (
    select lease_no / 10000 as block, string_agg(concat_ws('|', lease_no, counted_until_s,
      coalesce(first_used_s::text, ''), seconds, late_seconds, raw_sum, late_raw, total_sum,
      usage_sum, renter_fee_sum, supplier_fee_sum, collected_sum, renewed_sum, final::integer),
      delimiter order by lease_no) as lines, count(*) as rows,
      count(*) filter (where late_seconds <> 0) as late,
      count(*) filter (where collected_sum < total_sum) as short
    from io.charges where epoch = this_epoch group by 1
  ) blocks;
  select string_agg(sha256(convert_to(lines, 'UTF8')), '' order by block)
  into transfers
  from (
    select get_byte(t.transfer_id, 0) as block, string_agg(concat_ws('|', 'T', t.epoch,
      encode(t.transfer_id, 'hex'), d.asset, d.kind, d.owner, c.kind, c.owner, t.amount, t.cause,
      coalesce(t.lease_no::text, ''), t.at_s, encode(convert_to(t.subject, 'UTF8'), 'hex'))
      || e'\\n', '' order by t.transfer_id) as lines
    from io.transfers t
    join io.accounts d on d.account_no = t.debit
    join io.accounts c on c.account_no = t.credit
    where t.epoch = this_epoch group by 1
  ) blocks;
  digest := sha256(coalesce(charges, '') || coalesce(transfers, ''));
end $$;

-- Closes an epoch, once, and says how. An epoch that is not over, or not the next one, is refused.
create function io.close_epoch(this_epoch integer, now_s integer,
  out closed boolean, out report io.epochs)
volatile language plpgsql
set work_mem = '256MB' set hash_mem_multiplier = 2 set enable_nestloop = off set jit = off as $$
declare
  last io.epochs;
  end_s integer := io.epoch_start(this_epoch + 1);
begin
  perform pg_advisory_xact_lock(io.ledger_lock());
  select * into report from io.epochs e where e.epoch = this_epoch;
  closed := not found;
  if not closed then return; end if;
  select * into last from io.epochs e order by e.epoch desc limit 1;
  if this_epoch <> coalesce(last.epoch, 0) + 1 then
    raise exception 'epoch % cannot be closed after epoch %', this_epoch, coalesce(last.epoch, 0)
      using errcode = 'IO001';
  end if;
  if now_s < end_s then
    raise exception 'epoch % is not over', this_epoch using errcode = 'IO001';
  end if;
  perform io.ensure_epoch_partitions(this_epoch), io.ensure_epoch_partitions(this_epoch + 24);
  perform io.settle(this_epoch, false, null, null, now_s);
  insert into io.epochs (epoch, closed_at_s, leases, corrections, shortfalls, digest, chain)
  select this_epoch, now_s, d.leases, d.corrections, d.shortfalls, d.digest,
    sha256(coalesce(last.chain, '\\x${'00'.repeat(32)}') || d.digest)
  from io.digest_of(this_epoch) d
  returning * into report;
end $$;

-- Settles leases that have ended, at most so many. Returns how many.
create function io.settle_closing(most integer, silence_s integer, now_s integer) returns integer
volatile language plpgsql as $$
declare settled_count integer;
begin
  perform pg_advisory_xact_lock(io.ledger_lock());
  perform io.settle(io.begin_posting(), true, most, silence_s, now_s);
  update io.leases l set state = 'Closed', closed_epoch = c.epoch
  from io.charges c
  where c.epoch = io.begin_posting() and c.final and l.lease_no = c.lease_no and l.state = 'Closing';
  get diagnostics settled_count = row_count;
  return settled_count;
end $$;
`;
