import type { PriceSource } from '../../ports/price-source.ts';

/** The same price at any time, as a person set it. */
export function fixedPrice(microUsd: bigint): PriceSource {
  return { ioPrice: async () => ({ microUsd, source: 'fixed' }) };
}

/** No price: nothing can be paid in IO, and nothing earned in IO has a value. */
export const noPrice: PriceSource = { ioPrice: async () => undefined };
