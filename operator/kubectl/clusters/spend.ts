import type { IOCluster } from '../../../crds/schema/index.ts';
import { formatAmount, parseAmount } from '../../domain/pricing/assets.ts';
import { listText, type OutputFormat, type View } from '../output/print.ts';
import { ageText } from '../output/text.ts';
import type { Session } from '../session.ts';
import { clustersOf, whereText, type WhereOptions } from './list.ts';
import { type Asset, amountText } from './money.ts';

export type SpendOptions = WhereOptions & Readonly<{ byDay?: boolean; output: OutputFormat }>;

/** What one cluster has cost, or all in one asset. */
type Row = Readonly<{
  namespace: string;
  name: string;
  asset: Asset;
  settled: string;
  unsettled: string;
  held: string;
  perHour: string | undefined;
  time: string | undefined;
}>;

/** Prints what each IOCluster has cost, and the sum; with `byDay` what the running leases add a day. */
export async function spend(session: Session, options: SpendOptions): Promise<void> {
  const clusters = await clustersOf(session, options);
  const nowMs = session.clock.now();
  if (options.byDay === true) {
    session.print(listText(daysOf(clusters, nowMs), options.output, dayView));
    session.tell(
      'These are estimates of the leases that run now, as if all devices worked. The statement of ' +
        'the account counts: io-operator statement --account NAMESPACE/NAME --month YYYY-MM',
    );
    return;
  }
  const rows = clusters.flatMap(rowOf);
  if (rows.length === 0) {
    session.tell(
      `No IOCluster ${whereText(session, options)} has cost anything that the hub tells of`,
    );
    return;
  }
  const isTable = options.output === 'table' || options.output === 'wide';
  const shown = isTable ? [...rows, ...sumsOf(rows)] : rows;
  session.print(listText(shown, options.output, viewAt(nowMs, options.allNamespaces === true)));
}

function rowOf({ metadata, status }: IOCluster): Row[] {
  const { spend: found, lease, quote } = status ?? {};
  if (found === undefined) return [];
  const { asset, settled, unsettled, held, time } = found;
  return [
    {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      ...{ asset, settled, unsettled, held, time },
      perHour: lease === undefined ? undefined : quote?.payment?.perHour,
    },
  ];
}

/** One row for each asset. */
export function sumsOf(rows: readonly Row[]): Row[] {
  if (rows.length < 2) return [];
  const assets = [...new Set(rows.map(({ asset }) => asset))];
  return assets.map((asset) => {
    const sum = (field: 'settled' | 'unsettled' | 'held' | 'perHour'): string => {
      let total = 0n;
      for (const row of rows) {
        if (row.asset === asset) total += parseAmount(row[field] ?? '0', asset) ?? 0n;
      }
      return formatAmount(total, asset);
    };
    return {
      ...{ namespace: '', name: 'TOTAL', asset, time: undefined },
      ...{ settled: sum('settled'), unsettled: sum('unsettled') },
      ...{ held: sum('held'), perHour: sum('perHour') },
    };
  });
}

const viewAt = (nowMs: number, allNamespaces: boolean): View<Row> => ({
  columns: [
    ...(allNamespaces
      ? [{ name: 'NAMESPACE', of: ({ namespace }: Row) => (namespace === '' ? ' ' : namespace) }]
      : []),
    { name: 'NAME', of: ({ name }) => name },
    { name: 'ASSET', of: ({ asset }) => asset },
    { name: 'SETTLED', of: ({ settled }) => settled },
    { name: 'UNSETTLED', of: ({ unsettled }) => unsettled },
    { name: 'HELD', of: ({ held }) => held },
    { name: 'PER HOUR', of: ({ perHour }) => perHour },
    { name: 'AS OF', of: ({ time }) => (time === undefined ? ' ' : ageText(time, nowMs)) },
  ],
  nameOf: ({ name }) => `iocluster.compute.io.net/${name}`,
});

/** What running leases cost on one day of UTC, if all their devices worked. */
export type Day = Readonly<{ day: string; asset: Asset; amount: string; clusters: number }>;

const dayMs = 86_400_000;
const hourMs = 3_600_000n;
/** Days back that are told. */
const maximumDays = 31;

export function daysOf(clusters: readonly IOCluster[], nowMs: number): readonly Day[] {
  const first = Math.floor(nowMs / dayMs) - (maximumDays - 1);
  const found = new Map<string, { day: string; asset: Asset; amount: bigint; clusters: number }>();
  for (const { status } of clusters) {
    const { lease, quote } = status ?? {};
    const payment = quote?.payment;
    if (lease === undefined || payment === undefined) continue;
    const { asset } = payment;
    const perHour = parseAmount(payment.perHour, asset) ?? 0n;
    const startMs = Date.parse(lease.startTime);
    for (let day = Math.max(first, Math.floor(startMs / dayMs)); day * dayMs < nowMs; day += 1) {
      const ms = Math.min(nowMs, (day + 1) * dayMs) - Math.max(startMs, day * dayMs);
      const text = new Date(day * dayMs).toISOString().slice(0, 10);
      const row = found.get(`${text} ${asset}`) ?? { day: text, asset, amount: 0n, clusters: 0 };
      row.amount += (perHour * BigInt(Math.max(0, ms))) / hourMs;
      row.clusters += 1;
      found.set(`${text} ${asset}`, row);
    }
  }
  return [...found.values()]
    .toSorted((a, b) => (a.day < b.day ? -1 : 1))
    .map((row) => ({ ...row, amount: formatAmount(row.amount, row.asset) }));
}

const dayView: View<Day> = {
  columns: [
    { name: 'DAY (UTC)', of: ({ day }) => day },
    { name: 'CLUSTERS', of: ({ clusters }) => clusters },
    {
      name: 'ABOUT',
      of: ({ amount, asset }) => amountText(parseAmount(amount, asset) ?? 0n, asset),
    },
  ],
  nameOf: ({ day }) => `day/${day}`,
};
