/** Modules of white around a code that scanners ask for. */
const quiet = 4;

export type QrPath = Readonly<{ size: number; path: string }>;

/** The dark modules of a code as one path, with the quiet zone around it. */
export function qrPath(modules: readonly (readonly boolean[])[]): QrPath {
  const parts = modules.flatMap((row, y) =>
    runsOf(row).map(([start, length]) => `M${start + quiet} ${y + quiet}h${length}v1h-${length}z`),
  );
  return { size: modules.length + 2 * quiet, path: parts.join('') };
}

/** Where dark runs begin, and how long they are. */
function runsOf(row: readonly boolean[]): readonly (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  let start = -1;
  for (let x = 0; x <= row.length; x += 1) {
    const dark = row[x] === true;
    if (dark && start < 0) start = x;
    if (!dark && start >= 0) {
      runs.push([start, x - start]);
      start = -1;
    }
  }
  return runs;
}
