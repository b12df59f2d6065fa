import { sql } from 'kysely';
import type { IntervalChange, UsageRejection } from '../../domain/metering/types.ts';
import { TooManyDeadLettersError } from '../../ports/store-errors.ts';
import type { IntakeReceipt } from '../../ports/usage-intake.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { beginPosting, type LockedMember, lockMember } from './members.ts';
import { withPartitions } from './partitions.ts';
import { takeChanges } from './usage-changes.ts';

/** Most letters of a member that wait; more changes of it that are refused are not taken at all. */
export const maxOpenLetters = 10_000;

type Rejected = IntakeReceipt['rejected'][number];

/** Keeps what was refused, each change once. Throws TooManyDeadLettersError. */
export async function keepLetters(
  transaction: Database,
  { member_no: memberNo }: LockedMember,
  rejected: readonly Rejected[],
  receivedAtMs: number,
): Promise<void> {
  if (rejected.length === 0) return;
  const { rows } = await sql<{ added: number; open: number }>`
    with added as (
      insert into io.dead_letters (member_no, change_hash, change, reason, message, received_ms)
      select ${memberNo}, hash, change::jsonb, reason, message, ${receivedAtMs}::int8
      from unnest(
        ${rejected.map(({ change }) => hashOf(change))}::bytea[],
        ${rejected.map(({ change }) => JSON.stringify(change))}::text[],
        ${rejected.map(({ reason }) => reason)}::text[],
        ${rejected.map(({ message }) => message)}::text[]
      ) as r (hash, change, reason, message)
      on conflict (member_no, change_hash) do nothing returning 1
    )
    select (select count(*) from added)::integer as added,
      (select count(*) from io.dead_letters
        where member_no = ${memberNo} and state = 'Open')::integer as open`.execute(transaction);
  const { added = 0, open = 0 } = rows[0] ?? {};
  if (added > 0 && added + open > maxOpenLetters) {
    throw new TooManyDeadLettersError(
      `${open} changes of this member were refused and wait for an operator; most are ${maxOpenLetters}`,
    );
  }
}

/** A change that was refused, as it was sent. */
export type DeadLetter = Readonly<{
  letterNo: number;
  member: string;
  change: IntervalChange;
  reason: UsageRejection;
  message: string;
  receivedAtMs: number;
  state: 'Open' | 'Replayed' | 'Discarded';
  resolution: string;
}>;

/** What became of a letter. `Refused`: the change cannot be taken now either; the letter stays open. */
export type LetterResult =
  | Readonly<{ kind: 'Replayed'; effect: 'accepted' | 'duplicate' }>
  | Readonly<{ kind: 'Refused'; reason: UsageRejection; message: string }>
  | Readonly<{ kind: 'Discarded' }>
  /** There is no such letter, or somebody resolved it before. */
  | Readonly<{ kind: 'NotOpen' }>;

/** Looking after usage that was refused. */
export type DeadLetters = Readonly<{
  /** Letters that wait, oldest first, those after the letter `after`. */
  list: (
    of: Readonly<{ member?: string | undefined; after?: number; limit: number }>,
  ) => Promise<readonly DeadLetter[]>;
  /** Takes the change in again, or `fixed` in its place, by the way that reports go. */
  replay: (
    letterNo: number,
    fixed: IntervalChange | undefined,
    nowMs: number,
  ) => Promise<LetterResult>;
  discard: (letterNo: number, reason: string, nowMs: number) => Promise<LetterResult>;
}>;

export function createDeadLetters(database: Database): DeadLetters {
  return {
    list: (of) => withStore(() => list(database, of)),
    replay: (letterNo, fixed, nowMs) =>
      withStore(() => withPartitions(database, () => replay(database, letterNo, fixed, nowMs))),
    discard: (letterNo, reason, nowMs) =>
      withStore(() => discard(database, letterNo, reason, nowMs)),
  };
}

async function list(
  database: Database,
  { member, after = 0, limit }: Parameters<DeadLetters['list']>[0],
): Promise<readonly DeadLetter[]> {
  const ofMember = member === undefined ? sql`true` : sql`m.name = ${member}`;
  const { rows } = await sql<Omit<DeadLetter, 'letterNo' | 'receivedAtMs'> & Numbers>`
    select letter_no, m.name as member, change, reason, message, received_ms, state, resolution
    from io.dead_letters join io.members m using (member_no)
    where state = 'Open' and letter_no > ${after} and ${ofMember}
    order by letter_no limit ${limit}`.execute(database);
  return rows.map(({ letter_no, received_ms, ...letter }) => ({
    ...letter,
    letterNo: Number(letter_no),
    receivedAtMs: Number(received_ms),
  }));
}

type Numbers = { letter_no: bigint; received_ms: bigint };

async function replay(
  database: Database,
  letterNo: number,
  fixed: IntervalChange | undefined,
  nowMs: number,
): Promise<LetterResult> {
  const { rows } = await sql<{ name: string }>`
    select m.name from io.dead_letters join io.members m using (member_no)
    where letter_no = ${letterNo}`.execute(database);
  const [letter] = rows;
  if (letter === undefined) return { kind: 'NotOpen' };
  return database.transaction().execute(async (transaction): Promise<LetterResult> => {
    await beginPosting(transaction);
    const member = await lockMember(transaction, letter.name);
    const open = await sql<{ change: IntervalChange }>`
      select change from io.dead_letters
      where letter_no = ${letterNo} and state = 'Open' for no key update`.execute(transaction);
    const change = fixed ?? open.rows[0]?.change;
    if (open.rows.length === 0 || change === undefined) return { kind: 'NotOpen' };
    const arrival = { receivedAtMs: nowMs, currentSpool: false };
    const { accepted, rejected } = await takeChanges(transaction, member, [change], arrival);
    const [refused] = rejected;
    if (refused !== undefined) {
      return { kind: 'Refused', reason: refused.reason, message: refused.message };
    }
    const resolution = fixed === undefined ? 'as it was sent' : JSON.stringify(fixed);
    await resolve(transaction, letterNo, 'Replayed', resolution, nowMs);
    return { kind: 'Replayed', effect: accepted > 0 ? 'accepted' : 'duplicate' };
  });
}

async function discard(
  database: Database,
  letterNo: number,
  reason: string,
  nowMs: number,
): Promise<LetterResult> {
  const discarded = await resolve(database, letterNo, 'Discarded', reason, nowMs);
  return { kind: discarded ? 'Discarded' : 'NotOpen' };
}

/** Returns false when it was not open any more. */
async function resolve(
  database: Database,
  letterNo: number,
  state: 'Replayed' | 'Discarded',
  resolution: string,
  nowMs: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update io.dead_letters
    set state = ${state}, resolution = ${resolution}, resolved_at_ms = ${nowMs}::int8
    where letter_no = ${letterNo} and state = 'Open'`.execute(database);
  return numAffectedRows === 1n;
}

/** Length-prefixed, so that no two changes have the same text. */
function hashOf(change: IntervalChange): Buffer {
  const { kind, leaseId, podUid, device, startSeconds } = change;
  const end = kind === 'Closed' ? [String(change.endSeconds), change.reason] : [];
  const parts = [kind, leaseId, podUid, device, String(startSeconds), ...end];
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return sha256Bytes(text);
}
