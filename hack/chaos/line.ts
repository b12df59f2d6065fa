import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { binaryPath } from '../federation/cache.ts';

const ANSWER_WITHIN_MS = 10_000;
const ENDS_WITHIN_MS = 2_000;

/** How bad a line is; what is left out is good. Percentages are of packets. */
export type LineSettings = Readonly<{
  delayMs?: number;
  jitterMs?: number;
  lossPercent?: number;
  /** So many do not wait and overtake those that do. */
  reorderPercent?: number;
  duplicatePercent?: number;
  rateKbps?: number;
  /** `up`: nothing comes from the member any more; `down`: nothing reaches it. */
  cut?: 'both' | 'up' | 'down';
}>;

/** Packets of one direction since the start. */
export type Traffic = Readonly<
  Partial<
    Record<
      | 'delivered'
      | 'lost'
      | 'doubled'
      | 'reordered'
      | 'overflowed'
      | 'refused'
      /** A number of now. */
      | 'waiting',
      number
    >
  >
>;

type Answer = { namespace?: string; error?: string; up?: Traffic; down?: Traffic };

/** Where the hub is for whoever lives behind a line; the harness's servers have certificates for it. */
export const hubHostBehindLine = '10.96.0.1';

/** Why there can be no lines on this machine; undefined: there can. */
export function whyNoLines(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  return undefined;
}

/**
 * A network namespace whose only way out is a bad line. The namespace ends with the program `link` and
 * with what runs in it, and `link` ends with this process: nothing is left of it, however it ends.
 */
export class Line {
  /** A command prefix with which a process lives behind the line. */
  readonly enter: readonly [string, ...string[]];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    answers: AsyncIterator<string>,
    namespace: string,
  ) {
    this.#child = child;
    this.#answers = answers;
    this.enter = ['nsenter', `--net=${namespace}`];
  }

  /** The tool `link` must be built. The same seed loses the same packets. */
  static async open(seed: number): Promise<Line> {
    const reason = whyNoLines();
    if (reason !== undefined) throw new Error(`no line can be opened: ${reason}`);
    const child = spawn(binaryPath('link'), [String(seed)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A line that ended is noticed by the answer that does not come.
    child.stdin.on('error', () => {});
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { namespace } = await nextAnswer(answers);
    if (namespace === undefined) throw new Error('link did not say where its namespace is');
    return new Line(child, answers, namespace);
  }

  /** From now on the line is as these say, and otherwise good. */
  async set(settings: LineSettings): Promise<void> {
    await this.#ask({ settings });
  }

  /** The port of the hub's host leads to the same port of loopback here: by the line. */
  async openHubPort(port: number): Promise<void> {
    await this.#ask({ hub: port });
  }

  /** The port of loopback behind the line leads to the same port here, past the line. */
  async openPortInside(port: number): Promise<void> {
    await this.#ask({ inside: port });
  }

  /** The port of loopback here leads to the same port behind the line, past the line. */
  async openPortOutside(port: number): Promise<void> {
    await this.#ask({ outside: port });
  }

  async traffic(): Promise<Readonly<{ up: Traffic; down: Traffic }>> {
    const { up = {}, down = {} } = await this.#ask({});
    return { up, down };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    const kill = AbortSignal.timeout(ENDS_WITHIN_MS);
    kill.addEventListener('abort', () => this.#child.kill('SIGKILL'));
    await ended;
  }

  /** One question at a time: answers come in the order of the questions. */
  #ask(question: object): Promise<Answer> {
    const answer = this.#turn.then(() => {
      this.#child.stdin.write(`${JSON.stringify(question)}\n`);
      return nextAnswer(this.#answers);
    });
    this.#turn = answer.catch(() => {});
    return answer;
  }
}

async function nextAnswer(answers: AsyncIterator<string>): Promise<Answer> {
  const stop = new AbortController();
  const late = delay(ANSWER_WITHIN_MS, undefined, { signal: stop.signal }).catch(() => {});
  try {
    const next = await Promise.race([answers.next(), late]);
    if (next === undefined) throw new Error(`link did not answer within ${ANSWER_WITHIN_MS} ms`);
    if (next.done === true) throw new Error('link has ended; what it said is on stderr');
    const answer = JSON.parse(next.value) as Answer;
    if (answer.error !== undefined) throw new Error(`link: ${answer.error}`);
    return answer;
  } finally {
    stop.abort();
  }
}
