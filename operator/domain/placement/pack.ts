import { compareText } from '../order.ts';
import type { FlavorPoolView } from '../inventory/types.ts';
import { classesOf, devicesOf } from './demand.ts';
import type { PoolClass, Priced } from './demand.ts';
import type { Capacity, GroupRequest, Topology } from './types.ts';
import { nodeCounts, zonesOf } from './zones.ts';
import type { Counting, Zone } from './zones.ts';

/** The pools that a group may take devices from. */
export type GroupSupply = Readonly<{ group: GroupRequest; pools: readonly FlavorPoolView[] }>;

/** How many workers of a group each pool takes. */
export type GroupPlan = Readonly<{
  group: GroupRequest;
  model: string;
  resourceName: string;
  shares: readonly Readonly<{ from: Priced; workers: number }>[];
}>;

/** Room for a whole cluster on one member; nodes are not chosen yet. */
export type PackPlan = Readonly<{
  zone: Zone;
  groups: readonly GroupPlan[];
  priceMicroUsdPerHour: bigint;
  /**
   * How much it breaks up whole nodes: the sum over nodes of (free before)² - (free after)². Of
   * two plans with as many devices, the one with tighter nodes has the smaller figure.
   */
  breakup: number;
}>;

export type PackOptions = Readonly<{
  capacity: Capacity;
  topology: Topology;
  counting: Counting;
  /** Instead of the zones of the topology, only this one. */
  zone?: Zone;
}>;

/** Classes that one cluster may try before it is refused; a bound, not a tuning knob. */
const maxSearchSteps = 256;

/**
 * Finds room for all groups, or says undefined. Each group gets one model, the cheapest first;
 * each worker's devices come from one flavor on one node, the tightest that fits. Larger workers
 * are placed first, which is exact when the sizes divide each other (1, 2, 4, 8, 16) and a good
 * guess when they do not. Costs flavors times node sizes, whatever the number of nodes.
 */
export function pack(supplies: readonly GroupSupply[], options: PackOptions): PackPlan | undefined {
  const wanted = supplies.reduce((sum, supply) => sum + devicesOf(supply.group), 0);
  const pools = [...new Set(supplies.flatMap((supply) => [...supply.pools]))];
  const available = pools.reduce((sum, pool) => sum + pool[options.counting], 0);
  if (available < wanted) return undefined;
  const choices = supplies
    .map(({ group, pools: own }) => ({ group, classes: classesOf(own, options.capacity) }))
    .toSorted(hardestFirst);
  const zones = options.zone === undefined ? zonesOf(pools, wanted, options) : [options.zone];
  for (const zone of zones) {
    const room = new Room(pools, zone, options.counting);
    const found = search(choices, room, { steps: 0 });
    if (found !== undefined) return { ...found, zone, groups: inOrder(found.groups, supplies) };
  }
  return undefined;
}

type Choice = Readonly<{ group: GroupRequest; classes: readonly PoolClass[] }>;
type Found = Omit<PackPlan, 'zone'>;

/** Tries the classes of the first group, then all others after each; the first success counts. */
function search(
  choices: readonly Choice[],
  room: Room,
  budget: { steps: number },
): Found | undefined {
  const [first, ...rest] = choices;
  if (first === undefined) return { groups: [], priceMicroUsdPerHour: 0n, breakup: 0 };
  for (const candidate of first.classes) {
    if (budget.steps >= maxSearchSteps) return undefined;
    budget.steps += 1;
    const copy = room.copy();
    const taken = takeGroup(first.group, candidate, copy);
    if (taken === undefined) continue;
    const others = search(rest, copy, budget);
    if (others === undefined) continue;
    return {
      groups: [taken.plan, ...others.groups],
      priceMicroUsdPerHour: taken.price + others.priceMicroUsdPerHour,
      breakup: taken.breakup + others.breakup,
    };
  }
  return undefined;
}

function takeGroup(
  group: GroupRequest,
  poolClass: PoolClass,
  room: Room,
): { plan: GroupPlan; price: bigint; breakup: number } | undefined {
  const shares: { from: Priced; workers: number }[] = [];
  let missing = group.workers;
  let price = 0n;
  let breakup = 0;
  for (const from of poolClass.pools) {
    if (missing === 0) break;
    const taken = room.take(from.pool, group.devicesPerWorker, missing);
    if (taken.workers === 0) continue;
    shares.push({ from, workers: taken.workers });
    missing -= taken.workers;
    price += from.price * BigInt(taken.workers * group.devicesPerWorker);
    breakup += taken.breakup;
  }
  if (missing > 0) return undefined;
  const { model, resourceName } = poolClass;
  return { plan: { group, model, resourceName, shares }, price, breakup };
}

/** How many nodes have how many devices left, by pool; nodes have no names here. */
class Room {
  readonly #counts: Map<FlavorPoolView, number[]>;

  constructor(
    pools: readonly FlavorPoolView[],
    zone: Zone,
    counting: Counting,
    counts?: Map<FlavorPoolView, number[]>,
  ) {
    this.#counts =
      counts ?? new Map(pools.map((pool) => [pool, nodeCounts(pool, zone, counting)] as const));
  }

  copy(): Room {
    const counts = new Map<FlavorPoolView, number[]>();
    for (const [pool, list] of this.#counts) counts.set(pool, [...list]);
    return new Room([], {}, 'free', counts);
  }

  /** Takes up to `wanted` workers of `size` devices, each from the tightest node that has room. */
  take(
    pool: FlavorPoolView,
    size: number,
    wanted: number,
  ): Readonly<{ workers: number; breakup: number }> {
    const counts = this.#counts.get(pool) ?? [];
    let workers = 0;
    let breakup = 0;
    for (let free = size; free < counts.length && workers < wanted; free += 1) {
      const perNode = Math.floor(free / size);
      let nodes = counts[free] ?? 0;
      while (nodes > 0 && workers < wanted) {
        // Whole nodes at once as long as they are needed whole, then one node for the rest.
        const whole = Math.min(nodes, Math.floor((wanted - workers) / perNode));
        const many = Math.max(whole, 1);
        const each = whole > 0 ? perNode : wanted - workers;
        const left = free - each * size;
        counts[free] = (counts[free] ?? 0) - many;
        counts[left] = (counts[left] ?? 0) + many;
        nodes -= many;
        workers += many * each;
        breakup += many * (free * free - left * left);
      }
    }
    return { workers, breakup };
  }
}

function hardestFirst(left: Choice, right: Choice): number {
  return (
    right.group.devicesPerWorker - left.group.devicesPerWorker ||
    left.classes.length - right.classes.length ||
    compareText(left.group.name, right.group.name)
  );
}

function inOrder(plans: readonly GroupPlan[], supplies: readonly GroupSupply[]): GroupPlan[] {
  return supplies.flatMap((supply) => plans.filter((plan) => plan.group === supply.group));
}
