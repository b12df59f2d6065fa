import { sql } from 'kysely';
import type { AttemptOutcome } from '../../domain/settlement/send.ts';
import type {
  ChainOperation,
  OperationKind,
  OperationState,
  SignerRole,
} from '../../domain/settlement/types.ts';
import { OperationConflictError } from '../../ports/chain-operations.ts';
import type {
  OperationStore,
  PendingOperation,
  StoredAttempt,
} from '../../ports/operation-store.ts';
import type { Database } from './database.ts';
import { errorCode, withStore } from './errors.ts';

const recordedOtherwise = 'IO005';
const maxStates = 1_000;
/** Longer messages of nodes are cut. */
const maxMessage = 1_024;

/** Operations of the chain on PostgreSQL. */
export function createOperationStore(database: Database): OperationStore {
  return {
    record: (operation, nowSeconds) => withStore(() => record(database, operation, nowSeconds)),
    states: (operationIds) => withStore(() => states(database, operationIds)),
    pending: (limit, nowSeconds) => withStore(() => pending(database, limit, nowSeconds)),
    addAttempt: (attempt, nowSeconds) =>
      withStore(async () => {
        const { operationId, number, signature, purpose, bytes, blockhash } = attempt;
        const { rows } = await sql<{ added: boolean }>`
          select io.add_attempt(${operationId}, ${number}, ${signature}, ${purpose},
            ${Buffer.from(bytes)}, ${blockhash}, ${attempt.lastValidHeight}, ${nowSeconds}) as added
        `.execute(database);
        return rows[0]?.added === true;
      }),
    sent: (signature, nowSeconds) =>
      withStore(async () => {
        await sql`update io.operation_attempts set sent_at_s = ${nowSeconds}
          where signature = ${signature} and sent_at_s is null`.execute(database);
      }),
    attemptsEnded: (ended, nowSeconds) =>
      withStore(async () => {
        for (const { signature, outcome, error } of ended) {
          await sql`update io.operation_attempts set outcome = ${outcome},
              error = ${error.slice(0, maxMessage)}, ended_at_s = ${nowSeconds}
            where signature = ${signature} and outcome is null`.execute(database);
        }
      }),
    finish: (operationId, { state, signature, message }, nowSeconds) =>
      withStore(async () => {
        await sql`update io.operations set state = ${state}, signature = ${signature ?? null},
            message = ${message.slice(0, maxMessage)}, ended_at_s = ${nowSeconds}
          where operation_id = ${operationId} and state = 'Pending'`.execute(database);
      }),
    postpone: (operationId, why, untilSeconds) =>
      withStore(async () => {
        await sql`update io.operations set message = ${why.slice(0, maxMessage)},
            next_at_s = ${untilSeconds}
          where operation_id = ${operationId} and state = 'Pending'`.execute(database);
      }),
    unclosedPayOuts: (beforeSeconds, limit) =>
      withStore(async () => {
        const { rows } = await sql<{ operation_id: string }>`
          select p.operation_id from io.operations p
          where p.kind = 'PayOut' and p.state = 'Done' and p.recorded_at_s < ${beforeSeconds}
            and not exists (select from io.operations c where c.kind = 'CloseOperation'
              and c.payload = '{"operationId":"' || p.operation_id || '"}')
          order by p.recorded_at_s limit ${limit}`.execute(database);
        return rows.map(({ operation_id: id }) => id);
      }),
    backlog: () => withStore(() => backlog(database)),
  };
}

async function record(
  database: Database,
  { operationId, kind, signer, payload }: ChainOperation,
  nowSeconds: number,
): Promise<void> {
  try {
    await sql`select io.record_operation(${operationId}, ${kind}, ${signer}, ${payload},
      ${nowSeconds})`.execute(database);
  } catch (error) {
    if (errorCode(error) !== recordedOtherwise) throw error;
    throw new OperationConflictError((error as Error).message, { cause: error });
  }
}

async function states(
  database: Database,
  operationIds: readonly string[],
): Promise<ReadonlyMap<string, OperationState>> {
  if (operationIds.length > maxStates) {
    throw new RangeError(`${operationIds.length} operations at once are more than ${maxStates}`);
  }
  const { rows } = await sql<{
    operation_id: string;
    state: OperationState['state'];
    signature: string | null;
    message: string;
  }>`select operation_id, state, signature, message from io.operations
    where operation_id = any(${[...operationIds]})`.execute(database);
  return new Map(
    rows.map(({ operation_id: id, state, signature, message }) => [
      id,
      { state, signature: signature ?? undefined, message },
    ]),
  );
}

type OperationRow = Readonly<{
  operation_no: bigint;
  operation_id: string;
  kind: OperationKind;
  signer: SignerRole;
  payload: string;
  recorded_at_s: number;
}>;

async function pending(
  database: Database,
  limit: number,
  nowSeconds: number,
): Promise<readonly PendingOperation[]> {
  const { rows } = await sql<OperationRow>`
    select operation_no, operation_id, kind, signer, payload, recorded_at_s from io.operations
    where state = 'Pending' and next_at_s <= ${nowSeconds}
    order by next_at_s, operation_no limit ${limit}`.execute(database);
  const attempts = await attemptsOf(
    database,
    rows.map((row) => row.operation_no),
  );
  return rows.map((row) => ({
    operationId: row.operation_id,
    kind: row.kind,
    signer: row.signer,
    payload: row.payload,
    recordedAtSeconds: row.recorded_at_s,
    attempts: attempts.get(row.operation_no) ?? [],
  }));
}

type AttemptRow = Readonly<{
  operation_no: bigint;
  signature: string;
  purpose: StoredAttempt['purpose'];
  bytes: Uint8Array;
  last_valid_height: bigint;
  signed_at_s: number;
  outcome: AttemptOutcome | null;
}>;

async function attemptsOf(
  database: Database,
  operations: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly StoredAttempt[]>> {
  if (operations.length === 0) return new Map();
  const { rows } = await sql<AttemptRow>`
    select operation_no, signature, purpose, last_valid_height, signed_at_s, outcome,
      case when outcome is null then bytes else '' end as bytes
    from io.operation_attempts where operation_no = any(${[...operations]}::bigint[])
    order by operation_no, attempt_no`.execute(database);
  const byOperation = Map.groupBy(rows, (row) => row.operation_no);
  return new Map([...byOperation].map(([operation, its]) => [operation, its.map(attemptOf)]));
}

const attemptOf = (row: AttemptRow): StoredAttempt => ({
  signature: row.signature,
  purpose: row.purpose,
  bytes: Uint8Array.from(row.bytes),
  lastValidHeight: row.last_valid_height,
  signedAtSeconds: row.signed_at_s,
  outcome: row.outcome ?? undefined,
});

async function backlog(database: Database): ReturnType<OperationStore['backlog']> {
  const { rows } = await sql<{ kind: OperationKind; count: number; oldest: number }>`
    select kind, count(*)::integer as count, min(recorded_at_s) as oldest from io.operations
    where state = 'Pending' group by kind`.execute(database);
  return rows.map(({ kind, count, oldest }) => ({ kind, count, oldestAtSeconds: oldest }));
}
