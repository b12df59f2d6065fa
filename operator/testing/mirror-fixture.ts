import { sql } from 'kysely';
import { type IOAccount, ioAccountResource } from '../../crds/schema/index.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createWallets } from '../adapters/postgres/wallets.ts';
import type { ChainTransaction } from '../domain/settlement/types.ts';
import { historyAccounts } from './chain-history.ts';
import { FakeInformer } from './fake-informer.ts';
import type { TestDatabase } from './postgres.ts';
import type { Recording } from './recorded-chain.ts';
import { walletNamed } from './wallet.ts';

/** The accounts of the history, as the hub has them. */
export function historyInformer(): FakeInformer<IOAccount> {
  const accounts = new FakeInformer<IOAccount>(ioAccountResource);
  for (const key of Object.values(historyAccounts)) {
    const [namespace = '', name = ''] = key.split('/');
    accounts.put({
      apiVersion: 'compute.io.net/v1alpha1',
      kind: 'IOAccount',
      metadata: { namespace, name, uid: key },
      spec: { kind: 'Both' },
    });
  }
  return accounts;
}

/** The history's supplier proves its wallet. */
export async function proveSupplier(writer: Database): Promise<void> {
  const wallet = walletNamed('supplier').address;
  const proof = { account: historyAccounts.supplier, wallet, message: 'test' };
  const signature = Buffer.alloc(64).toString('base64');
  await createWallets(writer).record({ ...proof, signature }, 0);
}

/** Balances that are not 0, as `kind owner asset`. */
export async function balancesOf({
  reader,
}: TestDatabase): Promise<Readonly<Record<string, bigint>>> {
  const { rows } = await sql<{ name: string; balance: bigint }>`
    select kind || ' ' || owner || ' ' || asset as name, balance from io.accounts
    where balance <> 0 order by 1`.execute(reader);
  return Object.fromEntries(rows.map(({ name, balance }) => [name, balance]));
}

/** A recording in which every transaction is another one. */
export function changed(
  recording: Recording,
  change: (transaction: ChainTransaction) => ChainTransaction,
): Recording {
  const transactions = [...recording.transactions].map(
    ([signature, each]) => [signature, change(each)] as const,
  );
  return { ...recording, transactions: new Map(transactions) };
}

/** A log that was cut off before the program told anything. */
export function cutOff(transaction: ChainTransaction): ChainTransaction {
  const at = transaction.logs.findIndex((line) => line.startsWith('Program data'));
  if (at < 0) return transaction;
  return { ...transaction, logs: [...transaction.logs.slice(0, at), 'Log truncated'] };
}
