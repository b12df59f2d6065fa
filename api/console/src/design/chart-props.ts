import type { Instant } from '../../../../operator/domain/views/types.ts';

export type ChartSeries = Readonly<{
  label: string;
  /** One for each point of x; undefined where nothing is known. */
  values: readonly (number | undefined)[];
  /** A colour of tokens.css; --c1 to --c6 in turn when left out. */
  color?: string | undefined;
  fill?: boolean | undefined;
  kind?: 'line' | 'bars' | undefined;
}>;

export type ChartProps = Readonly<{
  title: string;
  x: readonly Instant[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
  height?: number | undefined;
  min?: number | undefined;
  max?: number | undefined;
}>;

/** The colour of a series. */
export const colorOf = (series: ChartSeries, at: number): string =>
  series.color ?? `--c${(at % 6) + 1}`;
