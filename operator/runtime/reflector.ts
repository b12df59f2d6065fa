import { ApiError } from './api-error.ts';
import { type BackoffOptions, exponentialMs, jitteredMs } from './backoff.ts';
import type { Random } from './clock.ts';
import type { WatchRestartReason } from './metrics.ts';

/** What an informer does next after its list or watch has ended. */
export type NextStep = {
  action: 'watch' | 'list';
  reason: WatchRestartReason;
  delayMs: number;
};

/** How a list or watch ended, for the decision of what comes next. */
export type Ending = {
  during: 'list' | 'watch';
  /** Undefined when the server ended the watch in order. */
  error: unknown;
  /** Failures in a row before this one; 0 after anything useful was received. */
  failures: number;
  /** Frames in a row, at this resourceVersion, that were nonsense. */
  malformed: number;
  /** Why the list or watch before this one ended; undefined when that was useful. */
  previous?: WatchRestartReason | undefined;
};

/** From 200 ms to 30 s, for ever. */
export const defaultReconnect: BackoffOptions = { baseMs: 200, maximumMs: 30_000 };

/** Failures that an outage counts as once the server answers again. */
const failuresAfterOutage = 1;

/** After this many broken frames at the same place the place itself is given up. */
const maximumMalformed = 3;

/**
 * Decides what follows a list or a watch. Events are never lost: a watch goes on where the last
 * one stopped, and where the server has forgotten that place everything is listed again.
 */
export function nextStep(ending: Ending, backoff: BackoffOptions, random: Random): NextStep {
  const { during, error, malformed } = ending;
  const failures = failuresThatCount(ending);
  const delayMs = jitteredMs(exponentialMs(failures, backoff), random);
  if (error === undefined) {
    // A watch that ends again and again at once must not become a storm.
    return { action: during, reason: 'ended', delayMs: failures === 0 ? 0 : delayMs };
  }
  if (!(error instanceof ApiError)) return { action: 'list', reason: 'server-error', delayMs };
  if (error.reason === 'OutOfOrder') return { action: 'list', reason: 'out-of-order', delayMs };
  if (error.isGone) {
    return { action: 'list', reason: 'expired', delayMs: failures === 0 ? 0 : delayMs };
  }
  if (error.reason === 'WatchSilent') return { action: during, reason: 'silent', delayMs };
  if (error.reason === 'Malformed' || error.reason === 'ResponseTooLarge') {
    const action = malformed + 1 >= maximumMalformed ? 'list' : during;
    return { action, reason: 'malformed', delayMs };
  }
  if (error.retryAfterMs !== undefined) {
    const asked = error.retryAfterMs * (1 + random() / 4);
    return { action: during, reason: 'throttled', delayMs: Math.max(asked, delayMs) };
  }
  if (error.isThrottled) return { action: during, reason: 'throttled', delayMs };
  if (error.status === 0) return { action: during, reason: 'connection', delayMs };
  if (error.status >= 500) return { action: during, reason: 'server-error', delayMs };
  return { action: 'list', reason: 'refused', delayMs };
}

/**
 * The failures that count, before this one. Long waits are for a server that is away: one that
 * answers again, or has only forgotten our place meanwhile, is asked soon.
 */
export function failuresThatCount({ failures, previous, error }: Ending): number {
  const isUnreachable = error instanceof ApiError && error.status === 0;
  const answersAgain = previous === 'connection' && !isUnreachable;
  const hasForgotten =
    previous !== undefined && previous !== 'expired' && error instanceof ApiError && error.isGone;
  return answersAgain || hasForgotten ? Math.min(failures, failuresAfterOutage) : failures;
}

/**
 * Compares two resourceVersions of one collection: negative when `a` is older, 0 when equal,
 * undefined when they are not the decimal numbers that API servers hand out.
 */
export function compareVersions(a: string, b: string): number | undefined {
  if (!isDecimal(a) || !isDecimal(b)) return undefined;
  // Longer is larger, since there are no leading zeros; the numbers may exceed 2 ** 53.
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

function isDecimal(version: string): boolean {
  return /^(0|[1-9][0-9]{0,38})$/.test(version);
}
