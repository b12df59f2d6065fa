/** What one IO is worth. */
export type PriceQuote = Readonly<{ microUsd: bigint; source: string }>;

/** Where the price of IO comes from. */
export type PriceSource = Readonly<{
  /** The price at an instant; undefined when the source has none for it. */
  ioPrice: (atSeconds: number) => Promise<PriceQuote | undefined>;
}>;
