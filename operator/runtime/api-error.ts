/** metav1.StatusDetails, as far as a caller may want it. */
export type StatusDetails = {
  name?: string;
  kind?: string;
  retryAfterSeconds?: number;
  causes?: readonly { reason?: string; message?: string; field?: string }[];
};

/**
 * The API server's refusal, or `status: 0` when it gave no answer; `reason` then is one of
 * `Unreachable`, `Timeout`, `Aborted`, `ResponseTooLarge`, `TooManyInFlight`, `WatchSilent`,
 * `Malformed`. The message never holds a body that was sent, nor credentials.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** Kubernetes' reason, such as `NotFound`, `Conflict`, `Expired`. */
  readonly reason: string;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number;
  readonly details: StatusDetails;

  constructor(options: {
    status: number;
    reason: string;
    message: string;
    retryAfterMs?: number | undefined;
    details?: StatusDetails;
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.reason = options.reason;
    this.details = options.details ?? {};
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  /** The object, or the kind itself, does not exist. */
  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Someone else changed the object first, or another manager owns a field. */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  /** Create found an object of that name. */
  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** The resourceVersion or continue token is too old: list again. */
  get isGone(): boolean {
    return this.status === 410;
  }

  /** The server asks for fewer requests. */
  get isThrottled(): boolean {
    return this.status === 429;
  }

  /** The object is not valid: trying again without a change is useless. */
  get isInvalid(): boolean {
    return this.status === 400 || this.status === 422;
  }

  /** No answer, or an answer that says nothing about the request itself. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Whether the error says that the object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.isNotFound;
}

/** Whether the error asks to read the object again. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.isConflict;
}

/** Whether the error says that a resourceVersion or continue token is too old. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.isGone;
}

const maximumMessageLength = 1024;

/** An ApiError of an HTTP answer; `body` is a metav1.Status if the server is well. */
export function errorOfResponse(options: {
  status: number;
  body: string;
  retryAfter?: string | undefined;
  what: string;
}): ApiError {
  const parsed = parseStatus(options.body);
  const details = parsed.details ?? {};
  const message = parsed.message ?? `HTTP ${options.status}`;
  return new ApiError({
    status: options.status,
    reason: parsed.reason ?? defaultReason(options.status),
    message: `${options.what}: ${message.slice(0, maximumMessageLength)}`,
    retryAfterMs: retryAfterMsOf(options.retryAfter, details),
    details,
  });
}

/** An ApiError of the Status inside a watch's ERROR frame. */
export function errorOfStatus(status: unknown, what: string): ApiError {
  const { code, reason, message, details } = pickStatus(status);
  return new ApiError({
    status: code ?? 500,
    reason: reason ?? defaultReason(code ?? 500),
    message: `${what}: ${(message ?? 'error event').slice(0, maximumMessageLength)}`,
    retryAfterMs: retryAfterMsOf(undefined, details ?? {}),
    details: details ?? {},
  });
}

type PickedStatus = { code?: number; reason?: string; message?: string; details?: StatusDetails };

function parseStatus(body: string): PickedStatus {
  try {
    return pickStatus(JSON.parse(body));
  } catch {
    // A proxy's HTML page or a cut body: the HTTP status says enough.
    return {};
  }
}

function pickStatus(value: unknown): PickedStatus {
  if (typeof value !== 'object' || value === null) return {};
  const { code, reason, message, details } = value as Record<string, unknown>;
  return {
    ...(typeof code === 'number' ? { code } : {}),
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof details === 'object' && details !== null ? { details } : {}),
  };
}

const maximumRetryAfterMs = 60_000;

function retryAfterMsOf(header: string | undefined, details: StatusDetails): number | undefined {
  const seconds = header === undefined ? details.retryAfterSeconds : Number(header);
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return Math.min(seconds * 1000, maximumRetryAfterMs);
}

const reasons = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

function defaultReason(status: number): string {
  return reasons.get(status) ?? (status >= 500 ? 'InternalError' : 'Unknown');
}
