import { formatSeconds, type ProgressStream } from '../federation/progress.ts';

const REDRAW_MS = 200;
const TITLE_WIDTH = 62;
const FALLBACK_COLUMNS = 100;

/** Says what is being waited for, on a terminal. */
export type Say = (text: string) => void;

/** What a stage found out, as lines for the reader. */
type Details = readonly string[];

export type StagesOptions = {
  readonly stream: ProgressStream;
  /** Milliseconds that only rise. */
  readonly now: () => number;
  /** What helps to understand a failure, such as the ends of logs. */
  readonly onFailure: () => Details;
};

/**
 * The stages of a demo: each is an assertion with a deadline, prints one line with its time, and
 * below it what there is to see.
 */
export class Stages {
  readonly #options: StagesOptions;
  passed = 0;
  failed = 0;

  constructor(options: StagesOptions) {
    this.#options = options;
  }

  /** Runs one stage; whether it passed. It never throws. `live: false`: the work shows itself. */
  async run(
    title: string,
    withinSeconds: number,
    work: (say: Say) => Promise<Details | void>,
    { live = true }: { readonly live?: boolean } = {},
  ): Promise<boolean> {
    const { now } = this.#options;
    const started = now();
    const line = live ? this.#liveLine(title, started) : noLine;
    try {
      const details = await withDeadline(withinSeconds, work(line.say));
      line.end();
      this.passed += 1;
      this.#print('✓', title, now() - started, details ?? []);
      return true;
    } catch (error) {
      line.end();
      this.failed += 1;
      const message = error instanceof Error ? error.message : String(error);
      const details = [...message.trimEnd().split('\n'), ...this.#options.onFailure()];
      this.#print('✗', title, now() - started, details);
      return false;
    }
  }

  /** Text between the stages. */
  note(text: string): void {
    this.#options.stream.write(`${text}\n`);
  }

  #print(mark: string, title: string, ms: number, details: Details): void {
    const seconds = `${(ms / 1000).toFixed(1)} s`;
    const lines = [`${mark} ${title.padEnd(TITLE_WIDTH)} ${seconds.padStart(7)}`];
    for (const detail of details) lines.push(`    ${detail}`);
    this.#options.stream.write(`${lines.join('\n')}\n`);
  }

  /** On a terminal a line that moves while a stage runs; elsewhere nothing. */
  #liveLine(title: string, started: number): LiveLine {
    const { stream, now } = this.#options;
    if (stream.isTTY !== true) return noLine;
    let latest = '';
    const draw = (): void => {
      const elapsed = formatSeconds((now() - started) / 1000);
      const text = `… ${title} · ${elapsed}${latest === '' ? '' : ` · ${latest}`}`;
      stream.write(`\r\u001B[2K${text.slice(0, (stream.columns ?? FALLBACK_COLUMNS) - 1)}`);
    };
    draw();
    const timer = setInterval(draw, REDRAW_MS);
    return {
      say: (text) => {
        latest = text;
        draw();
      },
      end: () => {
        clearInterval(timer);
        stream.write('\r\u001B[2K');
      },
    };
  }
}

type LiveLine = { readonly say: Say; readonly end: () => void };

const noLine: LiveLine = { say: () => undefined, end: () => undefined };

async function withDeadline<T>(seconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`it has not come to an end within ${seconds} s`)),
    seconds * 1000,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
