import { StoreUnavailableError } from '../../ports/store-errors.ts';

/** Conflicts between transactions: asking again helps at once. */
const conflicts = new Set(['40001', '40P01']);
/** Classes of SQLSTATE that speak of the server or the way to it, not of the request. */
const unavailable = ['08', '53', '57', '58', 'XX'];
/** A standby that was not promoted yet. */
const readOnly = '25006';
/** Somebody else has held a lock for longer than lock_timeout lets wait. */
const lockTimeout = '55P03';
const diskFull = '53100';
/** What pg says without a code when a connection ends under a query or is not made in time. */
const withoutCode = /Connection terminated|not queryable|timeout/i;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const conflictRetries = 5;
const retryAfterSeconds = 2;

/** The SQLSTATE or network code of an error of pg; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Runs `work` against the store. Conflicts are tried again at once; when the server is away, full,
 * stopping or slow, StoreUnavailableError is thrown, and any other error as it is.
 */
export async function withStore<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (conflicts.has(errorCode(error) ?? '') && attempt < conflictRetries) continue;
      if (!isUnavailable(error)) throw error;
      const what =
        errorCode(error) === diskFull
          ? 'the disk of the database is full'
          : 'the database does not answer';
      throw new StoreUnavailableError(`${what}: ${messageOf(error)}`, retryAfterSeconds, error);
    }
  }
}

function isUnavailable(error: unknown): boolean {
  const code = errorCode(error);
  if (code === undefined) return withoutCode.test(messageOf(error));
  const state = code.length === 5 ? code.slice(0, 2) : '';
  const known = networkCodes.has(code) || conflicts.has(code);
  return known || code === readOnly || code === lockTimeout || unavailable.includes(state);
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : '';
}
