/**
 * Exact decimal numbers as the API writes them: text such as "-12.50". Money never becomes a float on
 * its way to the eye, so sums are made here with whole numbers.
 */
type Parsed = Readonly<{ units: bigint; scale: number }>;

const pattern = /^(-?)([0-9]{1,40})(?:\.([0-9]{1,18}))?$/;

export const isDecimal = (text: string): boolean => pattern.test(text);

export const isZero = (text: string): boolean => parsed(text).units === 0n;

/** Below, equal or above 0 as `a` is below, equal or above `b`. */
export function compareDecimals(a: string, b: string): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function addDecimals(a: string, b: string): string {
  const [left, right, scale] = aligned(a, b);
  return written({ units: left + right, scale });
}

export const subtractDecimals = (a: string, b: string): string => addDecimals(a, negated(b));

export const sumDecimals = (all: readonly string[]): string => all.reduce(addDecimals, '0.00');

/** What `basisPoints` of an amount are, rounded down to the decimals of the asset. */
export function basisPointsOf(amount: string, basisPoints: number, decimals: number): string {
  const { units, scale } = parsed(amount);
  const wide = units * BigInt(basisPoints) * 10n ** BigInt(decimals);
  return written({ units: wide / (10_000n * 10n ** BigInt(scale)), scale: decimals });
}

/** For charts alone, where a pixel is coarser than a float. */
export const approximate = (text: string): number => (isDecimal(text) ? Number(text) : 0);

/** Not negative zero. */
function negated(text: string): string {
  if (isZero(text)) return text;
  return text.startsWith('-') ? text.slice(1) : `-${text}`;
}

function parsed(text: string): Parsed {
  const [, sign = '', whole = '0', decimals = ''] = pattern.exec(text) ?? [];
  const units = BigInt(`${whole}${decimals}`);
  return { units: sign === '-' ? -units : units, scale: decimals.length };
}

function aligned(a: string, b: string): readonly [bigint, bigint, number] {
  const [left, right] = [parsed(a), parsed(b)];
  const scale = Math.max(left.scale, right.scale);
  const widened = ({ units, scale: own }: Parsed): bigint => units * 10n ** BigInt(scale - own);
  return [widened(left), widened(right), scale];
}

/** At least two decimals, as the API writes amounts. */
function written({ units, scale }: Parsed): string {
  const size = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = size.slice(0, size.length - scale);
  const decimals = size
    .slice(size.length - scale)
    .replace(/0+$/, '')
    .padEnd(2, '0');
  return `${units < 0n ? '-' : ''}${whole}.${decimals}`;
}
