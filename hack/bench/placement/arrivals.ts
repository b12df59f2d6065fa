import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Federation } from '../../federation/index.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import type { Message } from './watcher.ts';

const WATCHING_WITHIN_MS = 30_000;
const POLL_MS = 5;

/** When RayClusters came to the members, as a process of its own sees it. */
export class Arrivals {
  readonly #child: ChildProcess;
  readonly #atNs = new Map<string, bigint>();
  #watching = 0;
  #failure: string | undefined;

  private constructor(kubeconfigs: readonly string[]) {
    this.#child = fork(join(import.meta.dirname, 'watcher.ts'), kubeconfigs);
    this.#child.on('message', (message: Message) => {
      if (message.type === 'watching') this.#watching += 1;
      else this.#atNs.set(message.clusterUid, BigInt(message.atNs));
    });
    this.#child.on('exit', (code) => (this.#failure = `the watcher ended with code ${code}`));
  }

  /** Starts the process; returns when it watches every member. */
  static async start({ members }: Federation): Promise<Arrivals> {
    const kubeconfigs = members.map(({ controlPlane }) => controlPlane.adminKubeconfigPath);
    const arrivals = new Arrivals(kubeconfigs);
    await arrivals.#eventually(WATCHING_WITHIN_MS, () => {
      if (arrivals.#watching === members.length) return;
      throw new Error(`${arrivals.#watching} of ${members.length} members are watched`);
    });
    return arrivals;
  }

  /** When the RayCluster of an IOCluster was added, CLOCK_MONOTONIC in nanoseconds. */
  at(clusterUid: string): bigint {
    const found = this.#atNs.get(clusterUid);
    if (found === undefined) throw new Error(`no RayCluster of IOCluster ${clusterUid} came`);
    return found;
  }

  /** Returns when all of them have come, with when the last one did. */
  async all(clusterUids: readonly string[], withinMs: number): Promise<bigint> {
    await this.#eventually(withinMs, () => {
      const missing = clusterUids.filter((uid) => !this.#atNs.has(uid)).length;
      if (missing > 0) throw new Error(`${missing} of ${clusterUids.length} RayClusters miss`);
    });
    return clusterUids.map((uid) => this.at(uid)).reduce((a, b) => (a > b ? a : b));
  }

  /** Ends the process. */
  close(): void {
    this.#child.removeAllListeners('exit');
    if (this.#child.connected) this.#child.disconnect();
  }

  async #eventually(withinMs: number, check: () => void): Promise<void> {
    await eventually(
      () => {
        if (this.#failure === undefined) check();
      },
      { withinMs, everyMs: POLL_MS },
    );
    if (this.#failure !== undefined) throw new Error(this.#failure);
  }
}
