import { TunnelError } from '../../operator/ports/tunnel.ts';
import { errorFields, type Logger } from '../../operator/runtime/logger.ts';
import { Problem } from '../problem.ts';

const retrySeconds = 2;

/** What a renter is told of an error: nothing of addresses, certificates or stacks. */
export function problemOf(error: unknown, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TunnelError) return tunnelProblem(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^ERR_(STREAM|HTTP2|HTTP|INVALID_CHAR)/.test(code) || code === 'ECONNRESET') {
    return new Problem(502, 'HeadFailed', 'the answer of the cluster was cut off, or is no HTTP');
  }
  logger.warn(errorFields(error), 'gateway request failed');
  return new Problem(500, 'Internal', 'the gateway failed; the request may be sent again');
}

function tunnelProblem({ fault, status, message }: TunnelError): Problem {
  const told = status >= 400 && status <= 599 ? status : 502;
  const later = told === 429 || told === 503 || fault === 'TunnelLost';
  return new Problem(told, fault, message, later ? { retryAfterSeconds: retrySeconds } : {});
}

/** Whether the same request may be sent again by another tunnel. */
export const isTunnelLost = (error: unknown): boolean =>
  error instanceof TunnelError && error.fault === 'TunnelLost';

/** Whether the error may be one of a cluster that is not up yet, or not any more. */
export const isHeadAway = (error: unknown): boolean =>
  error instanceof TunnelError &&
  (error.fault === 'HeadUnreachable' || error.fault === 'LeaseUnknown');
