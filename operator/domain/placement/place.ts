import type { InventoryView } from '../inventory/types.ts';
import { assign } from './assign.ts';
import { devicesWanted } from './demand.ts';
import { candidateOf, firstViolation } from './filters.ts';
import type { Candidate, Violation } from './filters.ts';
import { freeDevices, room, shortage } from './fit.ts';
import { refuse, refuseQuota } from './refusal.ts';
import type { Option } from './score.ts';
import { bestOption } from './search.ts';
import type { MemberRefusal, PlacedGroup, Placement, PlacementRequest, Refusal } from './types.ts';

/**
 * Finds the best member for a whole cluster, or explains why there is none. All or nothing: every
 * group gets all its devices on that one member. The same inventory and request always give the
 * same answer; nothing is held by asking.
 */
export function place(request: PlacementRequest, inventory: InventoryView): Placement | Refusal {
  const remaining = request.quotaRemainingDevices;
  const wanted = devicesWanted(request);
  if (remaining !== undefined && wanted > remaining) return refuseQuota(request, remaining);
  const allowed: Candidate[] = [];
  const refused: (readonly [Candidate, Violation])[] = [];
  for (const member of inventory.members) {
    const candidate = candidateOf(member, request);
    const violation = firstViolation(candidate);
    if (violation === undefined) allowed.push(candidate);
    else refused.push([candidate, violation]);
  }
  const chosen = bestOption(allowed, (candidate) => room(candidate, 'free'));
  if (chosen !== undefined) return placementOf(chosen, request);
  const full = allowed.map((candidate) => [candidate, shortage(candidate)] as const);
  return refuse(
    request,
    [...refused, ...full].map(([candidate, violation]) => refusalOf(candidate, violation)),
  );
}

function refusalOf(candidate: Candidate, violation: Violation): MemberRefusal {
  const { name } = candidate.member.facts;
  return { ...violation, member: name, devices: freeDevices(candidate) };
}

function placementOf({ candidate, plan }: Option, request: PlacementRequest): Placement {
  const assigned = new Map(assign(plan).map((group) => [group.name, group]));
  const { roundTripMs } = candidate;
  return {
    kind: 'Placement',
    member: candidate.member.facts.name,
    groups: request.groups.map((group) => assigned.get(group.name) ?? emptyGroup(group)),
    devices: devicesWanted(request),
    priceMicroUsdPerHour: plan.priceMicroUsdPerHour,
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  };
}

function emptyGroup(group: Readonly<{ name: string; devicesPerWorker: number }>): PlacedGroup {
  return { name: group.name, devicesPerWorker: group.devicesPerWorker, workers: [] };
}
