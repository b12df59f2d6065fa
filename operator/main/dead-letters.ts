import { changeSchema } from '../../api/schemas/usage.ts';
import {
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type LetterResult,
} from '../adapters/postgres/dead-letters.ts';
import { ConfigError, type DeadLettersConfig } from '../config.ts';
import { instant } from '../domain/instant.ts';
import type { IntervalChange } from '../domain/metering/types.ts';
import { columns } from './columns.ts';
import { withDatabase } from './database.ts';

/** Most letters that are printed at once, and replayed or discarded by one command. */
const page = 1_000;

/**
 * `io-operator dead-letters`: usage that was refused. `list` prints what waits; `replay` takes a
 * letter in again, with `--change` in its place, or all letters of a member; `discard` needs a reason.
 */
export async function runDeadLetters(config: DeadLettersConfig): Promise<void> {
  const todo = actionOf(config);
  await withDatabase(config, async (database) => {
    for await (const line of todo(createDeadLetters(database))) process.stdout.write(`${line}\n`);
  });
}

type Action = (letters: DeadLetters) => AsyncIterable<string>;

/** What the flags ask for. Throws ConfigError. */
function actionOf({ action, letter, member, change, reason }: DeadLettersConfig): Action {
  const misused = (message: string) => new ConfigError(`io-operator dead-letters: ${message}`);
  if (action === 'list') return (letters) => listed(letters, member);
  if (letter === undefined && member === undefined) {
    throw misused(`--action=${action} needs --letter, or --member for all of its letters`);
  }
  if (action === 'discard') {
    if (reason === undefined) throw misused('--action=discard needs --reason');
    return (letters) =>
      each(letters, letter, member, (no, now) => letters.discard(no, reason, now));
  }
  if (change !== undefined && letter === undefined) throw misused('--change needs --letter');
  const fixed = change === undefined ? undefined : readChange(change, misused);
  return (letters) => each(letters, letter, member, (no, now) => letters.replay(no, fixed, now));
}

function readChange(text: string, misused: (message: string) => ConfigError): IntervalChange {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw misused('--change is no JSON');
  }
  const result = changeSchema.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
  );
  throw misused(`--change: ${faults.join('; ')}`);
}

async function* each(
  letters: DeadLetters,
  letter: number | undefined,
  member: string | undefined,
  act: (letterNo: number, nowMs: number) => Promise<LetterResult>,
): AsyncIterable<string> {
  const waiting = await letters.list({ member, limit: page });
  const chosen = letter === undefined ? waiting.map(({ letterNo }) => letterNo) : [letter];
  for (const letterNo of chosen) {
    yield `letter ${letterNo}: ${told(await act(letterNo, Date.now()))}`;
  }
}

function told(result: LetterResult): string {
  switch (result.kind) {
    case 'Replayed':
      return result.effect === 'accepted' ? 'taken in' : 'was known already';
    case 'Refused':
      return `refused again, ${result.reason}: ${result.message}`;
    case 'Discarded':
      return 'discarded';
    case 'NotOpen':
      return 'there is none that waits';
  }
}

async function* listed(letters: DeadLetters, member: string | undefined): AsyncIterable<string> {
  let after = 0;
  yield row(['LETTER', 'RECEIVED', 'MEMBER', 'REASON', 'MESSAGE', 'CHANGE']);
  for (;;) {
    const some = await letters.list({ member, after, limit: page });
    yield* some.map(rowOf);
    const last = some.at(-1);
    if (last === undefined) return;
    after = last.letterNo;
  }
}

const row = columns([8, 20, 24, 24, 72]);

function rowOf({ letterNo, receivedAtMs, member, reason, message, change }: DeadLetter): string {
  const received = instant(receivedAtMs / 1000);
  return row([String(letterNo), received, member, reason, message, JSON.stringify(change)]);
}
