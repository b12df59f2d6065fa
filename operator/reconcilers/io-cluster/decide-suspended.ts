import type { Phase } from '../../domain/io-cluster/phase.ts';
import { requestOf } from '../../domain/placement/request.ts';
import type { PlacementRequest } from '../../domain/placement/types.ts';
import type { Observed } from './snapshot.ts';

/** What a cluster asks for, under the conditions that hold for it now. */
export function requestFor(observed: Observed): PlacementRequest {
  return requestOf(observed.cluster.spec, {
    excludedMembers: observed.coolingMembers,
    quotaRemainingDevices: observed.quotaRemainingDevices,
    paid: observed.money !== undefined,
  });
}

/**
 * A suspended cluster is told what it would cost and whether there is room for it now: `kubectl io
 * quote` asks so, and takes nothing. While its own lease is still there its devices are not free.
 */
export function suspended(observed: Observed): Extract<Phase, { kind: 'Suspended' }> {
  if (observed.placement !== undefined) return { kind: 'Suspended', releasing: true };
  const request = requestFor(observed);
  const decided = observed.place(request);
  if (decided.kind !== 'Refusal') return { kind: 'Suspended', releasing: false, quote: decided };
  const quote = observed.quote(request);
  return {
    ...{ kind: 'Suspended', releasing: false, refusal: decided },
    ...(quote === undefined ? {} : { quote }),
  };
}
