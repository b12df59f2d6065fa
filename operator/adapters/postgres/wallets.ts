import { sql } from 'kysely';
import type { AccountKey } from '../../domain/ledger/types.ts';
import { type WalletProof, WalletTakenError, type Wallets } from '../../ports/wallets.ts';
import { base58Decode } from '../../settlement/base58.ts';
import type { Database } from './database.ts';
import { errorCode, withStore } from './errors.ts';

const provedByAnother = 'IO007';

/** Proved wallets on PostgreSQL. */
export function createWallets(database: Database): Wallets {
  return {
    record: (proof, nowSeconds) => withStore(() => record(database, proof, nowSeconds)),
    since: (after, limit) =>
      withStore(async () => {
        const { rows } = await sql<{ number: bigint; account: string; wallet: string }>`
          select wallet_no::bigint as number, account, wallet from io.wallets
          where wallet_no > ${after} order by wallet_no limit ${limit}`.execute(database);
        return rows;
      }),
    proved: (accounts) => withStore(() => proved(database, accounts)),
  };
}

async function record(database: Database, proof: WalletProof, nowSeconds: number): Promise<void> {
  const { account, wallet, message, signature } = proof;
  try {
    await sql`select io.bind_wallet(${account}, ${wallet}, ${Buffer.from(base58Decode(wallet))},
      ${message}, ${Buffer.from(signature, 'base64')}, ${nowSeconds})`.execute(database);
  } catch (error) {
    if (errorCode(error) !== provedByAnother) throw error;
    throw new WalletTakenError((error as Error).message, { cause: error });
  }
}

async function proved(
  database: Database,
  accounts: readonly AccountKey[],
): Promise<ReadonlyMap<AccountKey, string>> {
  const { rows } = await sql<{ account: string; wallet: string }>`
    select distinct on (account) account, wallet from io.wallets
    where account = any(${[...accounts]}::text[]) order by account, wallet_no desc
  `.execute(database);
  return new Map(rows.map(({ account, wallet }) => [account, wallet]));
}
