import { byApi, byRule, bySchema, type BadVector } from './vector.ts';
import { cluster, group } from './io-cluster.ts';

const groups = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

const numbered = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const rayVectors: readonly BadVector[] = [
  bySchema('no Ray version', cluster({ ray: {} }), 'spec.ray.version: Required value'),
  byRule(
    'a Ray version without a patch number',
    cluster({ ray: { version: '2.52' } }),
    'spec.ray.version: must be a Ray version, for example 2.52.1',
  ),
  byRule(
    'a Ray version with a v',
    cluster({ ray: { version: 'v2.52.1' } }),
    'spec.ray.version: must be a Ray version, for example 2.52.1',
  ),
  byRule(
    'a Ray version without token authentication',
    cluster({ ray: { version: '2.51.2' } }),
    'spec.ray.version: must be 2.52.0 or newer: older versions of Ray have no token authentication',
  ),
  byRule(
    'Ray 1',
    cluster({ ray: { version: '1.99.0' } }),
    'spec.ray.version: must be 2.52.0 or newer',
  ),
  byRule(
    'image and stack',
    cluster({ ray: { version: '2.52.1', image: 'ray.example/train:1', stack: 'Ray' } }),
    'spec.ray: image and stack exclude each other; leave out one of them',
  ),
  byRule(
    'an image without a tag',
    cluster({ ray: { version: '2.52.1', image: 'ray.example/train' } }),
    'spec.ray.image: must be an image with a tag or a digest',
  ),
  byRule(
    'the image tag latest',
    cluster({ ray: { version: '2.52.1', image: 'ray.example/train:latest' } }),
    'spec.ray.image: the tag latest changes under a running cluster; name a version or a digest',
  ),
  byRule(
    'an image with a space',
    cluster({ ray: { version: '2.52.1', image: 'ray.example/my train:1' } }),
    'spec.ray.image: must be an image with a tag or a digest',
  ),
  bySchema(
    'a stack that nobody has',
    cluster({ ray: { version: '2.52.1', stack: 'Dask' } }),
    'spec.ray.stack: supported values: "Ray", "RayLLM"',
  ),
];

const podVectors: readonly BadVector[] = [
  byRule(
    'no CPU for the head',
    cluster({ head: { cpu: 0 } }),
    'spec.head.cpu: must be CPU cores such as 4 or 500m between 100m and 1024',
  ),
  byRule(
    'CPU with a unit that is none',
    cluster({ head: { cpu: '4 cores' } }),
    'spec.head.cpu: must be CPU cores such as 4 or 500m',
  ),
  byRule(
    'memory whose unit was forgotten: 16 bytes',
    group({ memory: 16 }),
    'spec.workerGroups[0].memory: must be memory such as 16Gi between 256Mi and 64Ti',
  ),
  byRule(
    'memory in GB',
    group({ memory: '16GB' }),
    'spec.workerGroups[0].memory: must be memory such as 16Gi',
  ),
  byRule(
    'more memory than any node has',
    group({ memory: '65Ti' }),
    'spec.workerGroups[0].memory: must be memory such as 16Gi between 256Mi and 64Ti',
  ),
  byRule(
    'more CPU than any node has',
    group({ cpu: '4000' }),
    'spec.workerGroups[0].cpu: must be CPU cores such as 4 or 500m between 100m and 1024',
  ),
  byRule(
    'negative memory',
    cluster({ head: { memory: '-8Gi' } }),
    'spec.head.memory: must be memory such as 16Gi',
  ),
  byRule(
    'a parameter of ray start with its dashes',
    cluster({ head: { rayStartParams: { '--num-cpus': '0' } } }),
    'spec.head.rayStartParams: keys are options of ray start without the leading dashes',
  ),
  byRule(
    'a parameter that the operator sets',
    group({ rayStartParams: { address: '10.0.0.1:6379' } }),
    'spec.workerGroups[0].rayStartParams: address, block, head, num-gpus, no-monitor are set by the operator; leave them out',
  ),
  ...[
    ['ends the command', '0; id'],
    ['ends the quotes', `'{"a": 1}' id '`],
    ['is expanded by the shell', '$(id)'],
    ['is expanded in double quotes', '"$HOME"'],
    ['is expanded by Kubernetes in quotes', "'$(HOME)'"],
    ['is of several words', '0 --head'],
    ['is of several lines', '0\nid'],
    ['is a pattern for names of files', '/tmp/*'],
    ['is empty', ''],
  ].map(([what, value]) =>
    byRule(
      `a parameter whose value ${what}`,
      cluster({ head: { rayStartParams: { 'num-cpus': value } } }),
      'spec.head.rayStartParams: values are words such as 0 or 10.0.0.1:8080, or JSON in single quotes',
    ),
  ),
  bySchema(
    'too many parameters',
    cluster({
      head: { rayStartParams: Object.fromEntries(numbered(33, 'p').map((key) => [key, '1'])) },
    }),
    'spec.head.rayStartParams: must have at most 32 items',
  ),
];

