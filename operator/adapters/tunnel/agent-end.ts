import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Hello, helloOf, helloPath } from '../../domain/tunnel/headers.ts';
import { helloWithinMs } from '../../domain/tunnel/limits.ts';
import type { AgentTunnel } from '../../ports/tunnel-agent.ts';
import type { Clock } from '../../runtime/clock.ts';
import { destroy, keepAlive, type SessionPace, sessionOptions } from './session.ts';
import type { StreamServer } from './stream-server.ts';

export type AgentEndOptions = Readonly<{
  server: Pick<StreamServer, 'serve'>;
  isTaken: (gateway: string) => boolean;
  clock: Clock;
  pace: SessionPace;
}>;

/**
 * Serves HTTP/2 on a connection that the agent has dialled. Resolves when the gateway has said which
 * one it is; undefined: the agent has a tunnel to it already. Throws when it does not say so.
 */
export async function serveTunnel(
  socket: Duplex,
  options: AgentEndOptions,
): Promise<AgentTunnel | undefined> {
  const { clock, pace } = options;
  const session = performServerHandshake(socket, {
    ...sessionOptions,
    // One renter's resets must not end the tunnel of all; the gateway limits each of them.
    ...{ streamResetBurst: 100_000, streamResetRate: 10_000 },
    settings: { ...sessionOptions.settings, enableConnectProtocol: true },
  });
  const closed = keepAlive({ session, socket }, clock, pace);
  const hello = greeted(session, options);
  const cancel = clock.setTimeout(() => destroy({ session, socket }), helloWithinMs);
  try {
    const first = await Promise.race([hello, closed]);
    if (typeof first === 'string') throw new Error(`the gateway ended the tunnel: ${first}`);
    if (first.isTaken) {
      await closed;
      return undefined;
    }
    return {
      ...{ hello: first.hello, closed },
      retire: () => session.close(),
      destroy: () => destroy({ session, socket }),
    };
  } finally {
    cancel();
  }
}

type Greeting = Readonly<{ hello: Hello; isTaken: boolean }>;

/** The first request says which gateway this is; before and without it nothing is served. */
function greeted(
  session: ServerHttp2Session,
  { server, isTaken }: AgentEndOptions,
): Promise<Greeting> {
  return new Promise((resolve) => {
    let isGreeted = false;
    session.on('stream', (stream, headers, flags) => {
      const isHello = headers[':path'] === helloPath;
      if (isGreeted && !isHello) return server.serve(stream, headers, flags);
      stream.on('error', () => undefined);
      const hello = isGreeted ? undefined : greetingOf(stream, headers);
      if (hello === undefined) {
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      const taken = isTaken(hello.gateway);
      isGreeted = !taken;
      stream.respond({ ':status': taken ? 409 : 200 }, { endStream: true });
      if (taken) session.close();
      resolve({ hello, isTaken: taken });
    });
  });
}

function greetingOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Hello | undefined {
  stream.resume();
  const isHello = headers[':path'] === helloPath && headers[':method'] === 'POST';
  return isHello ? helloOf(headers) : undefined;
}
