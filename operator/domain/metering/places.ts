/** When a device is free, half-open; `to` is Infinity where nothing is known to end that. */
export type FreeTime = Readonly<{ device: string; from: number; to: number }>;

/** So many devices, and when all of them are free. */
export type Place = Readonly<{ devices: readonly string[]; from: number; to: number }>;

/** The first time in which as many devices are free at once; undefined when there is none. */
export function firstPlace(times: readonly FreeTime[], devices: number): Place | undefined {
  let left = times.filter(({ from, to }) => from < to).toSorted((a, b) => a.from - b.from);
  while (left.length >= devices) {
    const some = left.slice(0, devices);
    const from = Math.max(...some.map((time) => time.from));
    const to = Math.min(...some.map((time) => time.to));
    if (from < to) return { devices: some.map(({ device }) => device), from, to };
    // One is over before the last of them begins.
    left = left.filter((time) => time.to > from);
  }
  return undefined;
}
