/** Milli-units per unit and suffix, as Kubernetes reads them. */
const milliPerSuffix: Readonly<Record<string, bigint>> = {
  m: 1n,
  '': 1_000n,
  k: 1_000_000n,
  M: 1_000_000_000n,
  G: 1_000_000_000_000n,
  T: 1_000_000_000_000_000n,
  Ki: 1_024_000n,
  Mi: 1_048_576_000n,
  Gi: 1_073_741_824_000n,
  Ti: 1_099_511_627_776_000n,
};

/** The quantities that manifests may use: plain decimals with one suffix, no exponents, no signs. */
export const quantityPattern = /^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/**
 * Reads a Kubernetes quantity such as `500m`, `2` or `16Gi`.
 * @returns thousandths of the unit, rounded down; undefined when it is no such quantity
 */
export function quantityMilli(text: string): bigint | undefined {
  if (!quantityPattern.test(text)) return undefined;
  const suffix = text.replace(/^[0-9.]+/, '');
  const [whole = '0', fraction = ''] = text.slice(0, text.length - suffix.length).split('.');
  const thousandths = BigInt(whole) * 1_000n + BigInt(fraction.padEnd(3, '0'));
  return (thousandths * (milliPerSuffix[suffix] ?? 0n)) / 1_000n;
}
