import { cell } from './text.ts';

/** A column of a table. */
export type Column<Row> = Readonly<{
  name: string;
  /** Shown with `-o wide` only. */
  wide?: true;
  of: (row: Row) => string | number | undefined;
}>;

/** Rows in line, as kubectl writes them. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { wide = false } = {},
): string {
  const shown = columns.filter((column) => wide || column.wide !== true);
  const lines = [
    shown.map(({ name }) => name),
    ...rows.map((row) => shown.map((column) => cell(column.of(row)))),
  ];
  const widths = shown.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index]!))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
