import type { Decimal } from '../../../../operator/domain/views/types.ts';

/** Digits that sums keep; amounts of the API have at most twelve. */
const scale = 12;
const unit = 10n ** BigInt(scale);

/** An exact decimal text as whole 10^-12 parts; zero for what is no number. */
export function partsOf(text: Decimal): bigint {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return 0n;
  const [, sign, whole = '0', fraction = ''] = match;
  const parts = BigInt(whole) * unit + BigInt(fraction.padEnd(scale, '0').slice(0, scale));
  return sign === '-' ? -parts : parts;
}

/** The text of whole 10^-12 parts, with at most `decimals` digits, the rest cut off. */
export function decimalOf(parts: bigint, decimals = scale): Decimal {
  const magnitude = parts < 0n ? -parts : parts;
  const fraction = (magnitude % unit).toString().padStart(scale, '0').slice(0, decimals);
  const trimmed = fraction.replace(/0+$/, '');
  const whole = `${parts < 0n ? '-' : ''}${magnitude / unit}`;
  return trimmed === '' ? whole : `${whole}.${trimmed}`;
}

/** The exact sum of decimal texts. */
export function sumOf(...texts: readonly Decimal[]): Decimal {
  return decimalOf(texts.reduce((sum, text) => sum + partsOf(text), 0n));
}
