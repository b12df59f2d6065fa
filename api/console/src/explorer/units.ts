const decimals = 8;

/** Base units of IO, a whole number as text, as an exact decimal number of IO. */
export function ioOfUnits(units: string): string {
  if (!/^[0-9]{1,30}$/.test(units)) return units;
  const digits = units.padStart(decimals + 1, '0');
  const part = digits.slice(-decimals).replace(/0+$/, '').padEnd(2, '0');
  return `${digits.slice(0, -decimals).replace(/^0+(?=[0-9])/, '')}.${part}`;
}
