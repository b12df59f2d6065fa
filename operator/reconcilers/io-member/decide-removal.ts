import type { Observed, SilenceLimits } from './snapshot.ts';

/**
 * What a deletion waits for, or does next:
 * - `Release`: IOPlacements are still there;
 * - `Settle`: the agent has still to report what its last leases used;
 * - `WriteOff`: nobody waits for its reports any more;
 * - `TakeDown`: all is settled, and what the hub made for the member goes.
 */
export type RemovalStep = 'Release' | 'Settle' | 'WriteOff' | 'TakeDown';

/** How long an agent that is heard has for its last reports; it sends them within seconds. */
export const lastReportsMs = 60_000;

/** The step of a member whose IOMember is being deleted; undefined while it is not. */
export function decideRemoval(
  observed: Observed,
  { fencedMs }: SilenceLimits,
): RemovalStep | undefined {
  const { member, heartbeatAgeMs, placements, unsettledLeases = 0, emptyForMs } = observed;
  if (member.metadata.deletionTimestamp === undefined) return undefined;
  if (placements > 0) return 'Release';
  if (unsettledLeases === 0) return 'TakeDown';
  const isSilent = heartbeatAgeMs === undefined || heartbeatAgeMs > fencedMs;
  // Without its rights an agent has no say on the hub; what it spooled may still reach the intake.
  return isSilent || emptyForMs >= lastReportsMs ? 'WriteOff' : 'Settle';
}

/** What a person who waits for the removal reads. */
export const removalMessages: Readonly<Record<RemovalStep, string>> = {
  Release:
    'Leases move or end; the member is removed when its agent has released them, or was silent for long enough.',
  Settle: 'No lease is here any more; the removal waits for the last reports of usage.',
  WriteOff:
    'No lease is here any more; what was not reported is not waited for, and the ledger settles the rest.',
  TakeDown: 'No lease is here any more and all are settled; what the hub made for it is deleted.',
};
