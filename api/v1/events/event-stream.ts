import type { FastifyReply } from 'fastify';
import { Problem } from '../../problem.ts';
import type { EventHub, Listener, Told } from './event-hub.ts';

const heartbeatMs = 15_000;
/** After it the browser connects again, with a credential that is looked at again. */
const longestMs = 15 * 60_000;
/** What a reader may leave unread. */
const maxUnreadBytes = 64 * 1024;
const retryMs = 3_000;
const retrySeconds = 5;

export type StreamOptions = Pick<Listener, 'key' | 'mayKnow'> &
  Readonly<{
    /** The data of an event. */
    dataOf: (change: Told) => object;
    /** Not longer than this, in milliseconds. */
    lastsMs?: number | undefined;
  }>;

/**
 * Answers with server-sent events until the reader goes away, reads too slowly, or long enough has passed.
 * Throws a problem when too many listen already.
 */
export function streamEvents(reply: FastifyReply, events: EventHub, options: StreamOptions): void {
  const { key, mayKnow, dataOf, lastsMs = longestMs } = options;
  const { raw } = reply;
  const write = (text: string): boolean => {
    if (raw.writableEnded || raw.destroyed || raw.writableLength > maxUnreadBytes) return false;
    raw.write(text);
    return true;
  };
  const stop = events.add({
    ...{ key, mayKnow },
    tell: (changes) =>
      write(
        changes
          .map((change) => `event: ${change.kind}\ndata: ${JSON.stringify(dataOf(change))}\n\n`)
          .join(''),
      ),
    end: () => finish(),
  });
  if (stop === undefined) {
    const details = { retryAfterSeconds: retrySeconds };
    throw new Problem(503, 'TooManyStreams', 'too many pages listen; close some of them', details);
  }
  const beat = setInterval(() => {
    if (!write(': \n\n')) finish();
  }, heartbeatMs);
  const end = setTimeout(() => finish(), Math.max(0, Math.min(lastsMs, longestMs)));
  const finish = (): void => {
    clearInterval(beat);
    clearTimeout(end);
    stop();
    if (raw.writableLength > maxUnreadBytes) raw.destroy();
    else if (!raw.writableEnded) raw.end();
  };
  raw.once('close', finish);
  raw.once('error', finish);
  reply.hijack();
  raw.writeHead(200, {
    ...plainHeaders(reply),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  write(`retry: ${retryMs}\n: \n\n`);
}

/** Headers that were set before the answer was taken over, such as those of security. */
function plainHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}
