import { sql } from 'kysely';
import type { SignedBinding, StoredStanding } from '../../domain/audit/types.ts';
import type { BookOpening } from '../../domain/settlement/reward-book.ts';
import type { RewardRoot, RewardTarget } from '../../domain/settlement/roots.ts';
import type { Database } from './database.ts';

/** The last epoch whose rewards were distributed; 0 when none was. */
export async function lastRewarded(snapshot: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    select coalesce(max(epoch), 0) as epoch from io.reward_epochs`.execute(snapshot);
  return rows[0]?.epoch ?? 0;
}

/** What wallets had got by the end of an epoch, from the standing before it and what came since. */
export async function rewardOpening(snapshot: Database, epoch: number): Promise<BookOpening> {
  const { rows: totals } = await sql<{ publicKey: string; total: bigint }>`
    select encode(n.public_key, 'hex') as "publicKey", n.total
    from io.reward_totals_at(${epoch}) n order by n.wallet_index`.execute(snapshot);
  const { rows: wallets } = await sql<{ account: string; publicKey: string }>`
    select distinct on (account) account, encode(public_key, 'hex') as "publicKey"
    from io.wallets where since_epoch <= ${epoch} order by account, wallet_no desc`.execute(
    snapshot,
  );
  const { rows: kept } = await sql<{ account: string; amount: bigint }>`
    select account, amount from io.rewards_kept_at(${epoch}) order by account`.execute(snapshot);
  return { epoch, totals, wallets, kept };
}

/** Wallets that count since one of these epochs, in the order in which they were proved. */
export async function bindings(
  snapshot: Database,
  from: number,
  to: number,
): Promise<readonly SignedBinding[]> {
  const { rows } = await sql<SignedBinding>`
    select account, wallet, encode(public_key, 'hex') as "publicKey", since_epoch as "sinceEpoch",
      message, encode(signature, 'hex') as signature
    from io.wallets where since_epoch between ${from} and ${to} order by wallet_no`.execute(
    snapshot,
  );
  return rows;
}

/** Standings of epochs, each with its roots. */
export async function standings(
  snapshot: Database,
  from: number,
  to: number,
): Promise<readonly StoredStanding[]> {
  const { rows } = await sql<Omit<StoredStanding, 'roots'>>`
    select epoch, wallets, total, encode(leaves_hash, 'hex') as "leavesHash"
    from io.reward_standings where epoch between ${from} and ${to} order by epoch`.execute(
    snapshot,
  );
  const { rows: roots } = await sql<RewardRoot & RewardTarget>`
    select r.epoch, encode(r.root, 'hex') as root, s.total, s.wallets as "leafCount", r.depth,
      r.program_id as "programId", r.distributor, r.mint
    from io.reward_roots r join io.reward_standings s using (epoch)
    where r.epoch between ${from} and ${to} order by r.epoch, r.distributor`.execute(snapshot);
  const byEpoch = Map.groupBy(roots, ({ epoch }) => epoch);
  return rows.map((row) => ({ ...row, roots: byEpoch.get(row.epoch) ?? [] }));
}
