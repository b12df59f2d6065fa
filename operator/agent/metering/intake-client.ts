import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Clock } from '../../runtime/clock.ts';

export type IntakeAnswer = Readonly<{
  status: number;
  /** The members of the JSON object that came back; none for anything else. */
  body: Readonly<Record<string, unknown>>;
  /** Why it was refused: a word for machines, and a sentence. */
  reason?: string;
  detail?: string;
  retryAfterMs?: number;
}>;

const finalStatuses: readonly number[] = [400, 411, 413, 415, 422];

/** Whether the same message will never be taken. A clock that is wrong can be set right. */
export const isFinalRefusal = ({ status, reason }: IntakeAnswer): boolean =>
  finalStatuses.includes(status) && reason !== 'ClockSkew';

/** Posts to the hub's intake. Throws when no answer came. */
export type IntakeClient = Readonly<{
  post: (path: string, body: unknown, signal: AbortSignal) => Promise<IntakeAnswer>;
  close: () => Promise<void>;
}>;

/** PEM texts: whom to believe, and who this is. */
export type IntakeCredentials = Readonly<{ ca: string; cert: string; key: string }>;

export type IntakeClientOptions = Readonly<{
  /** `https://host:port`. */
  url: string;
  /** Of an HTTP proxy on the way there. */
  proxyUrl?: string | undefined;
  /** Read again from time to time, so that renewed certificates are used. */
  credentials: () => Promise<IntakeCredentials>;
  clock: Clock;
  timeoutMs?: number;
}>;

type Connection = Readonly<{ credentials: IntakeCredentials; agent: Agent }>;

const credentialsLifetimeMs = 60_000;
const defaultTimeoutMs = 20_000;
const maxAnswerBytes = 4 * 1024 * 1024;

/** HTTPS with the client certificate of the agent, over connections that are kept. */
export function intakeClient(options: IntakeClientOptions): IntakeClient {
  const { clock, timeoutMs = defaultTimeoutMs } = options;
  let connection: Connection | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const current = async (): Promise<Connection> => {
    const isFresh = clock.monotonicMs() - readAtMs < credentialsLifetimeMs;
    if (connection !== undefined && isFresh) return connection;
    const credentials = await options.credentials();
    readAtMs = clock.monotonicMs();
    if (connection !== undefined && isSame(connection.credentials, credentials)) return connection;
    connection?.agent.destroy();
    connection = { credentials, agent: agentOf(credentials, options.proxyUrl) };
    return connection;
  };
  return {
    async post(path, body, signal) {
      const { agent } = await current();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const answer = await post(new URL(path, options.url), agent, JSON.stringify(body), limit);
        // A certificate that ran out while the connection was kept.
        if (answer.status === 401) readAtMs = Number.NEGATIVE_INFINITY;
        return answer;
      } catch (error) {
        readAtMs = Number.NEGATIVE_INFINITY;
        throw error;
      }
    },
    async close() {
      connection?.agent.destroy();
    },
  };
}

function agentOf({ ca, cert, key }: IntakeCredentials, proxyUrl: string | undefined): Agent {
  return new Agent({
    ...{ keepAlive: true, maxSockets: 2, ca, cert, key, minVersion: 'TLSv1.3' },
    ...(proxyUrl === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxyUrl } }),
  });
}

async function post(
  url: URL,
  agent: Agent,
  text: string,
  signal: AbortSignal,
): Promise<IntakeAnswer> {
  const bytes = Buffer.from(text);
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  const sent = request(url, { method: 'POST', agent, headers, signal });
  // An error after the answer has nobody to hear of it.
  sent.on('error', () => undefined);
  sent.end(bytes);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const retryAfter = Number(response.headers['retry-after']);
  const body = await bodyOf(response);
  const { reason, detail } = body;
  return {
    status: response.statusCode ?? 0,
    body,
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  };
}

async function bodyOf(response: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isSame(a: IntakeCredentials, b: IntakeCredentials): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
