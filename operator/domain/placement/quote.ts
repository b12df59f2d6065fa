import type { InventoryView } from '../inventory/types.ts';
import { devicesWanted } from './demand.ts';
import { candidateOf, firstViolation } from './filters.ts';
import { room } from './fit.ts';
import { bestOption } from './search.ts';
import type { PlacementRequest } from './types.ts';

/** What a cluster costs where it fits best. */
export type Quote = Readonly<{ member: string; devices: number; priceMicroUsdPerHour: bigint }>;

/**
 * What a cluster would cost if nobody held a device: the price to tell a renter whose cluster
 * waits. Undefined when no member could ever take it.
 */
export function quote(request: PlacementRequest, inventory: InventoryView): Quote | undefined {
  const allowed = inventory.members
    .map((member) => candidateOf(member, request))
    .filter((candidate) => firstViolation(candidate) === undefined);
  const chosen = bestOption(allowed, (candidate) => room(candidate, 'total'));
  if (chosen === undefined) return undefined;
  return {
    member: chosen.candidate.member.facts.name,
    devices: devicesWanted(request),
    priceMicroUsdPerHour: chosen.plan.priceMicroUsdPerHour,
  };
}
