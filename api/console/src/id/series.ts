import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import type { SeriesRow } from './data.ts';
import { approximate } from './decimal.ts';

export type MoneyChart = Readonly<{
  asset: Asset;
  times: readonly string[];
  series: readonly Readonly<{ label: string; values: readonly number[]; color: string }>[];
}>;

const lines = [
  ['earned', 'Earned', '--c2'],
  ['rewards', 'Rewards', '--c1'],
  ['spent', 'Spent', '--c3'],
  ['fees', 'Fees', '--c6'],
] as const;

/**
 * What of an account's months can be drawn in one asset; undefined when there is nothing. Months
 * without a row are zero, lines that are always zero are left out.
 */
export function chartOf(rows: readonly SeriesRow[], asset: Asset): MoneyChart | undefined {
  const own = rows.filter((row) => row.asset === asset);
  if (own.length === 0) return undefined;
  const months = [...new Set(rows.map(({ month }) => month))].toSorted();
  const byMonth = new Map(own.map((row) => [row.month, row]));
  const series = lines
    .map(([key, label, color]) => ({
      label,
      color,
      values: months.map((month) => approximate(byMonth.get(month)?.[key] ?? '0')),
    }))
    .filter(({ values }) => values.some((value) => value !== 0));
  if (series.length === 0) return undefined;
  return { asset, times: months.map((month) => `${month}-01T00:00:00Z`), series };
}
