/**
 * The times of fencing. An agent counts from the moment in which it sent the last heartbeat that the
 * hub acknowledged, by its monotonic clock; the hub counts from when it saw that heartbeat, which is
 * later. So the agent's deadline is always over before the hub's.
 */
export type Fencing = Readonly<{ policy: 'AfterFence' | 'Never'; afterSeconds: number }>;

/** Seconds that a container has to end after it was asked to. */
export const stopSeconds = 10;

/** What clocks that run at different rates, and a hub that is slow, may take. */
const marginSeconds = 5;

/** By when the pods of a fenced lease are gone: the grace that each of them has. */
export const graceSeconds = (checkpointSeconds: number | undefined): number =>
  stopSeconds + (checkpointSeconds ?? 0);

/** From when on, by the agent's clock, the work has to be stopped; undefined: never. */
export const agentFenceMs = ({ policy, afterSeconds }: Fencing): number | undefined =>
  policy === 'Never' ? undefined : afterSeconds * 1000;

/** How long the member has to be silent before the hub may place its lease anew; undefined: never. */
export function hubFenceMs(
  fencing: Fencing,
  checkpointSeconds: number | undefined,
): number | undefined {
  const stopMs = agentFenceMs(fencing);
  if (stopMs === undefined) return undefined;
  return stopMs + (graceSeconds(checkpointSeconds) + marginSeconds) * 1000;
}

/** The least that spec.failover.fenceAfterSeconds can be: a shorter silence fences nothing. */
export const leastFenceSeconds = 20;

/** The most that a checkpoint can be given. */
export const maxCheckpointSeconds = 600;

/** Of a lease that says nothing else. */
export const defaultFencing: Fencing = { policy: 'AfterFence', afterSeconds: 30 };
