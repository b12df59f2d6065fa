import { Problem } from '../problem.ts';
import type { GatewayLimits } from './limits.ts';

type Limits = Pick<GatewayLimits, 'streams' | 'streamsPerUser' | 'streamsPerCluster'>;

/** Counts what is open, by user and by cluster, and refuses what is too much. */
export class StreamPlaces {
  readonly #limits: Limits;
  readonly #byUser = new Map<string, number>();
  readonly #byCluster = new Map<string, number>();
  #all = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes a place; the function that is returned gives it back, once. Throws a problem. */
  ofUser(username: string): () => void {
    const { streams, streamsPerUser } = this.#limits;
    if (this.#all >= streams) {
      const text = `${streams} requests are open at this gateway; send it again`;
      throw new Problem(503, 'Overloaded', text, { retryAfterSeconds: 2 });
    }
    const leave = enter(this.#byUser, username, streamsPerUser, 'you have open');
    this.#all += 1;
    return () => {
      if (leave()) this.#all -= 1;
    };
  }

  ofCluster(cluster: string): () => void {
    const leave = enter(
      this.#byCluster,
      cluster,
      this.#limits.streamsPerCluster,
      'are open to this cluster',
    );
    return () => void leave();
  }
}

function enter(
  counts: Map<string, number>,
  key: string,
  limit: number,
  what: string,
): () => boolean {
  const count = counts.get(key) ?? 0;
  if (count >= limit) {
    const text = `${count} requests ${what}; wait until one of them has ended`;
    throw new Problem(429, 'TooManyStreams', text, { retryAfterSeconds: 1 });
  }
  counts.set(key, count + 1);
  let held = true;
  return () => {
    if (!held) return false;
    held = false;
    const left = (counts.get(key) ?? 1) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
    return true;
  };
}
