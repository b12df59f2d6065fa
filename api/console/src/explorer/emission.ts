import type { EmissionView } from '../../../../operator/domain/views/public.ts';
import type { Instant } from '../../../../operator/domain/views/types.ts';
import { addDecimals, subtractDecimals } from '../id/decimal.ts';

/** IO that existed at genesis; all that is ever emitted comes on top of it. */
const genesisIo = '500000000.00';
/** Below what existed at genesis, so that today is a bar to be seen from the first day on. */
const axisBottomIo = 400_000_000;

/** The emission as a chart and a head line need it. Amounts of charts are rounded, not of texts. */
export type EmissionPicture = Readonly<{
  x: readonly Instant[];
  /** What exists by plan, in IO. */
  planned: readonly number[];
  /** What exists today, at today's place; undefined elsewhere. */
  today: readonly (number | undefined)[];
  /** Emitted of what may be emitted in all, from 0 to 1. */
  progress: number;
  /** Where the axis may begin: nothing drawn is lower. */
  bottom: number;
  /** All IO there will ever be. */
  cap: number;
}>;

/** IO that exist, exactly: those of genesis and what was emitted, less what was burnt. */
export function circulatingIo({ emittedIo, burnedIo }: EmissionView): string {
  return subtractDecimals(addDecimals(genesisIo, emittedIo), burnedIo);
}

/**
 * The curve with today put in: what exists today is below the plan when epochs had nobody to share
 * with.
 * @param nowMs milliseconds since 1970
 */
export function emissionPicture(emission: EmissionView, nowMs: number): EmissionPicture {
  const points = emission.curve
    .map(({ time, cumulativeIo }) => ({
      time,
      at: Date.parse(time),
      planned: Number(cumulativeIo),
    }))
    .filter(({ at, planned }) => Number.isFinite(at) && Number.isFinite(planned))
    .toSorted((left, right) => left.at - right.at);
  const rows = points.some(({ at }) => at > nowMs) ? withToday(points, nowMs) : points;
  const existing = Number(circulatingIo(emission));
  const today = rows.map(({ at }) => (at === nowMs ? existing : undefined));
  const emittable = Number(subtractDecimals(emission.capIo, genesisIo));
  return {
    x: rows.map(({ time }) => time),
    planned: rows.map(({ planned }) => planned),
    today,
    bottom: existing < axisBottomIo ? 0 : axisBottomIo,
    cap: Number(emission.capIo),
    progress: emittable > 0 ? Math.min(1, Number(emission.emittedIo) / emittable) : 0,
  };
}

type Point = Readonly<{ time: Instant; at: number; planned: number }>;

function withToday(points: readonly Point[], nowMs: number): readonly Point[] {
  const next = points.findIndex(({ at }) => at >= nowMs);
  const after = points[next];
  const before = points[next - 1];
  if (after === undefined || before === undefined || after.at === nowMs) return points;
  const part = (nowMs - before.at) / (after.at - before.at);
  const planned = before.planned + part * (after.planned - before.planned);
  const today = { time: new Date(nowMs).toISOString(), at: nowMs, planned };
  return points.toSpliced(next, 0, today);
}
