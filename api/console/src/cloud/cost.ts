import type { ClusterView, Decimal } from '../../../../operator/domain/views/types.ts';
import { decimalOf, partsOf } from './decimal-sum.ts';

/** What a cluster has cost. */
export type Cost = Readonly<{
  asset: 'USDC' | 'IO';
  /** Settled, what was used and is not settled yet, and an estimate since the last figures. */
  total: Decimal;
  /** Of it what is only estimated. */
  estimated: Decimal;
  /** Whether it grows as time passes. */
  ticking: boolean;
}>;

type Costly = Pick<ClusterView, 'spend' | 'payment' | 'phase'>;

const shownDecimals = 6;
const msPerHour = 3_600_000n;
/** The hub tells new figures at least each hour; further than that nothing is guessed. */
const maxGuessMs = 2n * msPerHour;

/**
 * What it has cost until now: the hub's figures, and the price for the time since then while it runs.
 * Never more is guessed than is held, since more is never charged.
 */
export function costNow({ spend, payment, phase }: Costly, nowMs: number): Cost | undefined {
  if (spend === undefined) return undefined;
  const known = partsOf(spend.settled) + partsOf(spend.unsettled);
  const ticking = phase === 'Running' && payment?.asset === spend.asset;
  const guess = ticking ? guessOf(spend, payment.perHour, nowMs) : 0n;
  return {
    asset: spend.asset,
    total: decimalOf(known + guess, shownDecimals),
    estimated: decimalOf(guess, shownDecimals),
    ticking,
  };
}

function guessOf(spend: NonNullable<Costly['spend']>, perHour: Decimal, nowMs: number): bigint {
  const sinceMs = nowMs - Date.parse(spend.time);
  if (!Number.isFinite(sinceMs) || sinceMs <= 0) return 0n;
  const elapsed = BigInt(Math.floor(sinceMs));
  const counted = elapsed < maxGuessMs ? elapsed : maxGuessMs;
  const guess = (partsOf(perHour) * counted) / msPerHour;
  const left = partsOf(spend.held) - partsOf(spend.unsettled);
  return guess < left ? guess : left > 0n ? left : 0n;
}

/** A price per hour for so many hours. */
export const priceFor = (perHour: Decimal, hours: bigint): Decimal =>
  decimalOf(partsOf(perHour) * hours, shownDecimals);
