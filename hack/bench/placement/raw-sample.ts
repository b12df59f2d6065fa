import {
  finalizers,
  type IOCluster,
  type IODevice,
  ioDeviceResource,
  type IOPlacement,
} from '../../../crds/schema/index.ts';
import { eventResource } from '../../../operator/runtime/events.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import type { RayCluster } from '../../federation/clients.ts';
import type { World } from '../../federation/world.ts';
import type { Accepted } from './renters.ts';

const OWN = '/apis/compute.io.net/v1alpha1/namespaces';
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const QUERY = '?fieldManager=compute.io.net/bench&force=true';

/** One request of a placement. */
export type Write = {
  readonly to: 'hub' | 'member';
  readonly method: 'PATCH' | 'POST';
  readonly path: string;
  readonly contentType: string;
  readonly body: object;
};

/** A real placement: its writes, and what in them has to be another's in the next one. */
export type Sample = {
  readonly member: string;
  readonly writes: readonly Write[];
  readonly cluster: Pick<Accepted, 'namespace' | 'name' | 'uid'>;
  readonly leaseId: string;
  readonly device: { readonly name: string; readonly uid: string };
};

type Objects = {
  readonly cluster: IOCluster;
  readonly placement: IOPlacement;
  readonly device: IODevice;
  readonly event: KubeObject;
  readonly rayCluster: RayCluster;
};

/** Reads what the product made of a placed IOCluster, and turns it into the writes that make it. */
export async function takeSample(
  world: World,
  { namespace, name, uid }: Accepted,
): Promise<Sample> {
  const objects = await read(world, { namespace, name, uid });
  const { member, leaseId } = objects.placement.spec;
  const { metadata } = objects.device;
  return {
    member,
    writes: writesOf(objects),
    cluster: { namespace, name, uid },
    leaseId,
    device: { name: metadata.name, uid: metadata.uid ?? '' },
  };
}

async function read(
  world: World,
  { namespace, name, uid }: Pick<Accepted, 'namespace' | 'name' | 'uid'>,
): Promise<Objects> {
  const what = `IOCluster ${namespace}/${name}`;
  const cluster = present(await world.cluster(namespace, name), what);
  const placement = present((await world.placements(uid))[0], `IOPlacement of ${what}`);
  const deviceName = placement.spec.workerGroups[0]?.devices[0]?.name ?? '';
  const memberNamespace = placement.metadata.namespace;
  const device = await world.hub.get(ioDeviceResource, deviceName, memberNamespace);
  const events = await world.hub.list(eventResource, { namespace });
  const isOwn = (event: KubeObject & { regarding?: { uid?: string } }) =>
    event.regarding?.uid === uid;
  const [found] = await world.rayClusters(placement.spec.leaseId);
  return {
    cluster,
    placement,
    device: present(device, `IODevice ${deviceName}`),
    event: present(events.items.find(isOwn), `Event of ${what}`),
    rayCluster: present(found?.object, `RayCluster of ${what}`),
  };
}

function writesOf({ cluster, placement, device, event, rayCluster }: Objects): readonly Write[] {
  const ioCluster = `${OWN}/${cluster.metadata.namespace}/ioclusters/${cluster.metadata.name}`;
  const members = `${OWN}/${placement.metadata.namespace}`;
  const ioPlacement = `${members}/ioplacements/${placement.metadata.name}`;
  const ray = `/apis/ray.io/v1/namespaces/${rayCluster.metadata.namespace}/rayclusters`;
  const events = `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`;
  const { uid } = cluster.metadata;
  const clusterStatus = status(cluster, { uid });
  return [
    {
      to: 'hub',
      method: 'PATCH',
      path: ioCluster,
      contentType: MERGE,
      body: { metadata: { finalizers: [finalizers.lease], uid } },
    },
    apply('hub', ioPlacement, {
      ...kindOf(placement),
      metadata: own(placement, { finalizers: placement.metadata.finalizers }),
      spec: placement.spec,
    }),
    apply('hub', `${ioCluster}/status`, before(clusterStatus)),
    apply(
      'hub',
      `${members}/iodevices/${device.metadata.name}/status`,
      status(device, { uid: device.metadata.uid }),
    ),
    {
      to: 'hub',
      method: 'POST',
      path: events,
      contentType: 'application/json',
      body: { ...event, metadata: own(event) },
    },
    apply('member', `${ray}/${rayCluster.metadata.name}`, {
      ...kindOf(rayCluster),
      metadata: own(rayCluster),
      spec: rayCluster.spec,
    }),
    apply('hub', `${ioPlacement}/status`, status(placement, {})),
    apply('hub', `${ioCluster}/status`, clusterStatus),
  ];
}

function apply(to: Write['to'], path: string, body: object): Write {
  return { to, method: 'PATCH', path: path + QUERY, contentType: APPLY, body };
}

type WithStatus = KubeObject & {
  readonly status?: { readonly conditions?: readonly { readonly message: string }[] };
};

const kindOf = ({ apiVersion, kind }: KubeObject) => ({ apiVersion, kind });

/** What of an object's metadata its writer writes. */
function own({ metadata: { name, namespace, labels } }: KubeObject, more: object = {}): object {
  return { name, namespace, ...(labels === undefined ? {} : { labels }), ...more };
}

function status(object: WithStatus, more: { uid?: string | undefined }) {
  const { name, namespace } = object.metadata;
  return { ...kindOf(object), metadata: { name, namespace, ...more }, status: object.status };
}

/** A status that the later one changes: the API server does not store a write of the same twice. */
function before(later: ReturnType<typeof status>): object {
  const conditions = later.status?.conditions?.map((condition) => ({
    ...condition,
    message: `${condition.message} `,
  }));
  return { ...later, status: { ...later.status, conditions } };
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there`);
  return value;
}
