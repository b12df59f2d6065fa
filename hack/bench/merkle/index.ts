import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../../operator/adapters/postgres/database.ts';
import { createRewardProofs } from '../../../operator/adapters/postgres/reward-proofs.ts';
import { createRewardRoots } from '../../../operator/adapters/postgres/reward-roots.ts';
import {
  hashBytes,
  leafHashes,
  MerkleTree,
  rootOfProof,
} from '../../../operator/domain/settlement/merkle.ts';
import { sha256Bytes } from '../../../operator/runtime/sha256.ts';
import { base58Encode } from '../../../operator/settlement/base58.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { withDatabase } from '../database.ts';

const WALLETS = 600_000;
const RUNS = 3;
const PROOFS = 200;

/** Roots of rewards: the tree alone, and from the rewards in PostgreSQL. */
export async function merkle(context: BenchContext): Promise<void> {
  const wallets = scaled(context, WALLETS);
  tree(context, wallets);
  await withDatabase(({ owner }) => stored(context, owner, wallets));
}

function tree({ figures, say }: BenchContext, count: number): void {
  const wallets = new Uint8Array(count * hashBytes);
  for (let at = 0; at < count; at += 1) wallets.set(key(`wallet ${at}`), at * hashBytes);
  const totals = BigUint64Array.from({ length: count }, (_, at) => BigInt(at) * 7_919n + 1n);
  const domain = { programId: key('program'), distributor: key('distributor'), mint: key('mint') };
  let best = Number.POSITIVE_INFINITY;
  for (let run = 1; run <= RUNS; run += 1) {
    const start = performance.now();
    const leaves = leafHashes(domain, { wallets, totals }, sha256Bytes);
    const built = new MerkleTree(leaves, sha256Bytes);
    const proofs = built.proofs();
    best = Math.min(best, performance.now() - start);
    say(`run ${run} of ${RUNS}`);
    const last = count - 1;
    const stride = built.depth * hashBytes;
    const proof = proofs.subarray(last * stride, (last + 1) * stride);
    const root = rootOfProof(leaves.subarray(last * hashBytes), last, proof, sha256Bytes);
    if (Buffer.compare(root, built.root) !== 0)
      throw new Error('a proof does not lead to the root');
  }
  figures.add({
    name: 'merkle_600k_root_and_proofs_s',
    value: best / 1_000,
    unit: 's',
    n: count,
    note: `leaves of 145 bytes, root and all proofs in memory, on one core; best of ${RUNS}`,
  });
}

async function stored(
  { figures, say }: BenchContext,
  database: Database,
  count: number,
): Promise<void> {
  say(`${count} accounts with a wallet and a reward each`);
  const target = {
    programId: base58Encode(key('program')),
    distributor: base58Encode(key('distributor')),
    mint: base58Encode(key('mint')),
  };
  const seconds: number[] = [];
  for (const epoch of [1, 2]) {
    await writeRewards(database, epoch, count);
    const start = performance.now();
    const root = await createRewardRoots(database, target).build(1);
    seconds.push((performance.now() - start) / 1_000);
    if (root?.leafCount !== count) throw new Error(`the root has ${root?.leafCount} leaves`);
    say(`root of epoch ${epoch}`);
  }
  const [first = 0, second = 0] = seconds;
  figures.add({
    name: 'reward_root_600k_s',
    value: second,
    unit: 's',
    n: count,
    note:
      'totals of all wallets after another epoch, added up and stored, and the root of them, in ' +
      `PostgreSQL; ${first.toFixed(1)} s for the first epoch, which gives each its place`,
  });
  const proofs = createRewardProofs(database, target.distributor);
  const began = performance.now();
  for (let at = 0; at < PROOFS; at += 1) {
    const proof = await proofs.proof(walletText(1 + ((at * 7_919) % count)), 2);
    if (proof === undefined) throw new Error('a wallet has no proof');
  }
  figures.add({
    name: 'reward_proof_ms',
    value: (performance.now() - began) / PROOFS,
    unit: 'ms',
    n: PROOFS,
    note: `the proof of one wallet of ${count}, from PostgreSQL, one after the other`,
  });
}

const key = (name: string): Buffer => hash('sha256', name, 'buffer');

/** Of wallet `n`; no address, but it looks like one. */
const walletText = (n: number): string => String(n).replaceAll('0', 'A').padEnd(32, 'B');

async function writeRewards(database: Database, epoch: number, count: number): Promise<void> {
  const zero = Buffer.alloc(32);
  await database.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`insert into io.epochs values (${epoch}, 0, 0, 0, 0, ${zero}, ${zero})`.execute(tx);
    await sql`insert into io.reward_epochs
      values (${epoch}, ${zero}, 0, ${epoch + 1}, ${count}, 0, 0, 0, ${zero})`.execute(tx);
    if (epoch === 1) {
      await sql`insert into io.wallet_owners (public_key, wallet, account)
        select sha256(n::text::bytea), rpad(translate(n::text, '0', 'A'), 32, 'B'), 'io/a' || n
        from generate_series(1, ${count}::integer) n`.execute(tx);
      await sql`insert into io.wallets
          (account, wallet, public_key, since_epoch, proved_at_s, message, signature)
        select account, wallet, public_key, 1, 0, 'bench', ${Buffer.alloc(64)}
        from io.wallet_owners`.execute(tx);
    }
    await sql`insert into io.reward_members
        (epoch, member, supplier, reward_roster_no, classes, amount)
      select ${epoch}::integer, account, account, 1, '', 5 from io.wallet_owners`.execute(tx);
  });
  await sql.raw('vacuum analyze').execute(database);
}
