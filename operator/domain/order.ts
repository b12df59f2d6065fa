/** Compares by code unit, so that an order is the same in every locale and on every machine. */
export function compareText(left: string, right: string): -1 | 0 | 1 {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

/** Compares micro-USD amounts or other bigints. */
export function compareBigint(left: bigint, right: bigint): -1 | 0 | 1 {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

/** The first position in an ascending `list` whose element is not below `item`. */
export function lowerBound<T>(
  list: readonly T[],
  item: T,
  compare: (left: T, right: T) => number,
): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts `item` into its place of an ascending list; an equal element is not added twice. */
export function insertSorted<T>(list: T[], item: T, compare: (left: T, right: T) => number): void {
  const at = lowerBound(list, item, compare);
  if (at < list.length && compare(list[at] as T, item) === 0) return;
  list.splice(at, 0, item);
}

/** Takes `item` out of an ascending list; does nothing when it is not there. */
export function removeSorted<T>(list: T[], item: T, compare: (left: T, right: T) => number): void {
  const at = lowerBound(list, item, compare);
  if (at < list.length && compare(list[at] as T, item) === 0) list.splice(at, 1);
}
