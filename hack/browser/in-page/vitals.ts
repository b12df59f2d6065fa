import type { Vitals } from '../vitals.ts';

const LONG_MS = 50;
const seen: { paints: number[]; largest: number; shift: number; tasks: [number, number][] } = {
  ...{ paints: [], largest: 0, shift: 0, tasks: [] },
};

type LayoutShift = PerformanceEntry & { readonly value: number; readonly hadRecentInput: boolean };

/** Begins to count; to be called before the page's own scripts. */
export function observe(): void {
  const on = (type: string, take: (entry: PerformanceEntry) => void): void => {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      ...{ type, buffered: true },
    });
  };
  on('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') seen.paints.push(startTime);
  });
  on('largest-contentful-paint', ({ startTime }) => (seen.largest = startTime));
  on('layout-shift', (entry) => {
    const { value, hadRecentInput } = entry as LayoutShift;
    if (!hadRecentInput) seen.shift += value;
  });
  on('longtask', ({ startTime, duration }) => seen.tasks.push([startTime, duration]));
}

/** What was counted so far. */
export function vitals(): Vitals {
  const [firstContentfulPaintMs = Number.NaN] = seen.paints;
  const after = seen.tasks.filter(([start, took]) => start + took > firstContentfulPaintMs);
  const blocking = after.map(([, took]) => Math.max(0, took - LONG_MS));
  return {
    firstContentfulPaintMs,
    largestContentfulPaintMs: seen.largest,
    cumulativeLayoutShift: seen.shift,
    totalBlockingMs: blocking.reduce((sum, each) => sum + each, 0),
    interactiveMs: Math.max(firstContentfulPaintMs, ...after.map(([start, took]) => start + took)),
  };
}
