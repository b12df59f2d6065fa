import { Transform, type TransformCallback } from 'node:stream';
import type { Clock } from '../../operator/runtime/clock.ts';
import { Problem } from '../problem.ts';
import type { GatewayLimits } from './limits.ts';

/** Counts what passes. `waiting` tells whether the next move is that of the one who sends. */
export class Meter extends Transform {
  bytes = 0;
  done = false;

  override _transform(chunk: Buffer, _: BufferEncoding, pass: TransformCallback): void {
    this.bytes += chunk.length;
    pass(null, chunk);
  }

  override _flush(pass: TransformCallback): void {
    this.done = true;
    pass();
  }

  get waiting(): boolean {
    return !this.done && !this.destroyed && this.readableLength === 0 && this.writableLength === 0;
  }
}

/** An open request or websocket. */
export type WatchedStream = Readonly<{
  up: Meter;
  down: Meter;
  idleMs: number;
  /** Whether the renter has to go on sending; a websocket or gRPC may stay silent. */
  timedBody: boolean;
  /** Ends it. */
  end: (problem: Problem) => void;
  /** Throws a problem when it may not go on. */
  recheck: () => Promise<void>;
}>;

type Progress = {
  bytes: number;
  bytesAtMs: number;
  windowBytes: number;
  windowFromMs: number;
  checkedMs: number;
};

/** Ends streams that are silent, whose bodies trickle, and whose users may not use them any more. */
export class StreamWatch {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  readonly #streams = new Map<WatchedStream, Progress>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, limits: GatewayLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The function that is returned stops looking at it. */
  add(stream: WatchedStream): () => void {
    const nowMs = this.#clock.monotonicMs();
    this.#streams.set(stream, {
      ...{ bytes: 0, bytesAtMs: nowMs, windowBytes: 0, windowFromMs: nowMs, checkedMs: nowMs },
    });
    this.#cancel ??= this.#clock.setTimeout(() => this.#look(), this.#limits.lookMs);
    return () => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  }

  #look(): void {
    this.#cancel = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (const [stream, progress] of this.#streams) {
      const problem = this.#judge(stream, progress, nowMs);
      if (problem !== undefined) {
        this.#streams.delete(stream);
        stream.end(problem);
      } else if (nowMs - progress.checkedMs >= this.#limits.recheckMs) {
        progress.checkedMs = nowMs;
        void this.#recheck(stream);
      }
    }
    // Nothing is looked at while nothing is open, so that nothing is left to stop.
    if (this.#streams.size > 0) {
      this.#cancel ??= this.#clock.setTimeout(() => this.#look(), this.#limits.lookMs);
    }
  }

  #judge(stream: WatchedStream, progress: Progress, nowMs: number): Problem | undefined {
    const { up, down, idleMs, timedBody } = stream;
    const bytes = up.bytes + down.bytes;
    if (bytes !== progress.bytes) Object.assign(progress, { bytes, bytesAtMs: nowMs });
    if (nowMs - progress.bytesAtMs >= idleMs) {
      return new Problem(504, 'IdleTimeout', `nothing came or went for ${idleMs / 1000} s`);
    }
    // Who is not read from cannot send: the window begins anew.
    if (!timedBody || !up.waiting) {
      Object.assign(progress, { windowBytes: up.bytes, windowFromMs: nowMs });
      return undefined;
    }
    const { bodyWindowMs, bodyWindowBytes } = this.#limits;
    if (nowMs - progress.windowFromMs < bodyWindowMs) return undefined;
    const came = up.bytes - progress.windowBytes;
    Object.assign(progress, { windowBytes: up.bytes, windowFromMs: nowMs });
    if (came >= bodyWindowBytes) return undefined;
    const text = `the body brought ${came} bytes in ${bodyWindowMs / 1000} s, and has to bring ${bodyWindowBytes}`;
    return new Problem(408, 'BodyTooSlow', text);
  }

  /** Only who is known to have lost the right is cut off, not who cannot be asked about. */
  async #recheck(stream: WatchedStream): Promise<void> {
    try {
      await stream.recheck();
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 503) return;
      if (this.#streams.delete(stream)) stream.end(error);
    }
  }
}
