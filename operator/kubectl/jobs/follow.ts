import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { sleep } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/logger.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import type { Session } from '../session.ts';
import { isOver, type Job } from './job.ts';
import { jobPath, type JobsApi } from './jobs-api.ts';

type Followed = Pick<Session, 'clock' | 'signal' | 'write' | 'progress'>;

/** Less than what proxies call idle. */
const pingEveryMs = 20_000;
/** Without a pong for two pings the connection is dead. */
const handshakeMs = 30_000;
const maximumMessageBytes = 16 * 2 ** 20;
const pauseMs = 1_000;
const maximumPauseMs = 15_000;
/** Times without a word of log or an answer, one after the other, before it is given up. */
const maximumFailures = 20;

/**
 * Writes what a job logs until it is over, and returns how it ended. When the connection breaks it
 * is made anew: Ray then tells all of the log again, of which what was written is left out.
 */
export async function follow(
  session: Followed,
  gateway: GatewayClient,
  jobs: JobsApi,
  id: string,
): Promise<Job> {
  const { clock, signal, progress } = session;
  let written = 0;
  let failures = 0;
  while (!signal.aborted) {
    const before = written;
    try {
      let seen = 0;
      for await (const text of tail(gateway, id, signal)) {
        const fresh = text.slice(Math.max(0, written - seen));
        seen += text.length;
        if (fresh === '') continue;
        progress.end();
        written += fresh.length;
        await session.write(fresh);
      }
      const job = await jobs.get(id);
      if (isOver(job)) return job;
      failures = written > before ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof GatewayError) || !error.isTransient) throw error;
      failures = written > before ? 1 : failures + 1;
      if (failures > maximumFailures) throw error;
      progress.say(`${messageOf(error)}; trying again`);
    }
    await sleep(clock, Math.min(pauseMs * 2 ** Math.min(failures, 4), maximumPauseMs), signal);
  }
  const { clusterName } = gateway.target;
  throw new Error(
    `job ${id} goes on without you: kubectl io logs ${clusterName} --job ${id} --follow shows it again, ` +
      `kubectl io jobs stop ${clusterName} ${id} stops it`,
  );
}

/** One connection; ends when the far end closes it. Reads no faster than its reader. */
async function* tail(
  gateway: GatewayClient,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const url = gateway.url(`${jobPath(id)}/logs/tail`);
  url.protocol = 'wss:';
  const socket = new WebSocket(url, {
    ...{ agent: gateway.agent, headers: await gateway.headers() },
    ...{ handshakeTimeout: handshakeMs, maxPayload: maximumMessageBytes, perMessageDeflate: false },
  });
  const end = (): void => socket.terminate();
  signal.addEventListener('abort', end, { once: true });
  const stopPings = keepAlive(socket);
  try {
    yield* messagesOf(socket, gateway);
  } finally {
    stopPings();
    signal.removeEventListener('abort', end);
    socket.terminate();
  }
}

async function* messagesOf(
  socket: WebSocket,
  gateway: GatewayClient,
): AsyncGenerator<string, void, undefined> {
  const waiting: string[] = [];
  let ended = false;
  let failed: Error | undefined;
  let wake = (): void => {};
  const refuse = async (response: IncomingMessage): Promise<void> => {
    const refusal = await gateway.refusal(response);
    if (refusal.status === 401) gateway.target.tokens.forget();
    failed ??= refusal;
    ended = true;
    wake();
  };
  socket.on('message', (data: Buffer) => {
    // Nothing more is read until this was taken.
    socket.pause();
    waiting.push(data.toString('utf8'));
    wake();
  });
  socket.on('unexpected-response', (_, response) => {
    void refuse(response);
  });
  socket.on('error', (error) => {
    const { clusterName } = gateway.target;
    const message = `the log's connection broke: ${messageOf(error)}`;
    failed ??= new GatewayError({ status: 0, message, clusterName, cause: error });
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  for (;;) {
    const text = waiting.shift();
    if (text !== undefined) {
      yield text;
      if (waiting.length === 0 && socket.isPaused) socket.resume();
    } else if (ended) {
      if (failed !== undefined) throw failed;
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

function keepAlive(socket: WebSocket): () => void {
  let heard = true;
  socket.on('pong', () => (heard = true));
  socket.on('message', () => (heard = true));
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) return;
    if (!heard) {
      socket.terminate();
      return;
    }
    heard = false;
    socket.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
}
