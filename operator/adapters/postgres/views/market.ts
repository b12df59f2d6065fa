import { sql } from 'kysely';
import { instant } from '../../../domain/instant.ts';
import type {
  CountryCapacityView,
  HistoryPoint,
  ModelMarketView,
  NetworkView,
  PricePoint,
} from '../../../domain/views/public.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Database } from '../database.ts';

/** Points of one answer. */
const mostPoints = 500;
const secondsPerHour = 3_600;
/** What is kept: see migration 0010. */
const mostHours = 800 * 24;

type Sums = Readonly<{
  network: NetworkView;
  models: readonly ModelMarketView[];
  countries: readonly CountryCapacityView[];
}>;

/** One of the documents that the hub writes every few seconds; undefined before the first. */
export async function sumOf<Name extends keyof Sums>(
  database: Database,
  name: Name,
): Promise<Sums[Name] | undefined> {
  const { rows } = await sql<{ body: Sums[Name] }>`
    select body from io.view_sums where name = ${name}`.execute(database);
  return rows[0]?.body;
}

type Span = Readonly<{ from: number; step: number }>;

/** From when on, and how far apart, so that there are at most `mostPoints`. */
function spanOf(hours: number, clock: Pick<Clock, 'now'>): Span {
  const seconds = Math.min(mostHours, Math.max(1, Math.trunc(hours))) * secondsPerHour;
  const step = Math.ceil(seconds / mostPoints);
  const now = Math.floor(clock.now() / 1000);
  // On a multiple of the step, or the oldest step would be one point too many.
  return { from: Math.floor(now / step) * step - seconds + step, step };
}

type HistoryRow = Readonly<{
  time_s: number;
  devices: number;
  leased: number;
  waiting: number;
  utilisation_permille: number;
}>;

/** Oldest first; of each step the last point. */
export async function history(
  database: Database,
  hours: number,
  clock: Pick<Clock, 'now'>,
): Promise<readonly HistoryPoint[]> {
  const { from, step } = spanOf(hours, clock);
  const { rows } = await sql<HistoryRow>`
    select distinct on (time_s / ${sql.lit(step)}) * from io.view_history
    where time_s >= ${from}
    order by time_s / ${sql.lit(step)}, time_s desc limit ${mostPoints}`.execute(database);
  return rows.map((row) => ({
    time: instant(row.time_s),
    devices: row.devices,
    leased: row.leased,
    waiting: row.waiting,
    utilisationPermille: row.utilisation_permille,
  }));
}

type PriceRow = Readonly<{ time_s: number; low: bigint; median: bigint; high: bigint }>;

/** Oldest first; of each step the last point. */
export async function prices(
  database: Database,
  model: string,
  hours: number,
  clock: Pick<Clock, 'now'>,
): Promise<readonly PricePoint[]> {
  const { from, step } = spanOf(hours, clock);
  const { rows } = await sql<PriceRow>`
    select distinct on (time_s / ${sql.lit(step)}) time_s, low, median, high from io.view_prices
    where model = ${model} and time_s >= ${from}
    order by time_s / ${sql.lit(step)}, time_s desc limit ${mostPoints}`.execute(database);
  return rows.map(({ time_s: time, low, median, high }) => ({
    time: instant(time),
    low: Number(low),
    median: Number(median),
    high: Number(high),
  }));
}
