import {
  emissionCap,
  emissionEpochs,
  hourlyEmission,
  monthlyEmission,
  supplyCap,
} from '../emission/schedule.ts';
import { epochEnd } from '../epoch.ts';
import { instant } from '../instant.ts';
import { formatAmount } from '../pricing/assets.ts';
import type { EmissionView } from './public.ts';

/** What was emitted and burnt so far, and by which policy emission goes on; amounts are base units of IO. */
export type EmissionFacts = Readonly<{
  genesisSeconds: number;
  /** Epochs that were rewarded. */
  epochs: number;
  emitted: bigint;
  burned: bigint;
  policy: 'hourly-disinflation' | 'monthly' | 'usd-target';
}>;

/** Points of the curve: some for each year. */
const points = 160;

type Curve = EmissionView['curve'];

/**
 * The curve of the supply: what existed at genesis, and what the policy emits at most from there on.
 * `usd-target` is drawn as what it can at most come to. It is the same for ever: keep it.
 */
export function supplyCurve(policy: EmissionFacts['policy'], genesisSeconds: number): Curve {
  const emissionOf = policy === 'monthly' ? monthlyEmission : hourlyEmission;
  const step = Math.ceil(emissionEpochs / points);
  const curve: Curve[number][] = [];
  let supply = supplyCap - emissionCap;
  const point = (epoch: number): void => {
    curve.push({
      epoch,
      time: instant(epochEnd(epoch, genesisSeconds)),
      cumulativeIo: formatAmount(supply, 'IO'),
    });
  };
  point(0);
  for (let epoch = 1; epoch <= emissionEpochs; epoch += 1) {
    supply += emissionOf(epoch);
    if (epoch % step === 0 || epoch === emissionEpochs) point(epoch);
  }
  return curve;
}

/** What was emitted and burnt, beside the curve that it follows. */
export function emissionView(
  { epochs, emitted, burned }: EmissionFacts,
  curve: Curve,
): EmissionView {
  return {
    capIo: formatAmount(supplyCap, 'IO'),
    epochs,
    emittedIo: formatAmount(emitted, 'IO'),
    burnedIo: formatAmount(burned, 'IO'),
    curve,
  };
}
