import { productOf } from '../inventory/types.ts';
import { compareText } from '../order.ts';
import type { MemberView } from '../views/types.ts';
import { devicesOf, groupsWithDevices } from './demand.ts';
import type { Capacity, GroupRequest, PlacementRequest } from './types.ts';

/** A country in which a cluster may fit now, and what it costs there at least. No member is named. */
export type Alternative = Readonly<{
  country: string;
  priceMicroUsdPerHour: number;
  /** Free devices of the wanted kind, of all members there that have enough of them. */
  free: number;
}>;

type Offered = MemberView['capacity'][number];

/**
 * Countries with a member that has enough free devices, wherever the cluster asked to be, the cheapest
 * first. What only the hub knows is not looked at: which node a device is on, its memory, NVLink.
 */
export function alternativesOf(
  request: PlacementRequest,
  members: readonly MemberView[],
  most: number,
): readonly Alternative[] {
  const countries = new Map<string, Alternative>();
  // Nobody says which devices are in confidential mode.
  if (request.confidential) return [];
  for (const member of members) {
    const fit = takes(member, request) ? fitOf(member, request) : undefined;
    if (fit === undefined) continue;
    const { country } = member;
    const known = countries.get(country);
    countries.set(country, {
      country,
      priceMicroUsdPerHour: Math.min(known?.priceMicroUsdPerHour ?? Infinity, fit.price),
      free: (known?.free ?? 0) + fit.free,
    });
  }
  return [...countries.values()]
    .toSorted(
      (a, b) =>
        a.priceMicroUsdPerHour - b.priceMicroUsdPerHour || compareText(a.country, b.country),
    )
    .slice(0, most);
}

/** Whether a member takes new clusters of this kind, whatever it has free. */
function takes(member: MemberView, request: PlacementRequest): boolean {
  const { certifications, excludedMembers, members } = request;
  return (
    member.accepted &&
    !member.denied &&
    !member.cordoned &&
    member.drainDeadline === undefined &&
    !excludedMembers.includes(member.name) &&
    (members.length === 0 || members.includes(member.name)) &&
    certifications.every((each) => member.certifications.includes(each)) &&
    (request.paid !== true || member.account !== undefined)
  );
}

/** Each group takes the cheapest product that has enough left; undefined when one finds none. */
function fitOf(
  { capacity }: MemberView,
  request: PlacementRequest,
): Readonly<{ price: number; free: number }> | undefined {
  const left = new Map(capacity.map(({ model, free }) => [model, free]));
  const wanted = new Set<string>();
  let price = 0;
  for (const group of groupsWithDevices(request)) {
    const needed = devicesOf(group);
    const fitting = capacity
      .filter((offered) => isOf(offered, group) && isAffordable(offered, request))
      .toSorted((a, b) => priceOf(a, request.capacity)! - priceOf(b, request.capacity)!);
    for (const { model } of fitting) wanted.add(model);
    const chosen = fitting.find(({ model }) => (left.get(model) ?? 0) >= needed);
    if (chosen === undefined) return undefined;
    left.set(chosen.model, (left.get(chosen.model) ?? 0) - needed);
    price += needed * (priceOf(chosen, request.capacity) ?? 0);
  }
  const free = capacity
    .filter(({ model }) => wanted.has(model))
    .reduce((sum, offered) => sum + offered.free, 0);
  return { price, free };
}

/** The view of a member counts by product: `<model>`, or `<model>-MIG-<profile>` for slices. */
function isOf({ model: product }: Offered, { models, migProfile }: GroupRequest): boolean {
  if (models.length > 0) return models.some((model) => productOf(model, migProfile) === product);
  return migProfile === undefined
    ? !product.includes('-MIG-')
    : product.endsWith(`-MIG-${migProfile}`);
}

function isAffordable(offered: Offered, request: PlacementRequest): boolean {
  const price = priceOf(offered, request.capacity);
  const most = request.maxPriceMicroUsdPerGpuHour;
  return price !== undefined && (most === undefined || BigInt(price) <= most);
}

const priceOf = (offered: Offered, capacity: Capacity): number | undefined =>
  capacity === 'Spot' ? offered.spotMicroUsdPerHour : offered.onDemandMicroUsdPerHour;
