import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

/** A Node, reduced to what devices are made from: a whole one is ten times as large. */
export type Node = KubeObject &
  Readonly<{
    ready: boolean;
    schedulable: boolean;
    /** Labels of the GPU vendor and of the host, by full name. */
    labels: Readonly<Record<string, string>>;
    /** Extended resources of the vendor only, as quantities. */
    capacity: Readonly<Record<string, string>>;
    allocatable: Readonly<Record<string, string>>;
  }>;

type RawNode = KubeObject & {
  spec?: { unschedulable?: boolean };
  status?: {
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: readonly { type: string; status: string }[];
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
    return {
      apiVersion,
      kind,
      metadata: { name, uid, resourceVersion },
      ready: status?.conditions?.some(isReady) === true,
      schedulable: spec?.unschedulable !== true,
      labels: ofVendor(labels ?? {}),
      capacity: ofVendor(status?.capacity ?? {}),
      allocatable: ofVendor(status?.allocatable ?? {}),
    };
  },
};

const isReady = ({ type, status }: { type: string; status: string }): boolean =>
  type === 'Ready' && status === 'True';

function ofVendor(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => key.startsWith(vendorPrefix)),
  );
}
