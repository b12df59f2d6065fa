const secondsPerHour = 3_600n;
const thousandths = 1_000_000n;

/** Seconds as hours with six decimals, cut; the exact seconds stand beside it. */
export function hours(seconds: bigint): string {
  const size = seconds < 0n ? -seconds : seconds;
  const millionths = (size * thousandths) / secondsPerHour;
  const decimals = (millionths % thousandths).toString().padStart(6, '0');
  return `${seconds < 0n ? '-' : ''}${millionths / thousandths}.${decimals}`;
}

/** Lines of comma-separated values as in RFC 4180. */
export function csv(rows: Iterable<readonly string[]>): string {
  const lines = [...rows].map((row) => row.map(quoted).join(','));
  return lines.map((line) => `${line}\r\n`).join('');
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Columns of equal width, for reading; those named in `right` end at the same place. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
