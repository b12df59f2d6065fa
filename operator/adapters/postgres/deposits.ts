import { sql } from 'kysely';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import type { Database } from './database.ts';
import { errorCode, withStore } from './errors.ts';

/** What came in from outside for an account. */
export type Deposit = Readonly<{
  /** Names it where it came from: the same reference twice is booked once. */
  reference: string;
  owner: AccountKey;
  asset: Asset;
  amount: bigint;
  /** Where it came from, such as `cli`. */
  source: string;
}>;

/** A deposit of this reference was booked before, with another account, asset, amount or source. */
export class DepositConflictError extends Error {
  override readonly name = 'DepositConflictError';
}

export type Deposits = Readonly<{
  /** Books a deposit, once. Returns what the account has available then. */
  deposit: (deposit: Deposit, nowSeconds: number) => Promise<bigint>;
}>;

const bookedOtherwise = 'IO003';

/** Deposits on PostgreSQL. */
export function createDeposits(database: Database): Deposits {
  return {
    deposit: (deposit, nowSeconds) => withStore(() => book(database, deposit, nowSeconds)),
  };
}

async function book(database: Database, deposit: Deposit, nowSeconds: number): Promise<bigint> {
  const { reference, owner, asset, amount, source } = deposit;
  try {
    const { rows } = await sql<{ available: bigint }>`
      select io.deposit(${reference}, ${owner}, ${asset}, ${amount}, ${source}, ${nowSeconds}) as available
    `.execute(database);
    return rows[0]?.available ?? 0n;
  } catch (error) {
    if (errorCode(error) !== bookedOtherwise) throw error;
    throw new DepositConflictError((error as Error).message, { cause: error });
  }
}
