import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

/** A Node, reduced to what devices are made from: a whole one is ten times as large. */
export type Node = KubeObject &
  Readonly<{
    ready: boolean;
    /** When `ready` became what it is, in RFC 3339. */
    readySince: string | undefined;
    schedulable: boolean;
    /** Labels of the GPU vendor and of the host, by full name. */
    labels: Readonly<Record<string, string>>;
    /** Extended resources of the vendor only, as quantities. */
    capacity: Readonly<Record<string, string>>;
    allocatable: Readonly<Record<string, string>>;
  }>;

type Condition = { type: string; status: string; lastTransitionTime?: string };

type RawNode = KubeObject & {
  spec?: { unschedulable?: boolean };
  status?: {
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: readonly Condition[];
  };
};

const vendorPrefix = 'nvidia.com/';

/** v1 Node. Decoding keeps only what the agent reads. */
export const nodeResource: Resource<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  decode: (raw) => {
    const { apiVersion, kind, metadata, spec, status } = raw as RawNode;
    const { name, uid, resourceVersion, labels } = metadata;
    const readiness = status?.conditions?.find(({ type }) => type === 'Ready');
    return {
      apiVersion,
      kind,
      metadata: { name, uid, resourceVersion },
      ready: readiness?.status === 'True',
      readySince: readiness?.lastTransitionTime,
      schedulable: spec?.unschedulable !== true,
      labels: ofVendor(labels ?? {}),
      capacity: ofVendor(status?.capacity ?? {}),
      allocatable: ofVendor(status?.allocatable ?? {}),
    };
  },
};

function ofVendor(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => key.startsWith(vendorPrefix)),
  );
}
