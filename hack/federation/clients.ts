import { ApiClient } from '../../operator/runtime/api-client.ts';
import { loadKubeConfig } from '../../operator/runtime/kube-config.ts';
import type { Condition, KubeObject } from '../../operator/runtime/kube-object.ts';
import type { Resource } from '../../operator/runtime/resource.ts';

/** A client for looking at a cluster from outside. Close it. */
export function clientOf(kubeconfigPath: string): ApiClient {
  return new ApiClient({
    kubeConfig: loadKubeConfig(kubeconfigPath),
    userAgent: 'io-operator-hack',
  });
}

/** v1 Pod, as far as anybody here looks at it. */
export type Pod = KubeObject & {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};

/** ray.io/v1 RayCluster, as far as anybody here looks at it. */
export type RayCluster = KubeObject & {
  readonly spec: {
    readonly workerGroupSpecs?: readonly {
      readonly groupName: string;
      readonly replicas: number;
    }[];
  };
  readonly status?: {
    readonly state?: string;
    readonly readyWorkerReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
};

export const podResource: Resource<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
};

export const rayClusterResource: Resource<RayCluster> = {
  group: 'ray.io',
  version: 'v1',
  kind: 'RayCluster',
  plural: 'rayclusters',
  namespaced: true,
};

/** Whether a pod runs and its containers are ready. */
export function isPodReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}

/** How many devices a pod holds, over all resources of the vendor. */
export function devicesOfPod({ spec }: Pod): number {
  const limits = spec.containers.flatMap(({ resources }) =>
    Object.entries(resources?.limits ?? {}),
  );
  return limits
    .filter(([name]) => name.startsWith('nvidia.com/'))
    .reduce((sum, [, quantity]) => sum + Number(quantity), 0);
}
