import { exponentialMs } from '../../runtime/backoff.ts';

/** What the agent has, and what came of its last dials. */
export type DialState = Readonly<{
  /** Gateways that there are, as the last one to greet said. */
  expected: number;
  /** Gateways that there is a tunnel to. */
  connected: number;
  /** Dials in a row that came to nothing, or to a tunnel that was lost at once. */
  failures: number;
  /** Dials in a row that met a gateway which has a tunnel already. */
  duplicates: number;
}>;

const afterFailure = { baseMs: 250, maximumMs: 30_000 };
/** A balancer picks by chance: of two gateways, the other one is met after two dials on average. */
const afterDuplicate = { baseMs: 50, maximumMs: 10_000 };

/** When to dial next, in milliseconds from now and before jitter; undefined: nothing is missing. */
export function nextDialMs(state: DialState): number | undefined {
  const { expected, connected, failures, duplicates } = state;
  if (connected >= expected) return undefined;
  const failed = failures === 0 ? 0 : exponentialMs(failures - 1, afterFailure);
  const met = duplicates === 0 ? 0 : exponentialMs(duplicates - 1, afterDuplicate);
  return Math.max(failed, met);
}
