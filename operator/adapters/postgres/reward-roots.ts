import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import {
  depthOf,
  hashBytes,
  leafHashes,
  MerkleTree,
  subtreeLeaves,
  subtreeLevels,
  type WalletTotals,
} from '../../domain/settlement/merkle.ts';
import type { BuiltRoot, RewardTarget } from '../../domain/settlement/roots.ts';
import type { RewardRoots } from '../../ports/reward-roots.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { base58Decode } from '../../settlement/base58.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** Sums of hundreds of thousands of wallets are sorted in memory. */
const workMemory = '128MB';
/** The first root of a ledger adds up all that was ever distributed. */
const statementTimeout = '10min';

/** Roots of rewards on PostgreSQL, for one distributor. */
export function createRewardRoots(database: Database, target: RewardTarget): RewardRoots {
  return {
    build: (nowSeconds) =>
      withStore(() => database.transaction().execute((tx) => build(tx, target, nowSeconds))),
  };
}

async function build(
  tx: Database,
  target: RewardTarget,
  nowSeconds: number,
): Promise<BuiltRoot | undefined> {
  const { rows } = await sql<{ epoch: number | null }>`
    select max(epoch) as epoch from io.reward_epochs`.execute(tx);
  const epoch = rows[0]?.epoch;
  if (epoch === null || epoch === undefined) return undefined;
  const built = await storedRoot(tx, target.distributor, epoch);
  if (built !== undefined) return built;
  await sql`set local statement_timeout = ${sql.lit(statementTimeout)}`.execute(tx);
  await sql`set local work_mem = ${sql.lit(workMemory)}`.execute(tx);
  await sql`select io.stand_rewards(${epoch}, ${nowSeconds})`.execute(tx);
  const { rows: standings } = await sql<{ wallets: number }>`
    select wallets from io.reward_standings where epoch = ${epoch}`.execute(tx);
  const leafCount = standings[0]?.wallets ?? 0;
  if (leafCount === 0) return undefined;
  const { root, depth, subtrees } = await rootOf(tx, target, epoch, leafCount);
  const { programId, distributor, mint } = target;
  await sql`insert into io.reward_roots
      (distributor, epoch, program_id, mint, root, depth, subtrees, built_at_s)
    values (${distributor}, ${epoch}, ${programId}, ${mint}, ${root}, ${depth}, ${subtrees},
      ${nowSeconds})
    on conflict do nothing`.execute(tx);
  return storedRoot(tx, distributor, epoch);
}

/** Subtree by subtree, and something else gets its turn between two of them. */
async function rootOf(tx: Database, target: RewardTarget, epoch: number, leafCount: number) {
  const depth = depthOf(leafCount);
  const subtrees = Buffer.alloc(Math.ceil(leafCount / subtreeLeaves) * hashBytes);
  for (let first = 0; first < leafCount; first += leavesAtOnce) {
    const totals = await totalsOf(tx, epoch, first, leavesAtOnce);
    for (let at = 0; at < totals.totals.length; at += subtreeLeaves) {
      const part = slice(totals, at, subtreeLeaves);
      const tree = subtree(target, part, first + at, depth);
      subtrees.set(tree.root, ((first + at) / subtreeLeaves) * hashBytes);
      await setImmediate();
    }
  }
  const { root } = upperTree(subtrees, depth);
  return { root: Buffer.from(root), depth, subtrees };
}

/** The subtree of a root whose first leaf has this index. */
export function subtree(
  { programId, distributor, mint }: RewardTarget,
  totals: WalletTotals,
  firstIndex: number,
  depth: number,
): MerkleTree {
  const domain = {
    programId: base58Decode(programId),
    distributor: base58Decode(distributor),
    mint: base58Decode(mint),
  };
  const leaves = leafHashes(domain, totals, sha256Bytes, firstIndex);
  return new MerkleTree(leaves, sha256Bytes, Math.min(depth, subtreeLevels));
}

/** What lies above the subtrees of a root. */
export function upperTree(subtrees: Uint8Array, depth: number): MerkleTree {
  return new MerkleTree(subtrees, sha256Bytes, Math.max(0, depth - subtreeLevels));
}

/** Leaves that are read at once. */
export const leavesAtOnce = 16 * subtreeLeaves;

/** The wallets of a standing from an index on, as bytes, which is much faster than rows. */
export async function totalsOf(
  database: Database,
  epoch: number,
  first: number,
  count: number,
): Promise<WalletTotals> {
  const { rows } = await sql<{ wallets: Buffer; totals: Buffer }>`
    select coalesce(string_agg(w.public_key, ''::bytea order by t.wallet_index), ''::bytea) as wallets,
      coalesce(string_agg(int8send(t.total), ''::bytea order by t.wallet_index), ''::bytea) as totals
    from io.reward_totals t join io.reward_wallets w using (wallet_index)
    where t.epoch = ${epoch} and t.wallet_index >= ${first} and t.wallet_index < ${first + count}
  `.execute(database);
  const { wallets = Buffer.alloc(0), totals = Buffer.alloc(0) } = rows[0] ?? {};
  const view = new DataView(totals.buffer, totals.byteOffset, totals.length);
  const amounts = new BigUint64Array(totals.length / 8);
  for (let at = 0; at < amounts.length; at += 1) amounts[at] = view.getBigUint64(8 * at);
  return { wallets, totals: amounts };
}

/** Some of the wallets. */
export function slice({ wallets, totals }: WalletTotals, at: number, count: number): WalletTotals {
  return {
    wallets: wallets.subarray(at * hashBytes, (at + count) * hashBytes),
    totals: totals.subarray(at, at + count),
  };
}

/** The root of an epoch, or the newest one; undefined where it was not built. */
export async function storedRoot(
  database: Database,
  distributor: string,
  epoch: number | undefined,
): Promise<BuiltRoot | undefined> {
  const { rows } = await sql<BuiltRoot>`
    select r.epoch, encode(r.root, 'hex') as root, s.total, s.wallets as "leafCount", r.depth,
      r.program_id as "programId", r.distributor, r.mint,
      encode(s.leaves_hash, 'hex') as "leavesHash", r.built_at_s as "builtAtSeconds"
    from io.reward_roots r join io.reward_standings s using (epoch)
    where r.distributor = ${distributor} and r.epoch = coalesce(${epoch ?? null}::integer,
      (select max(n.epoch) from io.reward_roots n where n.distributor = ${distributor}))
  `.execute(database);
  return rows[0];
}
