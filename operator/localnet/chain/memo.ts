import type { Message } from './transaction.ts';

const memoPrograms: ReadonlySet<string> = new Set([
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
]);

/** The memos of a transaction as validators list them, each behind its length in bytes. */
export function memoOf({ instructions, staticKeys }: Message): string | null {
  const memos = instructions.flatMap(({ program, data }) =>
    memoPrograms.has(staticKeys[program] ?? '')
      ? [`[${data.length}] ${Buffer.from(data).toString('utf8')}`]
      : [],
  );
  return memos.length === 0 ? null : memos.join('; ');
}
