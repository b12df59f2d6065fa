/** The value below which the share `q` of the values lies (nearest rank), 0 < q <= 1. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('a quantile needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}
