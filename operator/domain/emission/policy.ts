import { fromMicroUsd, type IoPrice } from '../pricing/assets.ts';
import { emissionCap, hourlyEmission, monthlyEmission } from './schedule.ts';

/** How much IO an epoch emits. */
export type EmissionPolicy =
  | Readonly<{ kind: 'hourly-disinflation' }>
  | Readonly<{ kind: 'monthly' }>
  /** IO for so many micro-USD, at most what `hourly-disinflation` emits in the same epoch. */
  | Readonly<{ kind: 'usd-target'; microUsdPerEpoch: bigint }>;

/**
 * What an epoch emits, in base units of IO. However policies follow one another, all epochs
 * together never emit more than the cap.
 * @param emittedBefore by all earlier epochs
 * @returns undefined when the policy needs a price and there is none
 */
export function emissionOf(
  policy: EmissionPolicy,
  epoch: number,
  ioPrice: IoPrice,
  emittedBefore: bigint,
): bigint | undefined {
  const wanted = wantedBy(policy, epoch, ioPrice);
  if (wanted === undefined) return undefined;
  const left = emissionCap - emittedBefore;
  if (left <= 0n) return 0n;
  return wanted < left ? wanted : left;
}

function wantedBy(policy: EmissionPolicy, epoch: number, ioPrice: IoPrice): bigint | undefined {
  switch (policy.kind) {
    case 'hourly-disinflation':
      return hourlyEmission(epoch);
    case 'monthly':
      return monthlyEmission(epoch);
    case 'usd-target': {
      const target = fromMicroUsd(policy.microUsdPerEpoch, 'IO', ioPrice);
      const most = hourlyEmission(epoch);
      return target === undefined || target < most ? target : most;
    }
  }
}
