/** What a person notices of a page that loads, as Lighthouse counts it. */
export type Vitals = Readonly<{
  firstContentfulPaintMs: number;
  largestContentfulPaintMs: number;
  cumulativeLayoutShift: number;
  /** What tasks longer than 50 ms took beyond that, after the first paint. */
  totalBlockingMs: number;
  /** The end of the last long task before the page was quiet; at least the first paint. */
  interactiveMs: number;
}>;
