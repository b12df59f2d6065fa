import type { FastifyRequest } from 'fastify';
import type { IntakeMetrics } from '../../operator/ports/intake-metrics.ts';
import { Problem } from '../problem.ts';

/** The farthest that an agent's clock may be from the hub's, in milliseconds. */
export const maxSkewMs = 120_000;

const received = new WeakMap<FastifyRequest, number>();

/** Notes when the head of a request came: waiting for its body or for a turn is no skew. */
export function noteReceived(request: FastifyRequest, nowMs: number): void {
  received.set(request, nowMs);
}

/** When the head of the request came, by the hub's clock. */
export function receivedAtMs(request: FastifyRequest): number {
  const ms = received.get(request);
  if (ms === undefined) throw new Error('the route does not note when requests come');
  return ms;
}

/** Measures the sender's clock. Throws the problem `ClockSkew` when it cannot be used for billing. */
export function checkSkew(sentAtMs: number, receivedMs: number, metrics: IntakeMetrics): void {
  const offsetMs = sentAtMs - receivedMs;
  metrics.skew(offsetMs / 1000);
  if (Math.abs(offsetMs) <= maxSkewMs) return;
  const direction = offsetMs > 0 ? 'ahead of' : 'behind';
  throw new Problem(
    422,
    'ClockSkew',
    `sentAtMs is ${Math.abs(offsetMs)} ms ${direction} the hub's clock; at most ${maxSkewMs} ms ` +
      'are allowed: set the clock (NTP), stamp sentAtMs at each attempt, and send again',
    { more: { offsetMs, limitMs: maxSkewMs, receivedAtMs: receivedMs } },
  );
}
