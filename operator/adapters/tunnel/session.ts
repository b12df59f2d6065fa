import type { Http2Session, SessionOptions } from 'node:http2';
import type { Duplex } from 'node:stream';
import {
  connectionWindowBytes,
  maxHeaderBytes,
  maxHeaders,
  maxStreams,
  pingEveryMs,
  pingWithinMs,
  streamWindowBytes,
} from '../../domain/tunnel/limits.ts';
import type { Clock } from '../../runtime/clock.ts';

/** How a session of the tunnel is set up, at either end. */
export const sessionOptions: SessionOptions = {
  maxHeaderListPairs: maxHeaders + 8,
  maxSendHeaderBlockLength: 2 * maxHeaderBytes,
  maxOutstandingPings: 2,
  maxSettings: 8,
  // In MB: 10, the default, refuses streams long before there are as many as may be.
  maxSessionMemory: 256,
  settings: {
    enablePush: false,
    initialWindowSize: streamWindowBytes,
    maxHeaderListSize: maxHeaderBytes,
    maxConcurrentStreams: maxStreams,
  },
};

/** Time limits of a session, which tests shorten. */
export type SessionPace = Readonly<{ pingEveryMs: number; pingWithinMs: number }>;

export const usualPace: SessionPace = { pingEveryMs, pingWithinMs };

export type Connection = Readonly<{ session: Http2Session; socket: Duplex }>;

/** A session that is closing in order would wait for the other end, which may never close its own. */
export function destroy({ session, socket }: Connection): void {
  session.destroy();
  socket.destroy();
}

/**
 * Widens the window of the connection, and ends the session when the peer answers no ping. Returns
 * why the session ended, once it has.
 */
export function keepAlive(
  { session, socket }: Connection,
  clock: Clock,
  pace: SessionPace,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let cancel = (): void => undefined;
  let reason = 'the connection ended';
  const end = (why: string): void => {
    reason = why;
    destroy({ session, socket });
  };
  const ping = (): void => {
    if (session.destroyed) return;
    cancel = clock.setTimeout(() => end('no ping was answered'), pace.pingWithinMs);
    const isSent = session.ping((error) => {
      if (error !== null || session.destroyed) return;
      cancel();
      cancel = clock.setTimeout(ping, pace.pingEveryMs);
    });
    if (!isSent) end('no ping was answered');
  };
  const begin = (): void => {
    session.setLocalWindowSize(connectionWindowBytes);
    cancel = clock.setTimeout(ping, pace.pingEveryMs);
  };
  if (session.connecting) session.once('connect', begin);
  else begin();
  session.on('error', (error) => {
    reason = error.message;
  });
  session.on('goaway', (_code, _last, opaque) => {
    const told = opaque === undefined ? '' : Buffer.from(opaque).toString('latin1');
    if (told !== '') reason = told.slice(0, 256);
  });
  session.once('close', () => {
    cancel();
    resolve(reason);
  });
  return promise;
}
