/** Amounts are base units of IO: 10^8 are one IO. */
const unitsPerIo = 10n ** 8n;

/** What is emitted in all, whatever the policy. */
export const emissionCap = 300_000_000n * unitsPerIo;
/** All IO there will ever be: what existed at genesis, and what is emitted. */
export const supplyCap = 800_000_000n * unitsPerIo;

/** 8 % a year of this constant, not of the running supply, falling with each period. */
const base = 500_000_000n * unitsPerIo;
const firstYear = (base * 8n) / 100n;

/** A period's emission is kept with twelve more digits, so that rounding down does not add up. */
const guard = 10n ** 12n;

const hoursPerYear = 8_760n;
/** Epochs with an emission; the last one pays what is left of the cap. */
export const emissionEpochs = 175_319;
/** d = 1.38869523959793e-5 in units of 10^-19, which no digit of it is lost in. */
const hourlyDecay = 138_869_523_959_793n;
const hourlyScale = 10n ** 19n;

const monthsPerYear = 12n;
const months = 240;
/** A month is a twelfth of a year of 8,760 hours. */
const epochsPerMonth = 730;
const monthlyFactor = 989_848_952_962_529n;
const monthlyScale = 10n ** 15n;

/** What each of `count` periods emits: `first` shrunk by `next`, the last one pays up to the cap. */
function periods(first: bigint, count: number, next: (state: bigint) => bigint): BigInt64Array {
  const amounts = new BigInt64Array(count);
  let state = first;
  let left = emissionCap;
  for (let index = 0; index < count - 1; index += 1) {
    const amount = state / guard;
    amounts[index] = amount;
    left -= amount;
    state = next(state);
  }
  amounts[count - 1] = left;
  return amounts;
}

/** Computed at the first use, 1.4 MB and some 50 ms, and kept: every later epoch is one look. */
function once<T>(compute: () => T): () => T {
  let kept: T | undefined;
  return () => {
    kept ??= compute();
    return kept;
  };
}

const hours = once(() =>
  periods((firstYear * guard) / hoursPerYear, emissionEpochs, (state) => {
    return (state * (hourlyScale - hourlyDecay)) / hourlyScale;
  }),
);

const monthly = once(() =>
  periods((firstYear * guard) / monthsPerYear, months, (state) => {
    return (state * monthlyFactor) / monthlyScale;
  }),
);

/** What `hourly-disinflation` emits in an epoch: a little less each hour. */
export function hourlyEmission(epoch: number): bigint {
  return hours()[epoch - 1] ?? 0n;
}

/** What `monthly` emits in an epoch: the same each hour of a month, to the unit, and less each month. */
export function monthlyEmission(epoch: number): bigint {
  const month = Math.floor((epoch - 1) / epochsPerMonth);
  const amount = monthly()[month] ?? 0n;
  const hour = BigInt(epoch - 1 - month * epochsPerMonth);
  const hoursOfMonth = BigInt(epochsPerMonth);
  return (amount * (hour + 1n)) / hoursOfMonth - (amount * hour) / hoursOfMonth;
}
