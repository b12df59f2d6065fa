import { decodeEvent, type ProgramEvent } from './generated/events.ts';

/** The events of one transaction; `complete` is false when the log was cut off, so some may lack. */
export type EventsOfLogs = Readonly<{ events: readonly ProgramEvent[]; complete: boolean }>;

const invoked = /^Program (\S+) invoke \[\d+\]$/;
const returned = /^Program (\S+) (?:success|failed.*)$/;
const data = /^Program data: ([A-Za-z0-9+/=]+)$/;
const cutOff = 'Log truncated';

/**
 * Reads the events of `programId` out of a transaction's log. Any program can log the same bytes: a
 * line counts only while our program is the one that runs.
 */
export function eventsOfLogs(logs: readonly string[], programId: string): EventsOfLogs {
  const running: string[] = [];
  const events: ProgramEvent[] = [];
  for (const line of logs) {
    if (line === cutOff) return { events, complete: false };
    const program = invoked.exec(line)?.[1];
    if (program !== undefined) running.push(program);
    else if (returned.test(line)) running.pop();
    else if (running.at(-1) === programId) {
      const text = data.exec(line)?.[1];
      const event = text === undefined ? undefined : decodeEvent(Buffer.from(text, 'base64'));
      if (event !== undefined) events.push(event);
    }
  }
  return { events, complete: true };
}
