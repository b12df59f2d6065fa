import { compareBigint, compareText } from '../order.ts';
import type { Flavor, FlavorPoolView, MemberView } from '../inventory/types.ts';
import type { Capacity, GroupRequest, PlacementRequest } from './types.ts';

/** Groups that need devices; the others fit anywhere. */
export function groupsWithDevices(request: PlacementRequest): readonly GroupRequest[] {
  return request.groups.filter((group) => devicesOf(group) > 0);
}

/** Devices of all workers of a group. */
export function devicesOf(group: GroupRequest): number {
  return group.workers * group.devicesPerWorker;
}

/** Devices of all groups. */
export function devicesWanted(request: PlacementRequest): number {
  return request.groups.reduce((sum, group) => sum + devicesOf(group), 0);
}

/** Is it the hardware that the group asks for, whatever it costs? */
export function matchesHardware(flavor: Flavor, group: GroupRequest): boolean {
  if (flavor.migProfile !== group.migProfile) return false;
  if (flavor.memoryMiB < group.minMemoryMiB) return false;
  if (group.nvlink && !flavor.nvlink) return false;
  return group.models.length === 0 || group.models.includes(flavor.model);
}

/** What one device of the flavor costs per hour; undefined when it is not for hire that way. */
export function priceOf(flavor: Flavor, capacity: Capacity): bigint | undefined {
  return capacity === 'Spot' ? flavor.spotMicroUsdPerHour : flavor.onDemandMicroUsdPerHour;
}

/** The lowest price per device and hour among pools that are for hire; 0 without any. */
export function lowestPrice(pools: readonly FlavorPoolView[], capacity: Capacity): bigint {
  let lowest: bigint | undefined;
  for (const { flavor } of pools) {
    const price = priceOf(flavor, capacity);
    if (price !== undefined && (lowest === undefined || price < lowest)) lowest = price;
  }
  return lowest ?? 0n;
}

/** Flavor pools of a member that one group could use, by what narrows the choice. */
export type GroupPools = Readonly<{
  group: GroupRequest;
  hardware: readonly FlavorPoolView[];
  confidential: readonly FlavorPoolView[];
  offered: readonly FlavorPoolView[];
  affordable: readonly FlavorPoolView[];
}>;

/** Narrows a member's pools for each group that needs devices. */
export function narrow(member: MemberView, request: PlacementRequest): readonly GroupPools[] {
  const cap = request.maxPriceMicroUsdPerGpuHour;
  return groupsWithDevices(request).map((group) => {
    const hardware = member.flavors.filter((pool) => matchesHardware(pool.flavor, group));
    const confidential = request.confidential
      ? hardware.filter((pool) => pool.flavor.confidential)
      : hardware;
    const offered =
      request.capacity === 'OnDemand'
        ? confidential
        : confidential.filter((pool) => priceOf(pool.flavor, request.capacity) !== undefined);
    const affordable =
      cap === undefined
        ? offered
        : offered.filter((pool) => (priceOf(pool.flavor, request.capacity) ?? 0n) <= cap);
    return { group, hardware, confidential, offered, affordable };
  });
}

/** Pools that may serve one group together: one model, one profile, one resource name. */
export type PoolClass = Readonly<{ model: string; resourceName: string; pools: readonly Priced[] }>;

/** A pool with its price per device and hour. */
export type Priced = Readonly<{ pool: FlavorPoolView; price: bigint }>;

/** Classes by their cheapest price, then name; pools in a class by price, then key. */
export function classesOf(
  pools: readonly FlavorPoolView[],
  capacity: Capacity,
): readonly PoolClass[] {
  const classes = new Map<string, { model: string; resourceName: string; pools: Priced[] }>();
  const priced = pools
    .flatMap((pool) => {
      const price = priceOf(pool.flavor, capacity);
      return price === undefined ? [] : [{ pool, price }];
    })
    .toSorted(
      (left, right) =>
        compareBigint(left.price, right.price) ||
        compareText(left.pool.flavor.key, right.pool.flavor.key),
    );
  for (const entry of priced) {
    const { model, migProfile, resourceName } = entry.pool.flavor;
    const name = `${model}|${migProfile ?? ''}|${resourceName}`;
    const found = classes.get(name);
    if (found === undefined) classes.set(name, { model, resourceName, pools: [entry] });
    else found.pools.push(entry);
  }
  return [...classes.values()];
}
