import { formatTime } from './format.ts';

type Told = Readonly<{
  title: string;
  x: readonly string[];
  series: readonly Readonly<{ label: string; values: readonly (number | undefined)[] }>[];
  format: (value: number) => string;
}>;

/** What a chart shows, in sentences: from when to when, lowest, highest and last of each series. */
export function summaryOf({ title, x, series, format }: Told): string {
  const [first] = x;
  const last = x.at(-1);
  if (first === undefined || last === undefined) return `${title}: nothing is known yet.`;
  const told = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== undefined);
    const latest = known.at(-1);
    if (latest === undefined) return `${label}: nothing is known.`;
    const low = known.reduce((least, value) => Math.min(least, value), latest);
    const high = known.reduce((most, value) => Math.max(most, value), latest);
    return `${label}: from ${format(low)} to ${format(high)}, last ${format(latest)}.`;
  });
  return `${title}, ${formatTime(first)} to ${formatTime(last)}. ${told.join(' ')}`;
}
