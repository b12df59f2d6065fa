import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** Which epochs are exported; both are in it. */
type Span = Readonly<{ from: number; to: number }>;

/** Names in files, so that nobody needs the numbers of accounts. */
const transfers = `io.transfers t
  join io.accounts d on d.account_no = t.debit join io.accounts c on c.account_no = t.credit`;
const rewarded = 'posted_epoch between $from and $to';
/** The epoch before the first one that is rewarded. */
const opening = `(select coalesce(min(epoch), 1) - 1 from io.reward_epochs where ${rewarded})`;
const charged = `exists (select from io.charges c where c.lease_no = l.lease_no
  and c.epoch between $from - 1 and $to)`;

/**
 * A query for each file of a bundle. Charges of the epoch before the first are in it: they are what the
 * first one starts from.
 */
const queries: Readonly<Record<string, string>> = {
  'epochs.csv': `select epoch, closed_at_s, leases, corrections, shortfalls,
    encode(digest, 'hex') as digest, encode(chain, 'hex') as chain
    from io.epochs where epoch between $from - 1 and $to order by epoch`,
  // What each account has before the first epoch, and after the last one.
  'accounts.csv': `select a.kind, a.owner, a.asset, coalesce(s.before, 0) as opening,
      coalesce(s.after, 0) as closing
    from io.accounts a left join (
      select account_no, sum(amount) filter (where epoch < $from) as before, sum(amount) as after
      from (
        select epoch, debit as account_no, -amount as amount from io.transfers where epoch <= $to
        union all select epoch, credit, amount from io.transfers where epoch <= $to
      ) moves group by account_no
    ) s using (account_no) order by a.asset, a.kind, a.owner`,
  'transfers.csv': `select t.epoch, encode(t.transfer_id, 'hex') as transfer_id, d.asset,
      d.kind as debit_kind, d.owner as debit_owner, c.kind as credit_kind, c.owner as credit_owner,
      t.amount, t.cause, t.lease_no, t.at_s, encode(convert_to(t.subject, 'UTF8'), 'hex') as subject
    from ${transfers} where t.epoch between $from and $to order by t.epoch, t.transfer_id`,
  'deposits.csv': `select encode(convert_to(p.reference, 'UTF8'), 'hex') as reference, p.owner, p.asset,
      p.amount, p.at_s
    from io.deposits p where exists (select from io.transfers t where t.cause = 'Deposit'
      and t.subject = p.reference and t.epoch between $from and $to) order by 1`,
  // hold_base is what was held when the last epoch was closed.
  'leases.csv': `select l.lease_no, l.lease_id, l.cluster, m.name as member, l.renter, l.supplier, l.asset,
      l.renter_basis_points, l.supplier_basis_points, l.opened_at_s, l.ended_at_s,
      l.hold_base - coalesce((select sum(t.amount) from io.transfers t where t.epoch > $to
        and t.cause = 'Hold' and t.lease_no = l.lease_no and position('/' in t.subject) > 0), 0)
        as hold_base,
      case when l.closed_epoch <= $to then l.closed_epoch end as closed_epoch
    from io.leases l join io.members m using (member_no) where ${charged} order by l.lease_no`,
  'lease_devices.csv': `select d.lease_no, d.slot, d.device, m.model, d.rate_per_hour
    from io.lease_devices d join io.leases l using (lease_no) left join io.device_models m using (model_no)
    where ${charged} order by d.lease_no, d.slot`,
  // An end that was told later is not in it. Revisions were taken back by the close of their epoch.
  'intervals.csv': `select i.* from (
      select lease_no, slot, start_s, case when settled_epoch <= $to then end_s end as end_s,
        rate_per_hour, known_epoch, case when settled_epoch <= $to then settled_epoch end
        as settled_epoch, null::integer as revised_epoch
      from io.intervals where known_epoch <= $to and (settled_epoch is null or settled_epoch >= $from)
      union all
      select lease_no, slot, start_s, end_s, rate_per_hour, known_epoch, settled_epoch, revised_epoch
      from io.interval_revisions where known_epoch <= $to and revised_epoch >= $from
    ) i join io.leases l using (lease_no) where ${charged} order by lease_no, slot, start_s, known_epoch`,
  'charges.csv': `select epoch, lease_no, counted_until_s, first_used_s, seconds, late_seconds, raw_sum,
      late_raw, total_sum, usage_sum, renter_fee_sum, supplier_fee_sum, collected_sum, renewed_sum,
      final::integer as final
    from io.charges where epoch between $from - 1 and $to order by epoch, lease_no`,
  'prices.csv': `select epoch, asset, micro_usd, encode(convert_to(source, 'UTF8'), 'hex') as source
    from io.prices where epoch in (select epoch from io.reward_epochs where ${rewarded})
    order by epoch, asset`,
  'reward_rules.csv': `select encode(rules_hash, 'hex') as rules_hash,
      encode(convert_to(content, 'UTF8'), 'hex') as content from io.reward_rules
    where rules_hash in (select rules_hash from io.reward_epochs where ${rewarded}) order by 1`,
  'reward_epochs.csv': `select e.epoch, encode(e.rules_hash, 'hex') as rules_hash, e.posted_epoch,
      e.emitted, coalesce((select sum(b.emitted) from io.reward_epochs b where b.epoch < e.epoch), 0)
      as emitted_before, e.undistributed, e.devices, e.eligible, encode(e.digest, 'hex') as digest
    from io.reward_epochs e where ${rewarded} order by e.epoch`,
  'reward_classes.csv': `select epoch, class_no, model, sevenths, up_minutes, flags, multiplier_milli,
      devices, score, amount
    from io.reward_classes where epoch in (select epoch from io.reward_epochs where ${rewarded})
    order by epoch, class_no`,
  'reward_members.csv': `select m.epoch, m.member, m.supplier, encode(r.roster_hash, 'hex') as roster_hash,
      encode(m.classes, 'hex') as classes, m.amount
    from io.reward_members m join io.reward_rosters r using (reward_roster_no)
    where m.epoch in (select epoch from io.reward_epochs where ${rewarded})
    order by m.epoch, m.member || ' ' || m.supplier collate "C"`,
  'reward_rosters.csv': `select encode(roster_hash, 'hex') as roster_hash,
      array_to_string(devices, ' ') as names
    from io.reward_rosters where reward_roster_no in (select reward_roster_no from io.reward_members
      where epoch in (select epoch from io.reward_epochs where ${rewarded})) order by 1`,
  'wallets.csv': `select account, wallet, encode(public_key, 'hex') as public_key, since_epoch,
      encode(convert_to(message, 'UTF8'), 'hex') as message, encode(signature, 'hex') as signature
    from io.wallets where since_epoch <= (select max(epoch) from io.reward_epochs where ${rewarded})
    order by wallet_no`,
  // What wallets, and accounts without one, had got before these rewards.
  'reward_opening.csv': `select encode(t.public_key, 'hex') as public_key, t.total
    from io.reward_totals_at(${opening}) t order by t.wallet_index`,
  'reward_kept.csv': `select account, amount from io.rewards_kept_at(${opening}) order by account`,
  'reward_standings.csv': `select epoch, wallets, total, encode(leaves_hash, 'hex') as leaves_hash
    from io.reward_standings where epoch in (select epoch from io.reward_epochs where ${rewarded})
    order by epoch`,
  'reward_roots.csv': `select epoch, program_id, distributor, mint, encode(root, 'hex') as root, depth
    from io.reward_roots where epoch in (select epoch from io.reward_epochs where ${rewarded})
    order by epoch, distributor`,
  // What is not needed to book an event again is left out, such as memos.
  'chain_events.csv': `select signature, index, kind, owner, payload->>'asset' as asset,
      payload->>'amount' as amount, payload->>'reference' as reference,
      coalesce(payload->>'owner', payload->>'wallet') as wallet,
      payload->>'operationId' as operation_id, posted_epoch
    from io.chain_events where posted_epoch between $from and $to order by event_no`,
  'wallet_owners.csv': `select wallet, account from io.wallet_owners where wallet in (
      select coalesce(payload->>'owner', payload->>'wallet') from io.chain_events
      where posted_epoch <= $to) order by wallet`,
  'payees.csv': `select b.operation_id, r.account, r.amount
    from io.payout_batches b join io.payout_requests r using (request_id)
    where b.operation_id in (select payload->>'operationId' from io.chain_events
      where posted_epoch between $from and $to) order by b.batch_no`,
  // Whose suspense is, repairs, and what goes out of custody.
  'decisions.csv': `select t.epoch, t.cause, s.asset, 'suspense' as debit_kind, '' as debit_owner,
      'renter:available' as credit_kind, s.account as credit_owner, s.amount,
      encode(convert_to(s.subject, 'UTF8'), 'hex') as subject
    from io.suspense s join io.transfers t on t.subject = s.subject and t.cause = 'Assigned'
    where t.epoch between $from and $to
    union all
    select t.epoch, t.cause, r.value->>'asset', r.value->>'debitKind', r.value->>'debitOwner',
      r.value->>'creditKind', r.value->>'creditOwner', (r.value->>'amount')::bigint,
      encode(convert_to(t.subject, 'UTF8'), 'hex')
    from io.transfers t
    join io.repairs p on p.plan_id = split_part(t.subject, '/', 1)
    cross join jsonb_array_elements(p.transfers) with ordinality as r (value, number)
    where t.cause = 'DriftRepair' and t.epoch between $from and $to
      and r.number = split_part(t.subject, '/', 2)::integer + 1
    union all
    select t.epoch, t.cause, r.asset, v.debit, r.account, v.credit, r.account, r.amount,
      encode(convert_to(t.subject, 'UTF8'), 'hex')
    from io.payout_requests r
    cross join lateral (values
      (r.cause, io.payout_source(r.cause), 'payout:pending', true),
      ('PayoutReturned', 'payout:pending', io.payout_source(r.cause), r.ended = 'Returned')
    ) as v (cause, debit, credit, holds)
    join io.transfers t on t.cause = v.cause and t.subject = encode(r.request_id, 'hex')
    where v.holds and t.epoch between $from and $to
    order by 1, 2, 9`,
};

/** Writes each table of these epochs as CSV with a header, all of one instant. */
export async function exportTables(
  url: string,
  { from, to }: Span,
  sink: (name: string) => Writable,
) {
  const client = new Client({
    connectionString: url,
    application_name: 'io-operator audit',
    statement_timeout: 0,
  });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const genesis = await client.query<{ genesis_s: number }>('select genesis_s from io.settings');
    const files: { name: string; rows: number }[] = [];
    for (const [name, query] of Object.entries(queries)) {
      // COPY takes no parameters; both are numbers.
      const text = query.replaceAll('$from', String(from)).replaceAll('$to', String(to));
      const copy = client.query(copyTo(`copy (${text}) to stdout with (format csv, header)`));
      await pipeline(copy, sink(name));
      files.push({ name, rows: copy.rowCount });
    }
    await client.query('commit');
    return { genesisSeconds: genesis.rows[0]?.genesis_s ?? 0, files };
  } finally {
    await client.end();
  }
}
