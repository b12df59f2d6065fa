import type { IncomingHttpHeaders } from 'node:http';
import {
  type AccessReviews,
  type Caller,
  ReviewsUnavailableError,
} from '../../operator/ports/access-reviews.ts';
import type { GatewayMetrics } from '../../operator/ports/gateway-metrics.ts';
import { sha256 } from '../../operator/runtime/sha256.ts';
import { TimedCache } from '../gateway/timed-cache.ts';
import { Problem } from '../problem.ts';

const bearer = /^Bearer +(?<token>[A-Za-z0-9._~+/=-]{1,8192})$/i;
const retrySeconds = 2;
const maxTokens = 10_000;
const maxPending = 256;

type Ports = Readonly<{
  reviews: Pick<AccessReviews, 'authenticate'>;
  metrics: Pick<GatewayMetrics, 'reviewed'>;
  clock: Readonly<{ monotonicMs: () => number }>;
}>;

/** A token that was withdrawn is let in for no longer than `allowedMs`. */
type Limits = Readonly<{ allowedMs: number; deniedMs: number }>;

/** The token of a request. Throws a problem when there is none. */
export function bearerOf({ authorization }: IncomingHttpHeaders): string {
  const token = bearer.exec(authorization ?? '')?.groups?.['token'];
  if (token !== undefined) return token;
  throw unauthenticated(
    'send Authorization: Bearer <Kubernetes token>; kubectl io does it for you',
  );
}

/** Who bears a token, by the hub's API server. Tokens are kept as hashes, and for seconds. */
export class BearerIdentity {
  readonly #ports: Ports;
  readonly #callers: TimedCache<Caller | undefined>;

  constructor(ports: Ports, { allowedMs, deniedMs }: Limits) {
    this.#ports = ports;
    this.#callers = new TimedCache({
      maxEntries: maxTokens,
      maxPending,
      ttlMs: (caller) => (caller === undefined ? deniedMs : allowedMs),
      monotonicMs: () => ports.clock.monotonicMs(),
    });
  }

  /** Throws a problem: 401 for a token of nobody, 503 while nobody can tell. */
  async callerOf(token: string): Promise<Caller> {
    const { reviews, metrics } = this.#ports;
    const caller = await this.#callers.get(sha256(token), () =>
      reviewed('token', metrics, () => reviews.authenticate(token)),
    );
    if (caller !== undefined) return caller;
    throw unauthenticated('the token is not valid at the hub, or not any more');
  }
}

/** Asks the hub, and counts what it says. Throws a problem while it does not answer. */
export async function reviewed<T>(
  what: 'token' | 'access',
  metrics: Pick<GatewayMetrics, 'reviewed'>,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await ask();
    metrics.reviewed(what, answer === undefined || answer === false ? 'no' : 'yes');
    return answer;
  } catch (error) {
    if (!(error instanceof ReviewsUnavailableError)) throw error;
    metrics.reviewed(what, 'unavailable');
    const details = { retryAfterSeconds: retrySeconds };
    throw new Problem(503, 'HubUnavailable', "the hub's API server does not answer", details);
  }
}

const unauthenticated = (text: string): Problem => new Problem(401, 'Unauthenticated', text);
