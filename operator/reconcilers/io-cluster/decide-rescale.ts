import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import { requestOf } from '../../domain/placement/request.ts';
import { rescale } from '../../domain/placement/rescale.ts';
import type { PlacedDevice, Refusal } from '../../domain/placement/types.ts';
import { imageOf } from '../../domain/raycluster/stacks.ts';
import { devicesByGroup, type GroupDevices, placementObject } from './decide-placement-object.ts';
import type { Observed } from './snapshot.ts';

/** What a running lease needs so that it is what its IOCluster asks for now. */
export type Rescaled =
  | Readonly<{ kind: 'Keep'; refusal: Refusal | undefined }>
  | Readonly<{
      kind: 'Apply';
      object: Omit<IOPlacement, 'status'>;
      /** Devices that join the lease, with their prices. */
      added: readonly PlacedDevice[];
      refusal: undefined;
    }>
  /** Something else than numbers changed: this lease can not become that. */
  | Readonly<{ kind: 'ShapeChanged' }>;

export function rescaledPlacement(observed: Observed, placement: IOPlacement): Rescaled {
  const { cluster } = observed;
  if (shapeOf(cluster) !== shapeOfPlacement(placement)) return { kind: 'ShapeChanged' };
  const request = requestOf(cluster.spec, {
    quotaRemainingDevices: quotaForMore(observed, placement),
  });
  const result = rescale(request, placement.spec, observed.inventory);
  if (result.kind === 'Refusal') return { kind: 'Keep', refusal: result };
  const added = result.kind === 'Rescaled' ? result.added : [];
  const price =
    result.kind === 'Rescaled'
      ? Number(result.placement.priceMicroUsdPerHour)
      : placement.spec.priceMicroUsdPerHour;
  const groups =
    result.kind === 'Rescaled' ? devicesByGroup(result.placement) : sameDevices(placement);
  const object = placementObject({
    cluster,
    member: placement.spec.member,
    groups,
    priceMicroUsdPerHour: price,
    leaseId: placement.spec.leaseId,
    leaseGeneration: placement.spec.leaseGeneration,
    namespace: placement.metadata.namespace ?? '',
    hash: observed.hash,
  });
  return numbersOf(object) === numbersOf(placement)
    ? { kind: 'Keep', refusal: undefined }
    : { kind: 'Apply', object, added, refusal: undefined };
}

/** `quotaRemainingDevices` does not count this lease; growth may only take what it leaves. */
function quotaForMore(observed: Observed, placement: IOPlacement): number | undefined {
  const { quotaRemainingDevices } = observed;
  if (quotaRemainingDevices === undefined) return undefined;
  const own = placement.spec.workerGroups.reduce((sum, group) => sum + group.devices.length, 0);
  return Math.max(0, quotaRemainingDevices - own);
}

function sameDevices(placement: IOPlacement): ReadonlyMap<string, GroupDevices> {
  return new Map(
    placement.spec.workerGroups.map(({ name, resourceName, devices }) => [
      name,
      { resourceName, devices },
    ]),
  );
}

type Shape = Readonly<{
  ray: { version: string };
  head: { cpu: string; memory: string; rayStartParams?: Readonly<Record<string, string>> };
  workerGroups: readonly Readonly<{
    name: string;
    devicesPerWorker: number;
    cpu: string;
    memory: string;
    rayStartParams?: Readonly<Record<string, string>>;
  }>[];
}>;

const shapeOf = ({ spec }: IOCluster): string => shape(spec, imageOf(spec.ray));
const shapeOfPlacement = ({ spec }: IOPlacement): string => shape(spec, spec.ray.image);

/** Everything that makes pods what they are, and nothing of how many there are. */
function shape({ ray, head, workerGroups }: Shape, image: string): string {
  const params = (map: Readonly<Record<string, string>> | undefined) =>
    Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    [ray.version, image],
    [head.cpu, head.memory, params(head.rayStartParams)],
    workerGroups
      .map(({ name, devicesPerWorker, cpu, memory, rayStartParams }) => [
        name,
        devicesPerWorker,
        cpu,
        memory,
        params(rayStartParams),
      ])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ]);
}

/** How many there are, of which devices, and how they scale. */
function numbersOf({ spec }: Pick<IOPlacement, 'spec'>): string {
  const { autoscaling, fencing } = spec;
  return JSON.stringify([
    fencing === undefined ? [] : [fencing.policy, fencing.afterSeconds],
    spec.priceMicroUsdPerHour,
    autoscaling === undefined ? [] : [autoscaling.idleTimeoutSeconds, autoscaling.upscalingMode],
    spec.workerGroups.map((group) => [
      group.name,
      group.replicas,
      group.minReplicas,
      group.maxReplicas,
      group.resourceName ?? '',
      group.devices.map(({ name }) => name),
    ]),
  ]);
}
