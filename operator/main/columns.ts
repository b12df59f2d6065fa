/**
 * Writes cells in line, for what is printed row by row; a cell that is longer than its column is not
 * cut. The last column needs no width.
 */
export const columns =
  (widths: readonly number[]) =>
  (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, index) => String(cell).padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
