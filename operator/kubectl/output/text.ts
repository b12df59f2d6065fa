/** Most of one cell; what is longer is in the other formats. */
const maximumCell = 200;

/**
 * What others wrote, safe for a terminal: control characters could move the cursor or hide text.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}

/** One cell of a table. */
export function cell(text: string | number | undefined): string {
  if (text === undefined || text === '') return '<none>';
  const line = printable(String(text));
  return line.length > maximumCell ? `${line.slice(0, maximumCell - 1)}…` : line;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** A span as people read it: its two largest units, such as `3h12m`. */
export function spanText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}

/** Time since an RFC 3339 time; undefined without one. */
export function ageText(time: string | undefined, nowMs: number): string | undefined {
  if (time === undefined) return undefined;
  return spanText((nowMs - Date.parse(time)) / 1000);
}
