/** A step of a longer job, with how long it typically takes on two cores. */
export type Step = { readonly id: string; readonly typicalSeconds: number };

/** Says what runs, how far it is and what remains. Several steps may run at once. */
export type Progress = {
  /** Adds steps that will come; a step that is already planned stays where it is. */
  plan(steps: readonly Step[]): void;
  /** Runs `work` as the step `id`, planned or not. */
  during<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** One line of text between the steps. */
  note(text: string): void;
  /** Ends the updating line and its timer. */
  close(): void;
};

/** Where progress is written: a terminal gets one updating line, anything else a line per change. */
export type ProgressStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

type StepState = Step & { startedMs?: number; finishedMs?: number };

const REDRAW_MS = 500;
/** On a pipe a long step says this often that it is alive. */
const STILL_RUNNING_MS = 30_000;
const DEFAULT_COLUMNS = 100;

/** No output; for tests. */
export const silentProgress: Progress = {
  plan: () => undefined,
  during: (_id, work) => work(),
  note: () => undefined,
  close: () => undefined,
};

/** Progress on a terminal or a log. `now` gives milliseconds and only ever rises. */
export function createProgress(
  stream: ProgressStream = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  const steps: StepState[] = [];
  const startMs = now();
  const isTerminal = stream.isTTY === true;
  let timer: NodeJS.Timeout | undefined;

  const clearLine = (): void => {
    if (isTerminal) stream.write('\r\u001B[2K');
  };
  const draw = (): void => {
    const line = statusLine(steps, startMs, now());
    if (isTerminal) {
      clearLine();
      stream.write(line.slice(0, (stream.columns ?? DEFAULT_COLUMNS) - 1));
    } else {
      stream.write(`${line}\n`);
    }
  };
  const begin = (id: string): StepState => {
    let step = steps.find((candidate) => candidate.id === id && candidate.startedMs === undefined);
    if (step === undefined) steps.push((step = { id, typicalSeconds: 0 }));
    step.startedMs = now();
    draw();
    timer ??= setInterval(draw, isTerminal ? REDRAW_MS : STILL_RUNNING_MS).unref();
    return step;
  };
  const close = (): void => {
    clearInterval(timer);
    timer = undefined;
    clearLine();
  };
  const finish = (step: StepState, outcome: string): void => {
    step.finishedMs = now();
    clearLine();
    const took = formatSeconds((step.finishedMs - (step.startedMs ?? step.finishedMs)) / 1000);
    stream.write(`${step.id}: ${outcome} after ${took}\n`);
    if (!steps.some(isRunning)) close();
  };
  return {
    plan(added) {
      for (const step of added) {
        if (!steps.some(({ id }) => id === step.id)) steps.push({ ...step });
      }
    },
    async during(id, work) {
      const step = begin(id);
      try {
        const result = await work();
        finish(step, 'done');
        return result;
      } catch (error) {
        finish(step, 'failed');
        throw error;
      }
    },
    note(text) {
      clearLine();
      stream.write(`${text}\n`);
    },
    close,
  };
}

/** The line that says what runs, what is done, how long it took and what remains. */
export function statusLine(steps: readonly StepState[], startMs: number, nowMs: number): string {
  const finished = steps.filter((step) => step.finishedMs !== undefined).length;
  const running = steps.filter(isRunning).map((step) => step.id);
  const remaining = remainingSeconds(steps, nowMs);
  const remains = remaining > 0 ? `about ${formatSeconds(remaining)} remain` : 'nearly done';
  return [
    `[${finished} of ${steps.length} done] ${running.join(', ')}`,
    `${formatSeconds((nowMs - startMs) / 1000)} elapsed`,
    remains,
  ].join(' · ');
}

/**
 * The seconds until all planned steps end, when as many run at once as now. What has finished tells
 * how this machine compares to the one on which the typical times were measured.
 */
export function remainingSeconds(steps: readonly StepState[], nowMs: number): number {
  let [typical, actual, remaining] = [0, 0, 0];
  for (const step of steps) {
    if (step.startedMs !== undefined && step.finishedMs !== undefined) {
      typical += step.typicalSeconds;
      actual += (step.finishedMs - step.startedMs) / 1000;
    }
  }
  const pace = typical > 0 ? Math.max(actual / typical, 0.01) : 1;
  for (const step of steps) {
    if (step.finishedMs !== undefined) continue;
    const elapsed = step.startedMs === undefined ? 0 : (nowMs - step.startedMs) / 1000;
    remaining += Math.max(0, step.typicalSeconds * pace - elapsed);
  }
  return Math.round(remaining / Math.max(1, steps.filter(isRunning).length));
}

function isRunning(step: StepState): boolean {
  return step.startedMs !== undefined && step.finishedMs === undefined;
}

/** `75` is `1:15`, `9` is `9 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}
