import { sql } from 'kysely';
import type { ClosedEpoch } from '../../domain/audit/types.ts';
import type { PublicBundle } from '../../ports/public-ledger.ts';
import type { Database } from './database.ts';

/** Events beyond these are counted, not listed: the chain has them all. */
const maxEvents = 20_000;

/**
 * What anybody may have of an epoch: what was closed, what was emitted and by which rules, the roots, and
 * what the chain did. Who used, paid, earned or owns what is in none of the files.
 */
export async function publicBundle(
  database: Database,
  epoch: number,
): Promise<PublicBundle | undefined> {
  const closed = await closedEpoch(database, epoch);
  if (closed === undefined) return undefined;
  const rewards = await rewardsOf(database, epoch);
  const roots = await rootsOf(database, epoch);
  return {
    epoch,
    chain: closed.chain,
    files: [
      { name: 'epoch.json', text: json(closed) },
      ...(rewards === undefined ? [] : [{ name: 'rewards.json', text: json(rewards) }]),
      ...(roots.length === 0 ? [] : [{ name: 'roots.json', text: json(roots) }]),
      { name: 'chain-events.csv', text: await eventsOf(database, epoch) },
    ],
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

type PublicEpoch = ClosedEpoch & Readonly<{ previousChain: string; chainEvents: number }>;

async function closedEpoch(database: Database, epoch: number): Promise<PublicEpoch | undefined> {
  const { rows } = await sql<PublicEpoch>`
    select e.epoch, e.closed_at_s as "closedAtSeconds", e.leases, e.corrections, e.shortfalls,
      encode(e.digest, 'hex') as digest,
      coalesce(encode(b.chain, 'hex'), repeat('00', 32)) as "previousChain",
      encode(e.chain, 'hex') as chain,
      (select count(*)::integer from io.chain_events c where c.posted_epoch = e.epoch)
        as "chainEvents"
    from io.epochs e left join io.epochs b on b.epoch = e.epoch - 1
    where e.epoch = ${epoch}`.execute(database);
  return rows[0];
}

async function rewardsOf(database: Database, epoch: number): Promise<object | undefined> {
  const { rows } = await sql<{ content: string; ioMicroUsd: string | null }>`
    select e.epoch, e.emitted::text, coalesce((select sum(b.emitted) from io.reward_epochs b
        where b.epoch < e.epoch), 0)::text as "emittedBefore", e.undistributed::text, e.devices,
      e.eligible, encode(e.digest, 'hex') as digest,
      (select p.micro_usd::text from io.prices p where p.epoch = e.epoch and p.asset = 'IO')
        as "ioMicroUsd",
      encode(e.rules_hash, 'hex') as "rulesHash", u.content
    from io.reward_epochs e join io.reward_rules u using (rules_hash)
    where e.epoch = ${epoch}`.execute(database);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { content: rules, ...rest } = row;
  return { ...rest, rules };
}

async function rootsOf(database: Database, epoch: number): Promise<readonly object[]> {
  const { rows } = await sql<object>`
    select r.epoch, r.program_id as "programId", r.distributor, r.mint,
      encode(r.root, 'hex') as root, r.depth, s.wallets, s.total::text as total,
      encode(s.leaves_hash, 'hex') as "leavesHash"
    from io.reward_roots r join io.reward_standings s using (epoch)
    where r.epoch = ${epoch} order by r.distributor`.execute(database);
  return rows;
}

async function eventsOf(database: Database, epoch: number): Promise<string> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(',', signature, index, slot, at_s, kind, coalesce(payload->>'asset', ''),
      coalesce(payload->>'amount', '')) as line
    from io.chain_events where posted_epoch = ${epoch}
    order by event_no limit ${maxEvents}`.execute(database);
  const header = 'signature,index,slot,at_s,kind,asset,amount';
  return [header, ...rows.map(({ line }) => line), ''].join('\n');
}
