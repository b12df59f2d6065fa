/** How many shades a map has besides that of no capacity. */
const shades = 5;

/**
 * Where each shade begins, ascending from 1: even steps on a logarithmic scale up to the largest
 * value, rounded down to 1, 2 or 5 times a power of ten. No value, no shade.
 */
export function shadeBounds(largest: number): readonly number[] {
  if (!Number.isFinite(largest) || largest < 1) return [];
  const bounds = Array.from({ length: shades }, (_, step) =>
    roundedDown(largest ** (step / shades)),
  );
  return [...new Set(bounds)];
}

/** The shade of a value: 0 for nothing, then 1 for the lightest. */
export function shadeOf(value: number, bounds: readonly number[]): number {
  return bounds.filter((bound) => value >= bound).length;
}

/** What a legend says of the shade that begins at `bounds[index]`. */
export function shadeLabel(
  bounds: readonly number[],
  index: number,
  format: (value: number) => string,
): string {
  const from = bounds[index] ?? 0;
  const next = bounds[index + 1];
  if (next === undefined) return `${format(from)} or more`;
  return next - 1 === from ? format(from) : `${format(from)} to ${format(next - 1)}`;
}

function roundedDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const digit = value / power + 1e-9;
  if (digit >= 5) return 5 * power;
  return digit >= 2 ? 2 * power : power;
}
