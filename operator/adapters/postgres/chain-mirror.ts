import { sql } from 'kysely';
import type { AccountKey } from '../../domain/ledger/types.ts';
import type { MirroredTransaction, Payee } from '../../domain/settlement/mirror.ts';
import {
  type ChainCursor,
  type ChainMirror,
  type DeploymentRecord,
  OtherDeploymentError,
} from '../../ports/chain-mirror.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** The mirror of the chain on PostgreSQL. */
export function createChainMirror(database: Database): ChainMirror {
  return {
    begin: (deployment, nowSeconds) => withStore(() => begin(database, deployment, nowSeconds)),
    cursors: () => withStore(() => cursors(database)),
    known: (signatures) => withStore(() => known(database, signatures)),
    owners: (wallets) => withStore(() => owners(database, wallets)),
    payees: (operationIds) => withStore(() => payees(database, operationIds)),
    take: (address, transaction, nowSeconds) =>
      withStore(() => take(database, address, transaction, nowSeconds)),
    pass: (address, { signature, slot }) =>
      withStore(async () => {
        await sql`select io.pass_chain(${address}, ${signature}, ${slot})`.execute(database);
      }),
    adopt: (nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ adopted: number }>`
          select io.adopt_wallets(${nowSeconds}) as adopted`.execute(database);
        return rows[0]?.adopted ?? 0;
      }),
    cutOff: () =>
      withStore(async () => {
        const { rows } = await sql<{ count: number }>`
          select count(*)::integer as count from io.chain_transactions
          where not complete`.execute(database);
        return rows[0]?.count ?? 0;
      }),
  };
}

async function begin(
  database: Database,
  { programId, ioMint, usdcMint }: DeploymentRecord,
  nowSeconds: number,
): Promise<void> {
  await sql`insert into io.chain_deployments (program_id, io_mint, usdc_mint, at_s)
    values (${programId}, ${ioMint}, ${usdcMint}, ${nowSeconds})
    on conflict do nothing`.execute(database);
  const { rows } = await sql<{ program_id: string; io_mint: string; usdc_mint: string }>`
    select program_id, io_mint, usdc_mint from io.chain_deployments`.execute(database);
  const [stored] = rows;
  const same =
    stored?.program_id === programId && stored.io_mint === ioMint && stored.usdc_mint === usdcMint;
  if (same) return;
  throw new OtherDeploymentError(
    `this ledger mirrors program ${stored?.program_id} with the mints ${stored?.io_mint} and ` +
      `${stored?.usdc_mint}: another deployment needs another database`,
  );
}

async function cursors(database: Database): Promise<ReadonlyMap<string, ChainCursor>> {
  const { rows } = await sql<ChainCursor & { address: string }>`
    select address, signature, slot from io.chain_cursors`.execute(database);
  return new Map(rows.map(({ address, ...cursor }) => [address, cursor]));
}

async function known(
  database: Database,
  signatures: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ signature: string }>`
    select signature from io.chain_transactions
    where signature = any(${[...signatures]}::text[])`.execute(database);
  return new Set(rows.map(({ signature }) => signature));
}

async function owners(
  database: Database,
  wallets: readonly string[],
): Promise<ReadonlyMap<string, AccountKey>> {
  if (wallets.length === 0) return new Map();
  const { rows } = await sql<{ wallet: string; account: string }>`
    select wallet, account from io.wallet_owners
    where wallet = any(${[...wallets]}::text[])`.execute(database);
  return new Map(rows.map(({ wallet, account }) => [wallet, account]));
}

/** Whom the batches of these operations pay; those that are no batch are left out. */
export async function payees(
  database: Database,
  operationIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Payee[]>> {
  if (operationIds.length === 0) return new Map();
  const { rows } = await sql<{ operation: string; owner: string; amount: bigint }>`
    select b.operation_id as operation, r.account as owner, r.amount
    from io.payout_batches b join io.payout_requests r using (request_id)
    where b.operation_id = any(${[...operationIds]}::text[]) order by r.request_no
  `.execute(database);
  return new Map(
    [...Map.groupBy(rows, ({ operation }) => operation)].map(([operation, paid]) => [
      operation,
      paid.map(({ owner, amount }) => ({ owner, amount })),
    ]),
  );
}

async function take(
  database: Database,
  address: string,
  { signature, slot, atSeconds, complete, events, moves }: MirroredTransaction,
  nowSeconds: number,
): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select io.mirror_transaction(${address}, ${signature}, ${slot}, ${atSeconds}, ${complete},
      ${events.map(({ kind }) => kind)}::text[],
      ${events.map(({ owner }) => owner)}::text[],
      ${events.map(({ fields }) => JSON.stringify(fields))}::text[],
      ${moves.map(({ cause }) => cause)}::text[],
      ${moves.map(({ debit }) => debit.asset)}::text[],
      ${moves.map(({ debit }) => debit.kind)}::text[],
      ${moves.map(({ debit }) => debit.owner)}::text[],
      ${moves.map(({ credit }) => credit.kind)}::text[],
      ${moves.map(({ credit }) => credit.owner)}::text[],
      ${moves.map(({ amount }) => amount)}::bigint[],
      ${moves.map(({ subject }) => subject)}::text[],
      ${nowSeconds}::integer) as taken`.execute(database);
  return rows[0]?.taken ?? false;
}
