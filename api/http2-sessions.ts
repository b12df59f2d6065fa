import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** Data of all streams together that a client may send before it is read. */
const sessionWindowBytes = 4 * 1024 * 1024;
const pingEveryMs = 30_000;
const closingMs = 5_000;

/**
 * Closes a session that has no stream for too long, whatever else it sends, and one whose client does
 * not answer pings any more.
 */
export function tendSession(
  session: ServerHttp2Session,
  socket: Socket,
  { idleMs, firstRequestMs }: Readonly<{ idleMs: number; firstRequestMs: number }>,
): void {
  session.setLocalWindowSize(sessionWindowBytes);
  let streams = 0;
  const close = (): void => {
    session.close();
    // A client that keeps its end of the connection open is not waited for.
    idle = setTimeout(() => socket.destroy(), closingMs);
  };
  let idle = setTimeout(close, firstRequestMs);
  session.on('stream', (stream) => {
    streams += 1;
    clearTimeout(idle);
    stream.once('close', () => {
      streams -= 1;
      if (streams > 0 || session.destroyed) return;
      clearTimeout(idle);
      idle = setTimeout(close, idleMs);
    });
  });
  let answered = true;
  const pings = setInterval(() => {
    if (streams === 0 || session.destroyed) return;
    if (!answered) {
      session.destroy();
      return;
    }
    answered = false;
    session.ping((error) => {
      if (error === null) answered = true;
    });
  }, pingEveryMs);
  socket.once('close', () => {
    clearTimeout(idle);
    clearInterval(pings);
  });
}
