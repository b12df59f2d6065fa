import { sql } from 'kysely';

/**
 * The line of a transfer `t` with its accounts `d` and `c`, without its line feed: `transferLine` of
 * operator/domain/ledger/digest.ts.
 */
export const transferLine = sql<string>`concat_ws('|', 'T', t.epoch, encode(t.transfer_id, 'hex'),
  d.asset, d.kind, d.owner, c.kind, c.owner, t.amount, t.cause, coalesce(t.lease_no::text, ''), t.at_s,
  encode(convert_to(t.subject, 'UTF8'), 'hex'))`;
