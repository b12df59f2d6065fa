import { sql } from 'kysely';
import type { StoredChainEvent, StoredDecision } from '../../domain/audit/chain-audit.ts';
import type { AccountKey, AccountKind, Asset, TransferCause } from '../../domain/ledger/types.ts';
import { payees } from './chain-mirror.ts';
import type { Database } from './database.ts';

/** Events that are read at once. */
const eventsAtOnce = 10_000;

type EventRow = Omit<StoredChainEvent, 'provedBy' | 'payees'> &
  Readonly<{ event_no: bigint; provedBy: string | null }>;

/** Events of the chain that were posted in these epochs. */
export async function* chainEvents(
  snapshot: Database,
  from: number,
  to: number,
): AsyncGenerator<readonly StoredChainEvent[]> {
  for (let after = 0n; ; ) {
    const { rows } = await sql<EventRow>`
      select e.event_no, e.kind, e.owner, e.payload as fields,
        e.signature || '/' || e.index as subject, e.posted_epoch as "postedEpoch",
        w.account as "provedBy"
      from io.chain_events e
      left join io.wallet_owners w
        on w.wallet = coalesce(e.payload->>'owner', e.payload->>'wallet')
      where e.posted_epoch between ${from} and ${to} and e.event_no > ${after}
      order by e.event_no limit ${eventsAtOnce}`.execute(snapshot);
    const last = rows.at(-1);
    if (last === undefined) return;
    const operations = rows.flatMap(({ fields }) => fields['operationId'] ?? []);
    const paid = await payees(snapshot, operations);
    yield rows.map(({ provedBy, ...event }) => ({
      ...event,
      provedBy: provedBy ?? undefined,
      payees: paid.get(event.fields['operationId'] ?? '') ?? [],
    }));
    after = last.event_no;
  }
}

type DecisionRow = Readonly<{
  cause: TransferCause;
  asset: Asset;
  debitKind: AccountKind;
  debitOwner: string;
  creditKind: AccountKind;
  creditOwner: string;
  amount: string;
  subject: string;
}>;

/** What was decided about these subjects: whose suspense is, repairs, and what goes out of custody. */
export async function decisions(
  snapshot: Database,
  subjects: readonly string[],
): Promise<readonly StoredDecision[]> {
  if (subjects.length === 0) return [];
  const { rows } = await sql<DecisionRow>`
    select 'Assigned' as cause, asset, 'suspense' as "debitKind", '' as "debitOwner",
      'renter:available' as "creditKind", account as "creditOwner", amount::text, subject
    from io.suspense where account is not null and subject = any(${[...subjects]}::text[])
    union all
    select 'DriftRepair', t->>'asset', t->>'debitKind', t->>'debitOwner', t->>'creditKind',
      t->>'creditOwner', t->>'amount', r.plan_id || '/' || (n - 1)
    from io.repairs r, jsonb_array_elements(r.transfers) with ordinality as e (t, n)
    where r.plan_id = any(${subjects.map((subject) => subject.split('/', 1)[0])}::text[])
    union all
    select v.cause, r.asset, v.debit, r.account, v.credit, r.account, r.amount::text,
      encode(r.request_id, 'hex')
    from io.payout_requests r, lateral (values
      (r.cause, io.payout_source(r.cause), 'payout:pending', true),
      ('PayoutReturned', 'payout:pending', io.payout_source(r.cause), r.ended = 'Returned')
    ) as v (cause, debit, credit, holds)
    where v.holds and encode(r.request_id, 'hex') = any(${[...subjects]}::text[])
  `.execute(snapshot);
  return rows.map((row) => ({
    cause: row.cause,
    debit: { kind: row.debitKind, owner: row.debitOwner, asset: row.asset },
    credit: { kind: row.creditKind, owner: row.creditOwner, asset: row.asset },
    amount: BigInt(row.amount),
    subject: row.subject,
  }));
}

/** Accounts of proved wallets. */
export async function walletAccounts(
  snapshot: Database,
  wallets: readonly string[],
): Promise<ReadonlyMap<string, AccountKey>> {
  if (wallets.length === 0) return new Map();
  const { rows } = await sql<{ wallet: string; account: string }>`
    select wallet, account from io.wallet_owners
    where wallet = any(${[...wallets]}::text[])`.execute(snapshot);
  return new Map(rows.map(({ wallet, account }) => [wallet, account]));
}

/** Suspense, assignments, repairs and payouts that no transfer, or another one, was made for. */
export async function unpostedDecisions(
  snapshot: Database,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ row: string }>`
    with booked as (
      select t.subject, t.cause, t.amount, c.kind as credit_kind, c.owner as credit_owner, c.asset
      from io.transfers t join io.accounts c on c.account_no = t.credit
      where t.cause in ('Unassigned', 'Assigned', 'DriftRepair', 'Withdrawal', 'Payout',
        'PayoutReturned')
    )
    select 'suspense ' || s.subject as row from io.suspense s
    where not exists (select from booked b where b.subject = s.subject
      and b.credit_kind = 'suspense' and b.amount = s.amount and b.asset = s.asset)
    union all
    select 'assigned ' || s.subject from io.suspense s
    where s.account is not null and not exists (select from booked b where b.subject = s.subject
      and b.cause = 'Assigned' and b.credit_owner = s.account)
    union all
    select 'repair ' || r.plan_id from io.repairs r
    where jsonb_array_length(r.transfers) <> (select count(*) from booked b
      where b.cause = 'DriftRepair' and split_part(b.subject, '/', 1) = r.plan_id)
    union all
    select 'payout ' || encode(r.request_id, 'hex') from io.payout_requests r
    where (select count(*) from booked b where b.subject = encode(r.request_id, 'hex'))
      <> case when r.ended = 'Returned' then 2 else 1 end
    order by 1 limit ${limit}`.execute(snapshot);
  return rows.map(({ row }) => row);
}
