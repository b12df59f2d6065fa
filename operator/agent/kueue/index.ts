import { managedByLabels } from '../../domain/raycluster/manifest.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';
import { saysOf, type WorkloadCondition } from './says.ts';

const manager = 'compute.io.net/agent-queue';

/** Many leases may begin together; an administrator who mends a queue does not wait for long. */
const faultForMs = 5_000;
/** Of one RayCluster there is one Workload, and for a moment a second one that replaces it. */
const maxWorkloads = 10;

type WithConditions = KubeObject & {
  status?: { conditions?: readonly WorkloadCondition[] };
};

const group = 'kueue.x-k8s.io';
const version = 'v1beta2';

/** kueue.x-k8s.io/v1beta2, as far as the agent reads it: a Workload holds whole pod templates. */
const decode = (raw: unknown): WithConditions => {
  const { apiVersion, kind, metadata, status } = raw as WithConditions;
  const { name, namespace, uid } = metadata;
  return {
    ...{ apiVersion, kind, metadata: { name, namespace, uid } },
    status: { conditions: status?.conditions ?? [] },
  };
};

const clusterQueueResource: Resource<WithConditions> = {
  ...{ group, version, kind: 'ClusterQueue', plural: 'clusterqueues', namespaced: false, decode },
};
const localQueueResource: Resource = {
  ...{ group, version, kind: 'LocalQueue', plural: 'localqueues', namespaced: true },
};
const workloadResource: Resource<WithConditions> = {
  ...{ group, version, kind: 'Workload', plural: 'workloads', namespaced: true, decode },
};

/** The ClusterQueue of a member that runs Kueue, in which the RayClusters of leases wait. */
export class MemberQueue {
  readonly name: string;
  readonly #client: Pick<ApiClient, 'apply' | 'get' | 'list'>;
  readonly #clock: Clock;
  #fault: Readonly<{ text: string | undefined; atMs: number }> | undefined;

  constructor(options: {
    /** Of the ClusterQueue; LocalQueues have the same name. */
    name: string;
    client: Pick<ApiClient, 'apply' | 'get' | 'list'>;
    clock: Clock;
  }) {
    this.name = options.name;
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** Why nothing can begin in this queue, as of the last seconds; undefined: nothing is known. */
  async fault(signal: AbortSignal): Promise<string | undefined> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fault === undefined || nowMs - this.#fault.atMs >= faultForMs) {
      this.#fault = { text: await this.#look(signal), atMs: nowMs };
    }
    return this.#fault.text;
  }

  async #look(signal: AbortSignal): Promise<string | undefined> {
    const found = await this.#client.get(clusterQueueResource, this.name, undefined, { signal });
    if (found === undefined) {
      return `The data centre has no ClusterQueue ${this.name}, or Kueue is not installed.`;
    }
    const active = found.status?.conditions?.find(({ type }) => type === 'Active');
    if (active?.status !== 'False') return undefined;
    return `The ClusterQueue ${this.name} of the data centre lets nothing run: ${active.message}`;
  }

  /** Makes the LocalQueue of a namespace. Its ClusterQueue cannot change, hence the one name of both. */
  async ensure(namespace: string, signal: AbortSignal): Promise<void> {
    await this.#client.apply(
      localQueueResource,
      {
        metadata: { name: this.name, namespace, labels: { ...managedByLabels } },
        spec: { clusterQueue: this.name },
      },
      { manager, signal },
    );
  }

  /** What Kueue says of a RayCluster that it does not let run; undefined: nothing yet. */
  async says(
    { metadata: { uid = '', namespace } }: KubeObject,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { items } = await this.#client.list(workloadResource, {
      ...{ namespace, labelSelector: `kueue.x-k8s.io/job-uid=${uid}`, limit: maxWorkloads, signal },
    });
    const [workload] = items;
    return workload === undefined ? undefined : saysOf(workload.status?.conditions ?? []);
  }
}
