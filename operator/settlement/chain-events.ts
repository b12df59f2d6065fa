import { toHex } from '../domain/settlement/hex.ts';
import type { LoggedEvents } from '../domain/settlement/mirror.ts';
import { base58Decode } from './base58.ts';
import { eventsOfLogs } from './events.ts';

const referenceBytes = 32;
const hexReference = /^[0-9a-f]{64}$/i;
/** 32 bytes in base58. */
const base58Reference = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** The program's events in a log with all values as text, as they are written down. */
export function loggedEvents(logs: readonly string[], programId: string): LoggedEvents {
  const { events, complete } = eventsOfLogs(logs, programId);
  return {
    complete,
    events: events.map(({ kind, ...values }) => ({
      kind,
      fields: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, textOf(value)]),
      ),
    })),
  };
}

/** The reference that a memo is, in hexadecimal or in base58; undefined when it is none. */
export function referenceIn(memo: string): string | undefined {
  if (hexReference.test(memo)) return memo.toLowerCase();
  if (!base58Reference.test(memo)) return undefined;
  const bytes = base58Decode(memo);
  return bytes.length === referenceBytes ? toHex(bytes) : undefined;
}

function textOf(value: string | number | bigint | boolean | Uint8Array): string {
  return value instanceof Uint8Array ? toHex(value) : String(value);
}
