import { sql } from 'kysely';
import type { AccountKey, Asset } from '../../domain/ledger/types.ts';
import type { WaitingPayout } from '../../domain/settlement/payouts.ts';
import type { PayoutAnswer, PayoutRequest, Payouts, PayoutState } from '../../ports/payouts.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** What goes out of custody, on PostgreSQL: the functions of migration 0008. */
export function createPayouts(database: Database): Payouts {
  return {
    request: (request, nowSeconds) => withStore(() => ask(database, request, nowSeconds)),
    list: (account, limit) => withStore(() => list(database, account, limit)),
    waiting: (asset, limit) => withStore(() => waiting(database, asset, limit)),
    batch: ({ operationId, payload }, requestIds, nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ batched: boolean }>`
          select io.batch_payouts(${operationId}, ${payload}, ${requestIds.map(bytesOf)}::bytea[],
            ${nowSeconds}) as batched`.execute(database);
        return rows[0]?.batched === true;
      }),
    giveBack: (requestId, reason, nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ returned: boolean }>`
          select io.return_payout(${bytesOf(requestId)}, ${reason}, ${nowSeconds}) as returned
        `.execute(database);
        return rows[0]?.returned === true;
      }),
    endPaid: (nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ paid: number }>`
          select io.end_paid_payouts(${nowSeconds}) as paid`.execute(database);
        return rows[0]?.paid ?? 0;
      }),
  };
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');

async function ask(
  database: Database,
  { account, reference, cause, asset, amount }: PayoutRequest,
  nowSeconds: number,
): Promise<PayoutAnswer> {
  const { rows } = await sql<PayoutAnswer>`
    select outcome, available, encode(request, 'hex') as "requestId"
    from io.request_payout(${account}, ${reference}, ${cause}, ${asset}, ${amount}, ${nowSeconds})
  `.execute(database);
  if (rows[0] === undefined) throw new Error('io.request_payout told nothing');
  return rows[0];
}

async function list(
  database: Database,
  account: AccountKey,
  limit: number,
): Promise<readonly PayoutState[]> {
  const { rows } = await sql<PayoutState & { signature: string | null }>`
    select account, reference, cause, asset, amount, encode(request_id, 'hex') as "requestId", wallet,
      asked_at_s as "askedAtSeconds", state, signature,
      case when reason <> '' then reason else coalesce(message, '') end as reason
    from io.payouts where account = ${account} order by request_no desc limit ${limit}
  `.execute(database);
  return rows.map((row) => ({ ...row, signature: row.signature ?? undefined }));
}

async function waiting(
  database: Database,
  asset: Asset,
  limit: number,
): Promise<readonly WaitingPayout[]> {
  const { rows } = await sql<
    Omit<WaitingPayout, 'refused'> & { message: string | null; requests: number | null }
  >`select encode(request_id, 'hex') as "requestId", wallet, amount,
      asked_at_s as "askedAtSeconds", message, requests
    from io.payouts where ended is null and asset = ${asset} and state = 'Waiting'
    order by request_no limit ${limit}`.execute(database);
  return rows.map(({ message, requests, ...row }) => ({
    ...row,
    refused: requests === null ? undefined : { message: message ?? '', requests },
  }));
}
