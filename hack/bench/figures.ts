import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One measured number. Names are fixed by the design, so that runs can be compared over time. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** How many things were measured. */
  readonly n: number;
  /** Under which circumstances, and what else a reader has to know. */
  readonly note: string;
};

const SIGNIFICANT_DIGITS = 4;

/** Says figures as JSON lines, and leaves the lines of this run in a file. */
export class Figures {
  readonly #path: string;
  readonly #write: (line: string) => void;
  readonly #lines: string[] = [];

  constructor(path: string, write: (line: string) => void) {
    this.#path = path;
    this.#write = write;
  }

  /** Prints a figure and writes the file anew, so that a run that fails later has left it. */
  add(figure: Figure): void {
    const value = Number(figure.value.toPrecision(SIGNIFICANT_DIGITS));
    const line = `${JSON.stringify({ ...figure, value })}\n`;
    this.#lines.push(line);
    this.#write(line);
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, this.#lines.join(''));
  }
}
