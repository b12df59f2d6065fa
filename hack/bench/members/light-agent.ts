import {
  ioDeviceResource,
  labels,
  type IOPlacement,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import { heartbeat } from '../../../operator/agent/heartbeat.ts';
import type { DeviceFacts } from '../../../operator/domain/devices/from-node.ts';
import { memberNamespace } from '../../../operator/domain/lease.ts';
import { ApiClient } from '../../../operator/runtime/api-client.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { sleep, systemClock } from '../../../operator/runtime/clock.ts';
import { Informer } from '../../../operator/runtime/informer.ts';
import { loadKubeConfig } from '../../../operator/runtime/kube-config.ts';
import { silentLogger } from '../../../operator/runtime/logger.ts';

const DEVICE_MANAGER = 'compute.io.net/agent-device';
const HEARTBEAT_MS = 10_000;
const ASK_EVERY_MS = 25;
const ASK_WITHIN_MS = 30_000;

/**
 * What a member's agent is to the hub: a certificate of its own, a heartbeat, its devices and a watch
 * of its placements. It has no cluster.
 */
export class LightAgent {
  readonly member: string;
  readonly #client: ApiClient;
  readonly #placements: Informer<IOPlacement>;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(member: string, kubeconfigPath: string, seen: (placement: IOPlacement) => void) {
    this.member = member;
    this.#client = new ApiClient({
      kubeConfig: loadKubeConfig(kubeconfigPath),
      userAgent: 'io-operator-bench (light agent)',
    });
    this.#placements = new Informer({
      client: this.#client,
      resource: ioPlacementResource,
      namespace: memberNamespace(member),
    });
    this.#placements.onChange(({ type, object }) => {
      if (type === 'added') seen(object);
    });
  }

  /** Returns when the member's namespace is there and its rights in it count. */
  async untilAdmitted(): Promise<void> {
    const namespace = memberNamespace(this.member);
    const deadline = performance.now() + ASK_WITHIN_MS;
    for (;;) {
      try {
        await this.#client.list(ioPlacementResource, { namespace, limit: 1 });
        return;
      } catch (error) {
        const isRefused = error instanceof ApiError && error.status === 403;
        if (!isRefused || performance.now() > deadline) throw error;
      }
      await sleep(systemClock, ASK_EVERY_MS, this.#stop.signal);
    }
  }

  /** Begins to renew its heartbeat, at its own time within the interval, and to watch. */
  start(share: number): void {
    const { signal } = this.#stop;
    const beats = heartbeat({
      ...{ hub: this.#client, member: this.member, intervalMs: HEARTBEAT_MS, clock: systemClock },
      versions: () => Promise.resolve({ kubernetes: 'v1.37.2', kuberay: 'v1.6.0', agent: 'bench' }),
      metering: () => undefined,
      wishes: () => ({ cordoned: false, drainDeadline: undefined }),
      clusterUid: () => Promise.resolve(`uid-of-${this.member}`),
      acknowledged: () => {},
      logger: silentLogger,
    });
    const beating = sleep(systemClock, share * HEARTBEAT_MS, signal).then(() =>
      beats.run(signal, {}),
    );
    this.#running = Promise.allSettled([beating, this.#placements.start(signal)]);
  }

  untilWatching(): Promise<boolean> {
    return this.#placements.waitForSync(this.#stop.signal);
  }

  async tell({ name, spec }: DeviceFacts): Promise<void> {
    const metadata = {
      ...{ name, namespace: memberNamespace(this.member) },
      labels: { [labels.member]: this.member },
    };
    const options = { manager: DEVICE_MANAGER, signal: this.#stop.signal };
    await this.#client.apply(ioDeviceResource, { metadata, spec }, options);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#client.close();
  }
}
