import type { ServerHttp2Stream } from 'node:http2';
import { maxStreams, maxStreamsPerLease, maxWaitingPerLease } from '../../domain/tunnel/limits.ts';
import { cutOff } from './whole-body.ts';

export type StreamLimits = Readonly<{ total: number; perLease: number; waiting: number }>;

const usualLimits: StreamLimits = {
  total: maxStreams,
  perLease: maxStreamsPerLease,
  waiting: maxWaitingPerLease,
};

type Refused = Readonly<{ status: number; message: string }>;

/** Streams that an agent carries, over all its tunnels, by lease. */
export class LeaseStreams {
  readonly #byLease = new Map<string, Set<ServerHttp2Stream>>();
  readonly #waiting = new Map<string, number>();
  readonly #limits: StreamLimits;
  readonly #counted: (count: number) => void;
  #count = 0;

  constructor(counted: (count: number) => void, limits: StreamLimits = usualLimits) {
    this.#counted = counted;
    this.#limits = limits;
  }

  /** Counts a stream until it closes, and as waiting until `answered`; or says why it may not begin. */
  begin(lease: string, stream: ServerHttp2Stream): Refused | Readonly<{ answered: () => void }> {
    const { total, perLease, waiting } = this.#limits;
    const open = this.#byLease.get(lease) ?? new Set();
    const unanswered = this.#waiting.get(lease) ?? 0;
    const refused = (status: number, message: string): Refused => ({ status, message });
    if (this.#count >= total) return refused(503, `the agent carries ${total} streams`);
    if (open.size >= perLease) return refused(429, `the cluster has ${perLease} streams open`);
    if (unanswered >= waiting) return refused(429, `${waiting} requests wait for the head`);
    this.#byLease.set(lease, open.add(stream));
    this.#waiting.set(lease, unanswered + 1);
    this.#count += 1;
    this.#counted(this.#count);
    const answered = once(() => this.#answered(lease));
    stream.once('close', () => {
      answered();
      this.#ended(lease, stream);
    });
    return { answered };
  }

  /** Resets all streams of a lease. */
  end(lease: string): void {
    for (const stream of this.#byLease.get(lease) ?? []) cutOff(stream);
  }

  #answered(lease: string): void {
    const left = (this.#waiting.get(lease) ?? 1) - 1;
    if (left > 0) this.#waiting.set(lease, left);
    else this.#waiting.delete(lease);
  }

  #ended(lease: string, stream: ServerHttp2Stream): void {
    const open = this.#byLease.get(lease);
    open?.delete(stream);
    if (open?.size === 0) this.#byLease.delete(lease);
    this.#count -= 1;
    this.#counted(this.#count);
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
