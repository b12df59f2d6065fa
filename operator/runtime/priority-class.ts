import type { KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';

/** scheduling.k8s.io/v1 PriorityClass, as far as the line of waiting clusters needs it. */
export type PriorityClass = KubeObject & { value: number };

export const priorityClassResource: Resource<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
};
