/** What a member that leaves still holds, as one look at both sides shows it. */
export type Held = Readonly<{
  /** RayClusters of leases in its cluster. */
  rayClusters: number;
  /** Whether the hub says that all leases are off it; undefined: the hub does not answer. */
  drained: boolean | undefined;
  isLate: boolean;
}>;

/**
 * Whether a member that leaves waits on. A hub that does not answer cannot hold a data centre back:
 * its leases are over once the hub has not heard the agent for long enough.
 */
export function leaveStep({ rayClusters, drained, isLate }: Held): 'Wait' | 'Go' {
  if (isLate) return 'Go';
  return rayClusters === 0 && drained !== false ? 'Go' : 'Wait';
}

/** What it waits for, for the person who reads along. */
export function heldLine({ rayClusters, drained }: Held): string {
  const runs = rayClusters === 1 ? '1 RayCluster runs' : `${rayClusters} RayClusters run`;
  if (drained === undefined) return `${runs}; the hub does not answer`;
  return `${runs}; the hub says ${drained ? 'drained' : 'not drained yet'}`;
}

/**
 * The deadline to write into the policy: one that was announced before and is still to come stays,
 * so that a second attempt does not make leases wait longer.
 */
export function drainUntil(announced: string | undefined, nowMs: number, wantedMs: number): string {
  const before = Date.parse(announced ?? '');
  const keeps = !Number.isNaN(before) && before > nowMs && before < wantedMs;
  return new Date(keeps ? before : wantedMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
