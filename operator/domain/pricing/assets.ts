import type { Asset } from '../ledger/types.ts';
import { dividedUp } from './fees.ts';

/** Decimals of each asset: one USDC is 10^6 base units, one IO is 10^8. */
const decimalsOf: Readonly<Record<Asset, number>> = { USDC: 6, IO: 8 };

/** What one IO is worth in micro-USD; undefined while nobody says. */
export type IoPrice = bigint | undefined;

/**
 * Base units of `asset` that are worth `microUsd`, rounded down, in favour of who pays. One base
 * unit of USDC is one micro-USD.
 * @returns undefined when the asset is IO and has no price
 */
export function fromMicroUsd(microUsd: bigint, asset: Asset, ioPrice: IoPrice): bigint | undefined {
  if (asset === 'USDC') return microUsd;
  if (ioPrice === undefined || ioPrice <= 0n) return undefined;
  return (microUsd * unitOf('IO')) / ioPrice;
}

/** An amount as people and programs read it, exact: `12.50`, at least two decimals. */
export function formatAmount(amount: bigint, asset: Asset): string {
  const unit = unitOf(asset);
  const size = amount < 0n ? -amount : amount;
  const decimals = (size % unit)
    .toString()
    .padStart(decimalsOf[asset], '0')
    .replace(/0+$/, '')
    .padEnd(2, '0');
  return `${amount < 0n ? '-' : ''}${size / unit}.${decimals}`;
}

/**
 * Base units of an amount as a person writes it, such as `12.5`.
 * @returns undefined when it is no decimal number, or finer than the asset
 */
export function parseAmount(text: string, asset: Asset): bigint | undefined {
  const [, whole = '', decimals = ''] = /^([0-9]+)(?:\.([0-9]+))?$/.exec(text) ?? [];
  const finest = decimalsOf[asset];
  if (whole === '' || decimals.length > finest) return undefined;
  return BigInt(`${whole}${decimals.padEnd(finest, '0')}`);
}

/** What `amount` is worth in micro-USD, rounded up; undefined when IO has no price. */
export function toMicroUsd(amount: bigint, asset: Asset, ioPrice: IoPrice): bigint | undefined {
  if (asset === 'USDC') return amount;
  return ioPrice === undefined ? undefined : dividedUp(amount * ioPrice, unitOf('IO'));
}

function unitOf(asset: Asset): bigint {
  return 10n ** BigInt(decimalsOf[asset]);
}
