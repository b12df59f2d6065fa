import type { EvidenceSample, EvidenceSummary } from './types.ts';

type Sum = Readonly<{ count: number; sum: number; max: number }>;

/** Samples of one device added up. Whole numbers, so that their order makes no difference. */
export type Tally = Readonly<{
  samples: number;
  util: Sum;
  power: Sum;
  fbUsed: Sum;
  xidCount: number;
  lastXid: Readonly<{ atMs: number; xid: number }>;
}>;

const empty: Sum = { count: 0, sum: 0, max: 0 };

/** Nothing was seen yet. */
export const noSamples: Tally = {
  samples: 0,
  util: empty,
  power: empty,
  fbUsed: empty,
  xidCount: 0,
  lastXid: { atMs: 0, xid: 0 },
};

/** Adds what was seen at an instant. */
export function addSample(tally: Tally, sample: EvidenceSample, atMs: number): Tally {
  const { xid = 0 } = sample;
  return {
    samples: tally.samples + 1,
    util: plus(tally.util, sample.utilPercent),
    power: plus(tally.power, sample.powerMilliwatt),
    fbUsed: plus(tally.fbUsed, sample.fbUsedMiB),
    xidCount: tally.xidCount + (xid > 0 ? 1 : 0),
    lastXid: xid > 0 ? later(tally.lastXid, { atMs, xid }) : tally.lastXid,
  };
}

/** What the samples say together; averages are rounded to whole numbers. */
export function summaryOf({
  samples,
  util,
  power,
  fbUsed,
  xidCount,
  lastXid,
}: Tally): EvidenceSummary {
  return {
    samples,
    ...(util.count > 0 ? { utilAvgPercent: average(util), utilMaxPercent: util.max } : {}),
    ...(fbUsed.count > 0 ? { fbUsedMaxMiB: fbUsed.max } : {}),
    ...(power.count > 0 ? { powerAvgWatt: average(power, 1000) } : {}),
    ...(xidCount > 0 ? { lastXid: lastXid.xid } : {}),
    xidCount,
  };
}

const sampleFields = [
  'utilPercent',
  'fbUsedMiB',
  'powerMilliwatt',
  'xid',
  'eccDoubleBitErrors',
  'rowRemapFailures',
  'temperatureCelsius',
] as const satisfies readonly (keyof EvidenceSample)[];

/** Two samples of one device and instant: the larger of each number. */
export function merge(a: EvidenceSample, b: EvidenceSample): EvidenceSample {
  const both: { -readonly [Name in keyof EvidenceSample]: EvidenceSample[Name] } = { ...a };
  for (const name of sampleFields) {
    const value = b[name];
    if (value !== undefined) both[name] = Math.max(value, a[name] ?? 0);
  }
  return both;
}

function plus(sum: Sum, value: number | undefined): Sum {
  if (value === undefined) return sum;
  return { count: sum.count + 1, sum: sum.sum + value, max: Math.max(sum.max, value) };
}

const average = ({ sum, count }: Sum, unit = 1): number => Math.round(sum / count / unit);

/** Of two at the same instant the higher number. */
function later(a: Tally['lastXid'], b: Tally['lastXid']): Tally['lastXid'] {
  if (a.atMs === b.atMs) return a.xid > b.xid ? a : b;
  return a.atMs > b.atMs ? a : b;
}
