import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { hashBytes, type MerkleTree, subtreeLeaves } from '../../domain/settlement/merkle.ts';
import type { BuiltRoot, RewardProof } from '../../domain/settlement/roots.ts';
import type { RewardProofs } from '../../ports/reward-roots.ts';
import { base58Encode } from '../../settlement/base58.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { storedRoot, subtree, totalsOf, upperTree } from './reward-roots.ts';

/** Proofs of rewards from PostgreSQL, of one distributor: each from its subtree and those above. */
export function createRewardProofs(database: Database, distributor: string): RewardProofs {
  const root = (epoch: number | undefined) =>
    withStore(() => storedRoot(database, distributor, epoch));
  return {
    root,
    proof: async (wallet, epoch) => {
      const built = await root(epoch);
      return built && withStore(() => proofOf(database, built, wallet));
    },
    proofs: (epoch) => allProofs(database, epoch, root),
  };
}

async function proofOf(
  database: Database,
  built: BuiltRoot,
  wallet: string,
): Promise<RewardProof | undefined> {
  const { rows } = await sql<{ index: number }>`
    select w.wallet_index as index
    from io.reward_wallets w join io.wallet_owners o using (public_key)
    where o.wallet = ${wallet} and w.wallet_index < ${built.leafCount}`.execute(database);
  const [row] = rows;
  if (row === undefined) return undefined;
  const first = row.index - (row.index % subtreeLeaves);
  const upper = await upperOf(database, built);
  const { proofAt } = await lowerOf(database, built, upper, first);
  return proofAt(row.index - first);
}

async function* allProofs(
  database: Database,
  epoch: number,
  root: RewardProofs['root'],
): AsyncGenerator<readonly RewardProof[]> {
  const built = await root(epoch);
  if (built === undefined) return;
  const upper = await withStore(() => upperOf(database, built));
  for (let first = 0; first < built.leafCount; first += subtreeLeaves) {
    const { count, proofAt } = await withStore(() => lowerOf(database, built, upper, first));
    yield Array.from({ length: count }, (_, at) => proofAt(at));
    await setImmediate();
  }
}

async function upperOf(database: Database, built: BuiltRoot): Promise<MerkleTree> {
  const { rows } = await sql<{ subtrees: Buffer }>`
    select subtrees from io.reward_roots
    where distributor = ${built.distributor} and epoch = ${built.epoch}`.execute(database);
  return upperTree(rows[0]?.subtrees ?? Buffer.alloc(0), built.depth);
}

/** The subtree whose first leaf has this index. */
async function lowerOf(database: Database, built: BuiltRoot, upper: MerkleTree, first: number) {
  const { epoch, depth } = built;
  const part = await totalsOf(database, epoch, first, subtreeLeaves);
  const lower = subtree(built, part, first, depth);
  const above = hashesOf(upper.proof(first / subtreeLeaves));
  const proofAt = (at: number): RewardProof => ({
    wallet: base58Encode(part.wallets.subarray(at * hashBytes, (at + 1) * hashBytes)),
    epoch,
    index: first + at,
    total: part.totals[at] ?? 0n,
    proof: [...hashesOf(lower.proof(at)), ...above],
  });
  return { count: part.totals.length, proofAt };
}

function hashesOf(proof: Uint8Array): readonly string[] {
  const hex = Buffer.from(proof).toString('hex');
  return Array.from({ length: proof.length / hashBytes }, (_, at) =>
    hex.slice(at * 2 * hashBytes, (at + 1) * 2 * hashBytes),
  );
}
