import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/logger.ts';
import { version } from '../../version.ts';
import { GatewayError } from './gateway-error.ts';
import type { TokenSource } from './token.ts';

/** One cluster behind its gateway. */
export type GatewayTarget = Readonly<{
  /** Ends with a slash: `https://api.example.org/clusters/team/train/`. */
  base: URL;
  clusterName: string;
  tokens: TokenSource;
  /** Certificates in PEM that are trusted. */
  ca: string[];
  env: Readonly<Record<string, string | undefined>>;
}>;

export type GatewayRequest = Readonly<{
  method: string;
  /** Below `base`, such as `dashboard/api/jobs/`. */
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: Readable | string | undefined;
  signal: AbortSignal;
}>;

/** For an answer's headers, and for each silence of a body. */
const silenceMs = 60_000;
const maximumJsonBytes = 64 * 2 ** 20;
const maximumErrorBytes = 64 * 2 ** 10;
const maximumAttempts = 5;
const firstPauseMs = 500;
const maximumPauseMs = 10_000;

/** HTTPS to the gateway, as the person; the token goes nowhere else. */
export class GatewayClient {
  readonly target: GatewayTarget;
  readonly agent: Agent;
  readonly #clock: Clock;

  constructor(target: GatewayTarget, clock: Clock) {
    this.target = target;
    this.#clock = clock;
    this.agent = new Agent({
      ...{ keepAlive: true, maxSockets: 64, ca: target.ca, minVersion: 'TLSv1.2' },
      proxyEnv: target.env,
    });
  }

  /** The headers that make a request the person's. */
  async headers(): Promise<Readonly<{ authorization: string; 'user-agent': string }>> {
    const token = await this.target.tokens.current();
    return { authorization: `Bearer ${token}`, 'user-agent': `kubectl-io/${version}` };
  }

  url(path: string): URL {
    return new URL(path, this.target.base);
  }

  /** Sends one request; gives the answer as it comes, whatever its status. Throws GatewayError. */
  async send({ method, path, headers, body, signal }: GatewayRequest): Promise<IncomingMessage> {
    const own = await this.headers();
    const outgoing = httpsRequest(this.url(path), {
      ...{ method, agent: this.agent, signal, timeout: silenceMs },
      headers: { ...headers, ...own },
    });
    try {
      return await answerOf(outgoing, body);
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /** The JSON of an answer in the 200s. */
  async json(request: GatewayRequest): Promise<unknown> {
    return JSON.parse(await this.text(request));
  }

  /**
   * The text of an answer in the 200s. What only reads is asked again while the gateway is away.
   * Throws GatewayError.
   */
  async text(request: GatewayRequest): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(request);
      } catch (error) {
        const again = request.method === 'GET' && attempt < maximumAttempts;
        if (!again || !(error instanceof GatewayError) || !error.isTransient) throw error;
        if (request.signal.aborted) throw error;
        const pauseMs = error.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1);
        await sleep(this.#clock, Math.min(pauseMs, maximumPauseMs), request.signal);
      }
    }
  }

  async #once(request: GatewayRequest): Promise<string> {
    const response = await this.send(request);
    const status = response.statusCode ?? 0;
    if (status === 401) this.target.tokens.forget();
    if (status < 200 || status > 299) throw await this.refusal(response);
    return this.#read(response, maximumJsonBytes);
  }

  /** An answer that is none of the 200s, as an error; reads it to its end. */
  async refusal(response: IncomingMessage): Promise<GatewayError> {
    const status = response.statusCode ?? 0;
    const body = await this.#read(response, maximumErrorBytes).catch(() => '');
    const isProblem = /^application\/problem\+json/.test(response.headers['content-type'] ?? '');
    const detail = isProblem ? problemDetail(body) : undefined;
    const seconds = Number(response.headers['retry-after']);
    return new GatewayError({
      status,
      clusterName: this.target.clusterName,
      message: detail ?? `HTTP ${status}${body === '' ? '' : `: ${lastLine(body)}`}`,
      fromRay: !isProblem,
      ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
    });
  }

  close(): void {
    this.agent.destroy();
  }

  async #read(response: IncomingMessage, maximumBytes: number): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maximumBytes) {
          response.destroy();
          throw new Error(`the answer is larger than ${maximumBytes} bytes`);
        }
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #unreachable(error: unknown): GatewayError {
    const { base, clusterName } = this.target;
    const message = `the gateway at ${base.host} does not answer: ${messageOf(error)}`;
    return new GatewayError({ status: 0, message, clusterName, cause: error });
  }
}

function answerOf(
  outgoing: ClientRequest,
  body: Readable | string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.once('timeout', () => outgoing.destroy(new Error('it was silent for a minute')));
    if (body === undefined || typeof body === 'string') outgoing.end(body);
    // An answer that comes before the body's end counts; the rest of the body is not wanted then.
    else pipeline(body, outgoing).catch(reject);
  });
}

/** What a problem (RFC 9457) says; undefined when the text is none. */
export function problemDetail(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown };
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    // Cut, or not what its type says: the status says enough.
    return undefined;
  }
}

/** Ray answers with Python's traceback, of which the last line says what is wrong. */
function lastLine(body: string): string {
  const lines = body.trim().split('\n');
  return (lines.at(-1) ?? '').slice(0, 500);
}
