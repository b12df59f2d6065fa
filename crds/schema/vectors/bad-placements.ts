import { placement, placementGroup } from './member-side.ts';
import { byRule, bySchema, type BadVector, type Manifest } from './vector.ts';

const onePlacementGroup = (fields: object): Manifest =>
  placement({ workerGroups: [placementGroup(fields)] });

export const badPlacements: readonly BadVector[] = [
  byRule(
    'a name that is not the lease',
    placement({}, 'lease-fedcba9876543210'),
    'spec.leaseId: spec.leaseId must be the name of the IOPlacement',
  ),
  byRule(
    'a lease id that is none',
    placement({ leaseId: 'lease-1' }, 'lease-1'),
    'spec.leaseId: must be lease- and 16 hexadecimal digits, for example lease-0123456789abcdef',
  ),
  byRule(
    'a tenant by name',
    placement({ tenant: 'team-a' }),
    'spec.tenant: must be 16 lower-case hexadecimal digits',
  ),
  byRule(
    'an image that is no image',
    placement({ ray: { version: '2.52.1', image: 'ray.example/ray:2.52.1;id' } }),
    'spec.ray.image: must be an image with a tag or a digest',
  ),
  byRule(
    'a version that is none',
    placement({ ray: { version: '2', image: 'ray.example/ray:2.52.1' } }),
    'spec.ray.version: must be a Ray version, for example 2.52.1',
  ),
  byRule(
    'a parameter of ray start that is a command',
    onePlacementGroup({ rayStartParams: { 'num-cpus': '$(id)' } }),
    'spec.workerGroups[0].rayStartParams: values are words such as 0 or 10.0.0.1:8080',
  ),
  bySchema(
    'the lease before the first',
    placement({ leaseGeneration: 0 }),
    'spec.leaseGeneration: should be greater than or equal to 1',
  ),
  byRule(
    'more workers than allowed',
    onePlacementGroup({
      replicas: 2,
      devices: [
        { name: 'a', node: 'n' },
        { name: 'b', node: 'n' },
      ],
    }),
    'spec.workerGroups[0].replicas: replicas must lie between minReplicas and maxReplicas',
  ),
  byRule(
    'fewer devices than workers need',
    onePlacementGroup({ devicesPerWorker: 2 }),
    'spec.workerGroups[0].devices: devices must name at least replicas times devicesPerWorker devices',
  ),
  bySchema(
    'a device twice',
    onePlacementGroup({
      devices: [
        { name: 'a', node: 'n' },
        { name: 'a', node: 'n' },
      ],
    }),
    'spec.workerGroups[0].devices[1]: {"name":"a"}',
  ),
  byRule(
    'devices of CPU workers',
    onePlacementGroup({ devicesPerWorker: 0, resourceName: undefined }),
    'spec.workerGroups[0].devices: CPU workers (devicesPerWorker: 0) have no devices; leave them out',
  ),
  byRule(
    'devices without a resource to ask for',
    onePlacementGroup({ resourceName: undefined }),
    'spec.workerGroups[0].resourceName: resourceName says what devices are asked for as; it is needed with devices and excluded for CPU workers',
  ),
  byRule(
    'a shared device',
    onePlacementGroup({ resourceName: 'nvidia.com/gpu.shared' }),
    'spec.workerGroups[0].resourceName: must be a resource of the device plugin',
  ),
];
