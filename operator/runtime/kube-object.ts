/** A reference to the object that owns another in the same namespace. */
export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean | undefined;
  blockOwnerDeletion?: boolean | undefined;
};

/** The part of metav1.ObjectMeta that controllers use; `managedFields` is dropped on receipt. */
export type ObjectMeta = {
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  finalizers?: readonly string[] | undefined;
  ownerReferences?: readonly OwnerReference[] | undefined;
};

/** Any Kubernetes object. */
export type KubeObject = { apiVersion: string; kind: string; metadata: ObjectMeta };

/** metav1.Condition; a list map by `type`. */
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number | undefined;
};

/** `namespace/name`, or `name` for an object of the cluster. */
export type ObjectKey = string;

/** The key of an object. */
export function keyOf(object: {
  metadata: { name: string; namespace?: string | undefined };
}): ObjectKey {
  const { name, namespace } = object.metadata;
  return objectKey(name, namespace);
}

/** The key of a name in a namespace; no namespace (or an empty one) means the cluster. */
export function objectKey(name: string, namespace?: string): ObjectKey {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The parts of a key. */
export function splitKey(key: ObjectKey): { name: string; namespace?: string } {
  const slash = key.indexOf('/');
  if (slash === -1) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
