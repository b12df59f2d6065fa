/** One line on a terminal that is written anew; says nothing where there is none. */
export type Progress = Readonly<{ say: (line: string) => void; end: () => void }>;

/** Moves to the first column and clears the line. */
const clear = '\r\u001b[2K';

type Stream = Readonly<{
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write: (text: string) => unknown;
}>;

/** Progress on stderr, so that what is asked for can go to a file or a pipe. */
export function progressOn(stream: Stream): Progress {
  if (stream.isTTY !== true) return { say: () => {}, end: () => {} };
  let shown = '';
  return {
    say(line) {
      const fits = line.slice(0, Math.max(20, (stream.columns ?? 80) - 1));
      if (fits !== shown) stream.write(clear + fits);
      shown = fits;
    },
    end() {
      if (shown !== '') stream.write(clear);
      shown = '';
    },
  };
}
