import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import { compareDecimals, isZero } from './decimal.ts';

/** Decimals of each asset. */
export const decimalsOf: Readonly<Record<Asset, number>> = { USDC: 6, IO: 8 };

export type AmountInput =
  | Readonly<{ amount: string; fault: undefined }>
  | Readonly<{ amount: undefined; fault: string }>;

/**
 * Reads what a person typed as an amount. Takes the decimal comma too, where it can mean nothing
 * else; refuses anything that could be read in two ways.
 */
export function readAmount(
  typed: string,
  asset: Asset,
  limits: Readonly<{ most?: string | undefined; least?: string | undefined }> = {},
): AmountInput {
  const text = typed.trim().replace(/^\+/, '');
  if (text === '') return { amount: undefined, fault: 'Enter an amount.' };
  const plain = /^[0-9]+,[0-9]+$/.test(text) ? text.replace(',', '.') : text;
  if (/^[0-9]+,[0-9]{3}$/.test(text)) {
    const fault = `${text} can be read in two ways: write ${text.replace(',', '')} or ${text.replace(',', '.')}.`;
    return { amount: undefined, fault };
  }
  const [, whole = '', decimals = ''] = /^([0-9]{1,12})(?:\.([0-9]+))?$/.exec(plain) ?? [];
  if (whole === '') {
    return { amount: undefined, fault: 'Write digits and at most one point, for example 12.50.' };
  }
  if (decimals.length > decimalsOf[asset]) {
    const fault = `${asset} has ${decimalsOf[asset]} decimals; this has ${decimals.length}.`;
    return { amount: undefined, fault };
  }
  return within(plain, asset, limits);
}

function within(
  amount: string,
  asset: Asset,
  { most, least }: Readonly<{ most?: string | undefined; least?: string | undefined }>,
): AmountInput {
  if (isZero(amount)) return { amount: undefined, fault: 'It has to be more than 0.' };
  if (most !== undefined && compareDecimals(amount, most) > 0) {
    return { amount: undefined, fault: `There are ${most} ${asset}.` };
  }
  if (least !== undefined && compareDecimals(amount, least) < 0) {
    return { amount: undefined, fault: `At least ${least} ${asset} are needed.` };
  }
  return { amount, fault: undefined };
}
