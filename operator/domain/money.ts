const microUsdPerUsd = 1_000_000n;

/** `2_500_000n` as `2.50`: at least two decimals, at most six, nothing rounded away. */
export function formatUsd(microUsd: bigint): string {
  const sign = microUsd < 0n ? '-' : '';
  const amount = microUsd < 0n ? -microUsd : microUsd;
  const decimals = (amount % microUsdPerUsd)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${sign}${amount / microUsdPerUsd}.${decimals}`;
}