const groupVectors: readonly BadVector[] = [
  bySchema(
    'no worker group',
    cluster({ workerGroups: [] }),
    'spec.workerGroups: should have at least 1 items',
  ),
  bySchema(
    'more worker groups than a cluster may have',
    cluster({ workerGroups: groups(...numbered(17, 'g')) }),
    'spec.workerGroups: must have at most 16 items',
  ),
  bySchema(
    'two groups of one name',
    cluster({ workerGroups: groups('gpu', 'gpu') }),
    'spec.workerGroups[1]: {"name":"gpu"}',
  ),
  bySchema(
    'a group without a name',
    cluster({ workerGroups: [{ replicas: 1 }] }),
    'spec.workerGroups[0].name: Required value',
  ),
  byRule(
    'a group name in capitals',
    cluster({ workerGroups: groups('GPU') }),
    'spec.workerGroups[0].name: must be lower-case letters, digits and dashes',
  ),
  bySchema(
    'a group name that is too long for a pod name',
    cluster({ workerGroups: groups('g'.repeat(41)) }),
    'spec.workerGroups[0].name: may not be more than 40 bytes',
  ),
  bySchema(
    'negative replicas',
    cluster({
      workerGroups: [
        { name: 'gpu', replicas: 2 },
        { name: 'more', replicas: -1 },
      ],
    }),
    'spec.workerGroups[1].replicas: should be greater than or equal to 0',
  ),
  bySchema(
    'replicas as text',
    group({ replicas: '2' }),
    'spec.workerGroups[0].replicas: must be of type integer',
  ),
  bySchema(
    'half a device',
    group({ devicesPerWorker: 0.5 }),
    'spec.workerGroups[0].devicesPerWorker: must be of type int',
  ),
  bySchema(
    'more devices in a worker than a node has',
    group({ devicesPerWorker: 17 }),
    'spec.workerGroups[0].devicesPerWorker: should be less than or equal to 16',
  ),
  byRule(
    'fewest above most',
    group({ replicas: 4, minReplicas: 6, maxReplicas: 4 }),
    'spec.workerGroups[0].minReplicas: minReplicas 6 must be at most maxReplicas 4',
  ),
  byRule(
    'a model in small letters',
    group({ devices: { models: ['h100'] } }),
    'spec.workerGroups[0].devices.models[0]: must be the name of a GPU model, for example H100-80GB-HBM3',
  ),
  byRule(
    'replicas below minReplicas',
    group({ replicas: 1, minReplicas: 2 }),
    'spec.workerGroups[0].replicas: replicas 1 must be at least minReplicas 2',
  ),
  byRule(
    'replicas above maxReplicas',
    group({ replicas: 9, maxReplicas: 8 }),
    'spec.workerGroups[0].replicas: replicas 9 must be at most maxReplicas 8',
  ),
  byRule(
    'a wish for devices of workers that have none',
    cluster({
      workerGroups: [
        { name: 'gpu' },
        { name: 'cpu', devicesPerWorker: 0, devices: { models: ['L4'] } },
      ],
    }),
    'spec.workerGroups[1].devices: devices says which devices will do, but devicesPerWorker is 0; leave it out or raise devicesPerWorker',
  ),
  byRule(
    'a model with its maker',
    group({ devices: { models: ['NVIDIA-H100-80GB-HBM3'] } }),
    'spec.workerGroups[0].devices.models[0]: leave out the maker: H100-80GB-HBM3 instead of NVIDIA-H100-80GB-HBM3',
  ),
  byRule(
    'a shared model',
    group({ devices: { models: ['A100-SXM4-80GB', 'T4-SHARED'] } }),
    'spec.workerGroups[0].devices.models[1]: a shared GPU is not rented; name the model without -SHARED',
  ),
  bySchema(
    'a model twice',
    group({ devices: { models: ['L4', 'L4'] } }),
    'spec.workerGroups[0].devices.models[1]: "L4"',
  ),
  byRule(
    'a MIG profile that is none',
    group({ devices: { migProfile: '9g.10gb' } }),
    'spec.workerGroups[0].devices.migProfile: must be a MIG profile, for example 1g.10gb',
  ),
  byRule(
    'NVLink between MIG slices',
    group({ devices: { migProfile: '1g.10gb', nvlink: true } }),
    'spec.workerGroups[0].devices.nvlink: MIG slices have no NVLink; leave out migProfile or nvlink',
  ),
  bySchema(
    'no memory at all',
    group({ devices: { minMemoryMiB: 0 } }),
    'spec.workerGroups[0].devices.minMemoryMiB: should be greater than or equal to 1',
  ),
  byApi(
    'a field that does not exist',
    group({ replica: 2 }),
    'spec.workerGroups[0].replica: unknown field',
  ),
];

/** Bad Ray versions, pods and worker groups. */
export const badClusterParts: readonly BadVector[] = [
  ...rayVectors,
  ...podVectors,
  ...groupVectors,
];
