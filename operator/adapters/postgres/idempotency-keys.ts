import { sql } from 'kysely';
import type { Claim, IdempotencyKeys, KeyOf } from '../../ports/idempotency-keys.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

const keptSeconds = 86_400;
/** Whoever worked on it is gone: no request takes so long. */
const abandonedSeconds = 120;
/** Rows that are removed at once. */
const removedAtOnce = 10_000;

/** Keys of requests on PostgreSQL: of two that bring the same one at once, one works. */
export function createIdempotencyKeys(database: Database): IdempotencyKeys {
  return {
    claim: (of, request, nowSeconds) =>
      withStore(() => claim(database, of, Buffer.from(request), nowSeconds)),
    keep: ({ caller, key }, status, answer) =>
      withStore(async () => {
        await sql`
          update io.idempotency_keys set status = ${status}, answer = ${Buffer.from(answer)}
          where caller = ${Buffer.from(caller)} and key = ${key}`.execute(database);
      }),
    release: ({ caller, key }) =>
      withStore(async () => {
        await sql`
          delete from io.idempotency_keys
          where caller = ${Buffer.from(caller)} and key = ${key} and status is null`.execute(
          database,
        );
      }),
    forget: (nowSeconds) => withStore(() => forget(database, nowSeconds - keptSeconds)),
  };
}

async function claim(
  database: Database,
  { caller, key }: KeyOf,
  request: Buffer,
  nowSeconds: number,
): Promise<Claim> {
  const of = Buffer.from(caller);
  const { rows: claimed } = await sql`
    insert into io.idempotency_keys as k (caller, key, request, claimed_at_s)
    values (${of}, ${key}, ${request}, ${nowSeconds})
    on conflict (caller, key) do update
      set request = excluded.request, claimed_at_s = excluded.claimed_at_s, status = null, answer = null
      where k.claimed_at_s < ${nowSeconds - keptSeconds} or (k.status is null
        and k.request = excluded.request and k.claimed_at_s < ${nowSeconds - abandonedSeconds})
    returning 1`.execute(database);
  if (claimed.length > 0) return { outcome: 'Claimed' };
  const { rows } = await sql<{ request: Buffer; status: number | null; answer: Buffer | null }>`
    select request, status, answer from io.idempotency_keys
    where caller = ${of} and key = ${key}`.execute(database);
  const [row] = rows;
  // Released just now: who sends it again finds it free.
  if (row === undefined) return { outcome: 'Busy' };
  if (!row.request.equals(request)) return { outcome: 'Reused' };
  const { status, answer } = row;
  return status === null || answer === null
    ? { outcome: 'Busy' }
    : { outcome: 'Answered', status, answer: new Uint8Array(answer) };
}

async function forget(database: Database, beforeSeconds: number): Promise<void> {
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from io.idempotency_keys where (caller, key) in (
        select caller, key from io.idempotency_keys where claimed_at_s < ${beforeSeconds}
        limit ${removedAtOnce})`.execute(database);
    if (numAffectedRows < BigInt(removedAtOnce)) return;
  }
}
