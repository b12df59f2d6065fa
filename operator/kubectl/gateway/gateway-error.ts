/** The gateway, or Ray behind it, refuses; `status` is 0 when there was no answer. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly status: number;
  readonly clusterName: string;
  /** How long it asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** Whether Ray itself answered rather than the gateway. */
  readonly fromRay: boolean;

  constructor(options: {
    status: number;
    message: string;
    clusterName: string;
    retryAfterMs?: number | undefined;
    fromRay?: boolean;
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.clusterName = options.clusterName;
    this.retryAfterMs = options.retryAfterMs;
    this.fromRay = options.fromRay ?? false;
  }

  /** No answer, or one that says nothing of the request itself. */
  get isTransient(): boolean {
    if (isAboutTrust(this.cause)) return false;
    return [0, 429, 502, 503, 504].includes(this.status) && !this.fromRay;
  }
}

/** A certificate that is not trusted now is not trusted in a moment either. */
function isAboutTrust(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code);
}
