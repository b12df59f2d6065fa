import { compareBigint, compareText } from '../order.ts';
import type { FlavorPoolView, NodePoolView } from '../inventory/types.ts';
import { priceOf } from './demand.ts';
import type { Capacity, Topology } from './types.ts';

/**
 * Nodes of one member among which a cluster's workers may be spread. Without `nodes` all of them.
 */
export type Zone = Readonly<{ nodes?: ReadonlySet<string> }>;

/** Counts free devices, or all rentable ones as if nobody held any. */
export type Counting = 'free' | 'total';

type Found = { count: number; price: bigint };

/**
 * The zones of a topology that have at least `devices` devices in `pools`: the cheapest first, of
 * equal ones the one with the least, so that larger ones stay whole, then by name.
 */
export function* zonesOf(
  pools: readonly FlavorPoolView[],
  devices: number,
  options: Readonly<{ topology: Topology; capacity: Capacity; counting: Counting }>,
): Generator<Zone> {
  const { topology } = options;
  if (topology === 'Any' || devices === 0) {
    yield {};
    return;
  }
  const large = [...countByZone(pools, options)].filter(([, zone]) => zone.count >= devices);
  const sorted = large.toSorted(
    ([leftName, left], [rightName, right]) =>
      compareBigint(left.price, right.price) ||
      left.count - right.count ||
      compareText(leftName, rightName),
  );
  for (const [name] of sorted) yield { nodes: nodesIn(pools, name, topology) };
}

function countByZone(
  pools: readonly FlavorPoolView[],
  options: Readonly<{ topology: Topology; capacity: Capacity; counting: Counting }>,
): ReadonlyMap<string, Found> {
  const zones = new Map<string, Found>();
  for (const pool of pools) {
    const price = priceOf(pool.flavor, options.capacity) ?? 0n;
    for (const node of pool.nodes.values()) {
      const name = zoneName(node, options.topology);
      const count = options.counting === 'free' ? node.free.length : node.total;
      if (name === undefined || count === 0) continue;
      const zone = zones.get(name);
      if (zone === undefined) zones.set(name, { count, price });
      else {
        zone.count += count;
        if (price < zone.price) zone.price = price;
      }
    }
  }
  return zones;
}

function zoneName(node: NodePoolView, topology: Topology): string | undefined {
  return topology === 'SameNode' ? node.node : node.nvlinkDomain;
}

function nodesIn(
  pools: readonly FlavorPoolView[],
  zone: string,
  topology: Topology,
): ReadonlySet<string> {
  if (topology === 'SameNode') return new Set([zone]);
  const nodes = pools.flatMap((pool) => [...pool.nodes.values()]);
  return new Set(nodes.filter((node) => zoneName(node, topology) === zone).map(({ node }) => node));
}

/** `counts[n]`: how many nodes of the zone have exactly n devices in the pool. */
export function nodeCounts(pool: FlavorPoolView, zone: Zone, counting: Counting): number[] {
  if (zone.nodes === undefined && counting === 'free') {
    return pool.nodesByFree.map((nodes) => nodes.length);
  }
  const counts: number[] = [];
  const names = zone.nodes ?? pool.nodes.keys();
  for (const name of names) {
    const node = pool.nodes.get(name);
    if (node === undefined) continue;
    const devices = counting === 'free' ? node.free.length : node.total;
    while (counts.length <= devices) counts.push(0);
    counts[devices] = (counts[devices] as number) + 1;
  }
  return counts;
}
