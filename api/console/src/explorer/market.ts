import type { ModelMarketView, NetworkView } from '../../../../operator/domain/views/public.ts';
import type { Instant } from '../../../../operator/domain/views/types.ts';

/** Parts of a model's devices, which add up to all of them. */
export type SupplyParts = Readonly<{ leased: number; free: number; other: number; wanted: number }>;

/** What is neither leased nor free is not verified, not healthy or not offered. */
export function supplyParts(market: ModelMarketView): SupplyParts {
  const { devices, leased, free, wanted } = market;
  return { leased, free, other: Math.max(0, devices - leased - free), wanted };
}

/** Models with most devices and demand first, then by name. */
export function byMarketSize(markets: readonly ModelMarketView[]): readonly ModelMarketView[] {
  const size = (market: ModelMarketView): number => market.devices + market.wanted;
  return markets.toSorted(
    (left, right) => size(right) - size(left) || (left.model < right.model ? -1 : 1),
  );
}

/** Leased devices of all that are verified, in thousandths; undefined while none is. */
export function bookingPermille({ devices }: NetworkView): number | undefined {
  return permille(devices.leased, devices.verified);
}

/**
 * What is rented and wanted of what could be rented, in thousandths: above 1000 more is asked for
 * than there is. Undefined where nothing can be rented.
 */
export function demandPermille({ leased, free, wanted }: ModelMarketView): number | undefined {
  return permille(leased + wanted, leased + free);
}

/** Columns of a chart; `undefined` breaks the line. */
export type Columns = Readonly<{
  x: readonly Instant[];
  values: readonly (readonly (number | undefined)[])[];
}>;

/**
 * Points as columns, in order of time. Where the hub told nothing for more than four times the
 * usual distance, the line is broken: it was not seen, so it is not drawn.
 */
export function chartColumns<Point extends Readonly<{ time: Instant }>>(
  points: readonly Point[],
  readers: readonly ((point: Point) => number)[],
): Columns {
  const dated = points
    .map((point) => ({ point, at: Date.parse(point.time) }))
    .filter(({ at }) => Number.isFinite(at))
    .toSorted((left, right) => left.at - right.at);
  const longest = 4 * usualDistance(dated.map(({ at }) => at));
  const x: Instant[] = [];
  const values: (number | undefined)[][] = readers.map(() => []);
  let before: number | undefined;
  for (const { point, at } of dated) {
    if (before !== undefined && longest > 0 && at - before > longest) {
      x.push(new Date((before + at) / 2).toISOString());
      for (const column of values) column.push(undefined);
    }
    x.push(point.time);
    readers.forEach((read, index) => values[index]?.push(read(point)));
    before = at;
  }
  return { x, values };
}

function usualDistance(times: readonly number[]): number {
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return distances.toSorted((left, right) => left - right)[distances.length >> 1] ?? 0;
}

function permille(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.round((part * 1000) / whole) : undefined;
}
