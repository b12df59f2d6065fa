import { Connection, SolanaJSONRPCError } from '@solana/web3.js';
import type { RpcMetrics, RpcOutcome } from '../../ports/settlement-metrics.ts';
import { exponentialMs, jitteredMs } from '../../runtime/backoff.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import { Deadline } from '../../runtime/deadline.ts';
import { messageOf } from '../../runtime/logger.ts';
import { Semaphore } from '../../runtime/semaphore.ts';

export type RpcNodeOptions = Readonly<{
  clock: Clock;
  random: Random;
  metrics: RpcMetrics;
  /** A call that takes longer counts as failed. */
  timeoutMs: number;
}>;

/** A node did not answer a call as it should. The message holds no URL, which may hold a key. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly outcome: Exclude<RpcOutcome, 'ok'>;
  readonly retryAfterMs: number | undefined;

  constructor(outcome: Exclude<RpcOutcome, 'ok'>, message: string, retryAfterMs?: number) {
    super(message);
    this.outcome = outcome;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The connection ended without an answer; the call may have had its effect. */
class BrokenConnectionError extends NodeError {}

const pause = { baseMs: 250, maximumMs: 30_000 };
const longestRetryAfterMs = 120_000;
/** After so many failures in a row a node counts as away. */
const failuresAway = 3;
/** Calls to one node at a time, and those that wait for their turn. */
const maxInFlight = 32;
const maxWaiting = 1_024;
const tooManyRequests = 429;

/** Codes of JSON-RPC that speak of the node: it is behind, or lacks the block. */
const behind = new Set([-32_004, -32_005, -32_007, -32_009, -32_014, -32_016]);
/** Codes that speak of the call. Another node would say the same. */
const callersFault = new Set([-32_600, -32_601, -32_602, -32_015]);

/** One RPC node: its calls have a time limit, and after a failure it is left alone for a while. */
export class RpcNode {
  /** Host and port, for logs and metrics. */
  readonly name: string;
  readonly #connection: Connection;
  readonly #options: RpcNodeOptions;
  readonly #turns = new Semaphore(maxInFlight, maxWaiting);
  #failures = 0;
  #restsUntilMs = 0;
  #genesisHash: string | undefined;
  /** The newest finalized slot that it told, and when that last grew. */
  #slot = 0;
  #grewAtMs: number;

  constructor(url: string, options: RpcNodeOptions) {
    this.name = new URL(url).host;
    this.#options = options;
    this.#grewAtMs = options.clock.monotonicMs();
    this.#connection = new Connection(url, {
      commitment: 'finalized',
      disableRetryOnRateLimit: true,
      httpAgent: false,
      fetch: (input, init) => this.#twice(input as string, init as RequestInit),
    });
  }

  get rests(): boolean {
    return this.#options.clock.monotonicMs() < this.#restsUntilMs;
  }

  /** How long its finalized slot has stood still. */
  get stillMs(): number {
    return this.#options.clock.monotonicMs() - this.#grewAtMs;
  }

  /** Undefined until it was asked, and again after it was away: another may answer there then. */
  get genesisHash(): string | undefined {
    return this.#genesisHash;
  }

  async askGenesisHash(): Promise<void> {
    this.#genesisHash ??= await this.ask((connection) => connection.getGenesisHash());
  }

  /** Slot and height of the block that was finalized last. */
  async finalized(): Promise<Readonly<{ slot: number; height: number }>> {
    const info = await this.ask((connection) => connection.getEpochInfo('finalized'));
    const { absoluteSlot: slot, blockHeight: height } = info;
    if (height === undefined) throw this.#failed(new NodeError('failed', 'it tells no height'));
    if (slot > this.#slot) {
      this.#slot = slot;
      this.#grewAtMs = this.#options.clock.monotonicMs();
    }
    return { slot, height };
  }

  /** Throws NodeError when it is the node that failed, and the node's own error when it is the call. */
  async ask<T>(call: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      const answer = await call(this.#connection);
      this.#failures = 0;
      this.#options.metrics.rpcCall(this.name, 'ok');
      return answer;
    } catch (error) {
      if (error instanceof SolanaJSONRPCError && callersFault.has(Number(error.code))) throw error;
      throw this.#failed(nodeErrorOf(error));
    }
  }

  /** It said other than most. */
  contradicted(): void {
    this.#options.metrics.rpcCall(this.name, 'contradicts');
  }

  #failed(error: NodeError): NodeError {
    const { clock, random, metrics } = this.#options;
    metrics.rpcCall(this.name, error.outcome);
    if (error.outcome === 'behind') return error;
    const restMs = error.retryAfterMs ?? jitteredMs(exponentialMs(this.#failures, pause), random);
    this.#failures += 1;
    if (this.#failures >= failuresAway) this.#genesisHash = undefined;
    this.#restsUntilMs = clock.monotonicMs() + Math.min(restMs, longestRetryAfterMs);
    return error;
  }

  /** A connection that broke says nothing of the node, and every call may be repeated. */
  async #twice(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(url, init);
    } catch (error) {
      if (!(error instanceof BrokenConnectionError)) throw error;
      this.#options.metrics.rpcCall(this.name, error.outcome);
      return this.#fetch(url, init);
    }
  }

  /** Throws errors of this module only: the library waits for ever after one that it does not know. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { clock, timeoutMs } = this.#options;
    const deadline = new Deadline(clock, undefined, timeoutMs, 'Timeout');
    let release: (() => void) | undefined;
    try {
      release = await this.#turns.acquire(deadline.signal);
      const { method, headers, body } = init;
      const response = await fetch(url, {
        method: method ?? 'POST',
        headers: headers ?? {},
        body: body ?? null,
        signal: deadline.signal,
      });
      // The body counts into the time limit as well.
      const text = await response.text();
      if (response.status === tooManyRequests) throw limited(response);
      if (!response.ok) throw new NodeError('failed', `it answers with status ${response.status}`);
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (error) {
      if (error instanceof NodeError) throw error;
      if (deadline.signal.aborted) throw new NodeError('timeout', `no answer in ${timeoutMs} ms`);
      throw new BrokenConnectionError('failed', reachingError(error));
    } finally {
      release?.();
      deadline.clear();
    }
  }
}

function nodeErrorOf(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  if (error instanceof SolanaJSONRPCError) {
    const code = Number(error.code);
    const message = messageOf(error);
    if (code === tooManyRequests) return new NodeError('limited', message);
    return new NodeError(behind.has(code) ? 'behind' : 'failed', message);
  }
  return new NodeError('failed', `it does not answer as an RPC node: ${messageOf(error)}`);
}

function limited(response: Response): NodeError {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  return new NodeError('limited', 'it asks for fewer calls', retryAfterMs);
}

/** The code alone: messages of fetch may repeat the URL. */
function reachingError(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' ? `cannot be reached: ${cause.code}` : 'cannot be reached';
}
