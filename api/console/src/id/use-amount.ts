import { useState } from 'react';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import { readAmount } from './amount-input.ts';

type AmountField = Readonly<{
  typed: string;
  change: (typed: string) => void;
  /** Said only once somebody tried to go on. */
  fault: string | undefined;
  /** The amount, or undefined when there is something wrong with it, which is then told. */
  submit: () => string | undefined;
  reset: () => void;
}>;

/** What is typed into a field for an amount. */
export function useAmount(
  asset: Asset,
  { most, initial = '' }: Readonly<{ most?: string; initial?: string }> = {},
): AmountField {
  const [typed, change] = useState(initial);
  const [wasTried, setTried] = useState(false);
  const { amount, fault } = readAmount(typed, asset, { most });
  return {
    typed,
    change,
    fault: wasTried ? fault : undefined,
    submit: () => {
      setTried(true);
      return amount;
    },
    reset: () => {
      change('');
      setTried(false);
    },
  };
}
