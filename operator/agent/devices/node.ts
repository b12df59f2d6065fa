import { nodeFault } from '../../domain/devices/node-faults.ts';
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
    /** Of its last start, with the driver that ran then: another text is another start of either. */
    boot: string;
    /** A condition by which its GPUs are not well. */
    fault: string | undefined;
    /** When a person said that its GPUs are in order, in RFC 3339. */
    gpusChecked: string | undefined;
  }>;

/** On a Node: a person has seen to its GPUs at this time, in RFC 3339. */
export const gpusCheckedAnnotation = 'compute.io.net/gpus-checked';

type Condition = { type: string; status: string; lastTransitionTime?: string };

type RawNode = KubeObject & {
  spec?: { unschedulable?: boolean };
  status?: {
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    conditions?: readonly Condition[];
    nodeInfo?: { bootID?: string };
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
      ...healthFacts(raw as RawNode),
    };
  },
};

/** As much of the boot as the schema of an IODevice takes. */
const maxBootLength = 160;

function healthFacts({ metadata, status }: RawNode): Pick<Node, 'boot' | 'fault' | 'gpusChecked'> {
  const driver = metadata.labels?.['nvidia.com/cuda.driver-version.full'] ?? '';
  return {
    boot: `${status?.nodeInfo?.bootID ?? ''} ${driver}`.slice(0, maxBootLength),
    fault: nodeFault(status?.conditions ?? []),
    gpusChecked: metadata.annotations?.[gpusCheckedAnnotation],
  };
}

function ofVendor(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => key.startsWith(vendorPrefix)),
  );
}
