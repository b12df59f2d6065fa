/**
 * The store could not answer now. Nothing is known about what was asked for last: it took effect
 * wholly or not at all, and may be asked for again.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A member has so many dead letters that no more are taken until somebody looked at them. */
export class TooManyDeadLettersError extends Error {
  override readonly name = 'TooManyDeadLettersError';
}
