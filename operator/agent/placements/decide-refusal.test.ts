import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  decodeIODevice,
  decodeIOPlacement,
  type IOPlacement,
  type IOPlacementSpec,
} from '../../../crds/schema/index.ts';
import { type MemberPolicy, openPolicy } from '../../domain/member/policy.ts';
import { clusterUidLabel } from '../../domain/raycluster/manifest.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { refusalOf } from './decide-refusal.ts';
import type { Observed } from './snapshot.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As the informer decodes it: a rule that is broken is no reason to see nothing. */
function placement(facts: object = {}, labels: object = { [clusterUidLabel]: 'uid-1' }) {
  const spec = { ...buildPlacementSpec(), ...facts };
  const { leaseId: name } = buildPlacementSpec();
  const metadata = { name, namespace: 'io-member-fra-1', labels };
  return decodeIOPlacement({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement' },
    ...{ metadata, spec },
  });
}

function device(name: string) {
  const node = { name: name.slice(0, 1), uid: 'uid', ready: true, schedulable: true };
  return decodeIODevice({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IODevice' },
    metadata: { name, namespace: 'io-member-fra-1' },
    spec: {
      ...{ member: 'fra-1', node, index: 0, kind: 'GPU', product: 'NVIDIA-H100-80GB-HBM3' },
      ...{ memoryMiB: 81_559, resourceName: 'nvidia.com/gpu', allocatable: true },
    },
  });
}

const running: Observed['rayCluster'] = {
  ...{ apiVersion: 'ray.io/v1', kind: 'RayCluster', metadata: { name: 'r' } },
  ...{ workerGroups: [], status: {} },
};

function refused(of: IOPlacement, facts: Partial<Observed> = {}): string {
  const found = refusalOf({
    ...{ member: 'fra-1', placement: of, rayCluster: undefined, applied: undefined },
    ...{ device, earlierLease: () => undefined, fence: 'Clear', policy: openPolicy, hash },
    nowMs: Date.parse('2026-11-23T09:59:59Z'),
    ...facts,
  });
  return found === undefined ? 'taken' : `${found.reason} ${found.message}`;
}

const group = (facts: object) => ({ workerGroups: [{ ...buildPlacementGroup(), ...facts }] });
const params = (rayStartParams: object) => group({ rayStartParams });

test('what the hub should send is taken', () => {
  expect(refused(placement())).toBe('taken');
  expect(refused(placement(params({ 'num-cpus': '0', resources: `'{"a": 1}'` })))).toBe('taken');
});

describe('a hub that somebody else owns cannot have', () => {
  test.each<[string, object, string]>([
    ['a command for a value', params({ 'num-cpus': '0; id' }), 'rayStartParams: values are words'],
    ['a substitution', params({ 'num-cpus': '$(id)' }), 'rayStartParams: values are words'],
    ['backquotes', params({ resources: "'`id`'" }), 'rayStartParams: values are words'],
    ['an end of quotes', params({ resources: "'' id ''" }), 'rayStartParams: values are words'],
    ['a second line', params({ 'num-cpus': '0\nid' }), 'rayStartParams: values are words'],
    ['a command for a key', params({ 'a;id;': '0' }), 'rayStartParams: keys are options'],
    ['a key in capitals', params({ A: '0' }), 'rayStartParams: keys are options'],
    ['another head', params({ address: '10.0.0.1:6379' }), 'are set by the operator'],
    ['more GPUs than it leased', params({ 'num-gpus': '8' }), 'are set by the operator'],
    [
      'a command for the head',
      { head: { cpu: '2', memory: '8Gi', rayStartParams: { port: '1 id' } } },
      'spec.head.rayStartParams: values are words',
    ],
    [
      'an image with a command',
      { ray: { version: '2.52.1', image: 'ray:1$(id)' } },
      'spec.ray.image: must be an image',
    ],
    [
      'an image without a tag',
      { ray: { version: '2.52.1', image: 'ray.example/ray' } },
      'spec.ray.image: must be an image',
    ],
    [
      'another version',
      { ray: { version: '2 --x', image: 'ray:1.0' } },
      'spec.ray.version: must be',
    ],
    ['a tenant that is a namespace', { tenant: 'kube-system' }, 'spec.tenant: must be 16'],
    ['a tenant that is a path', { tenant: '../../kube-syste' }, 'spec.tenant: must be 16'],
    ['a lease of another name', { leaseId: 'lease-0000000000000000' }, 'spec.leaseId must be'],
    ['a group in capitals', group({ name: 'A' }), 'spec.workerGroups[0].name: must be lower-case'],
    ['a group that is a path', group({ name: '../a' }), 'spec.workerGroups[0].name: must be'],
    [
      'another resource',
      group({ resourceName: 'smarter-devices/kvm' }),
      'spec.workerGroups[0].resourceName: must be a resource of the device plugin',
    ],
    [
      'CPU that is no quantity',
      group({ cpu: '4; id' }),
      'spec.workerGroups[0].cpu: must be CPU cores',
    ],
    ['more memory than any node', group({ memory: '65Ti' }), 'memory: must be memory'],
    [
      'more workers than devices',
      group({ replicas: 3, maxReplicas: 3 }),
      'must name at least replicas times devicesPerWorker',
    ],
  ])('%s', (_, facts, message) => {
    expect(refused(placement(facts))).toMatch(/^RefusedInvalid /);
    expect(refused(placement(facts))).toContain(message);
    // Nor by changing what runs.
    expect(refused(placement(facts), { rayCluster: running })).toContain(message);
  });

  test.each(['', 'a b', '../x', 'x'.repeat(64), '-a'])('the cluster %j', (uid) => {
    expect(refused(placement({}, { [clusterUidLabel]: uid }))).toMatch(/^RefusedInvalid /);
  });
});

describe('the data centre has the last word', () => {
  const image = buildPlacementSpec().ray.image;
  const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' } as const;
  const bytes = (gibibytes: bigint): bigint => gibibytes * 1024n ** 3n * 1000n;

  test.each<[string, Partial<MemberPolicy>, Partial<IOPlacementSpec>, string]>([
    ['an image in its list', { allowedImages: ['docker.io/rayproject/'] }, {}, 'taken'],
    [
      'an image that is not',
      { allowedImages: ['docker.io/rayproject/ray:2.52.0'] },
      {},
      `RefusedImage The data centre does not allow the image ${image}.`,
    ],
    ['any image with an empty list', { allowedImages: [] }, {}, 'RefusedImage'],
    ['as much CPU as it allows', { maxMilliCpuPerPod: 32_000n }, {}, 'taken'],
    [
      'more CPU',
      { maxMilliCpuPerPod: 31_999n },
      {},
      'RefusedTooLarge A worker of workers has 32000m CPU; at most 31999m are allowed here.',
    ],
    [
      'a larger head',
      { maxMilliCpuPerPod: 32_000n },
      { head: { cpu: '32500m', memory: '8Gi' } },
      'RefusedTooLarge The head has 32500m CPU; at most 32000m are allowed here.',
    ],
    [
      'a head that is larger with its autoscaler',
      { maxMilliCpuPerPod: 32_000n },
      { head: { cpu: '32', memory: '8Gi' }, autoscaling },
      'RefusedTooLarge The head has 32500m CPU; at most 32000m are allowed here.',
    ],
    ['as much memory as it allows', { maxMilliBytesPerPod: bytes(256n) }, {}, 'taken'],
    [
      'more memory',
      { maxMilliBytesPerPod: bytes(255n) },
      {},
      'RefusedTooLarge A worker of workers has 274877906944 bytes of memory; at most 273804165120',
    ],
    ['as many devices as it allows', { maxDevicesPerLease: 8 }, {}, 'taken'],
    [
      'more devices',
      { maxDevicesPerLease: 7 },
      {},
      'RefusedTooLarge The lease has 8 devices; at most 7 are allowed here.',
    ],
    ['a lease of CPU only', { maxDevicesPerLease: 0 }, cpuOnly(), 'taken'],
    ['anything while it is cordoned', { cordoned: true }, {}, 'RefusedCordoned'],
    [
      'anything while it drains',
      { drainDeadline: '2026-11-23T10:00:00Z' },
      {},
      'RefusedCordoned The data centre takes everything off this member.',
    ],
  ])('about %s', (_, limits, facts, expected) => {
    const policy = { ...openPolicy, ...limits };
    expect(refused(placement(facts), { policy })).toContain(expected);
  });

  function cpuOnly(): Partial<IOPlacementSpec> {
    const { resourceName: _, ...rest } = buildPlacementGroup();
    return { workerGroups: [{ ...rest, devicesPerWorker: 0, devices: [] }] };
  }

  test('and a cordon leaves alone what runs, and what was just applied', () => {
    const policy = { ...openPolicy, cordoned: true };
    const applied = { uid: 'u', generation: 1, intent: 'i' };
    expect(refused(placement(), { policy, rayCluster: running })).toBe('taken');
    expect(refused(placement(), { policy, applied })).toBe('taken');
  });

  test('and what runs stays until everything is to be off, and no longer', () => {
    const drainDeadline = '2026-11-23T10:00:00Z';
    const policy = { ...openPolicy, drainDeadline };
    const applied = { uid: 'u', generation: 1, intent: 'i' };
    const overMs = Date.parse(drainDeadline);
    const over =
      'RefusedCordoned The data centre wanted everything off this member by 2026-11-23T10';
    for (const facts of [{ rayCluster: running }, { applied }]) {
      expect(refused(placement(), { policy, ...facts, nowMs: overMs - 1 })).toBe('taken');
      expect(refused(placement(), { policy, ...facts, nowMs: overMs })).toContain(over);
    }
    expect(refused(placement(), { policy, nowMs: overMs })).toContain(over);
    // A cordon alone has no end.
    const cordon = { policy: { ...openPolicy, cordoned: true }, rayCluster: running };
    expect(refused(placement(), { ...cordon, nowMs: overMs })).toBe('taken');
  });

  test('and what it no longer allows ends', () => {
    const policy = { ...openPolicy, allowedImages: ['registry.example/'] };
    expect(refused(placement(), { policy, rayCluster: running })).toMatch(/^RefusedImage /);
  });
});

describe('where Kueue says when something runs', () => {
  const queue = { name: 'gpu' };
  const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' };
  const labels = { 'kueue.x-k8s.io/queue-name': 'gpu' };
  const queued = (groups = 0): Observed['rayCluster'] => ({
    ...{ apiVersion: 'ray.io/v1', kind: 'RayCluster', metadata: { name: 'r', labels }, status: {} },
    workerGroups: Array.from({ length: groups }, (_, at) => ({
      ...{ groupName: `left-${at}`, replicas: 0, scaleStrategy: undefined },
    })),
  });
  const nodes = (count: number) =>
    group({
      ...{ replicas: count, minReplicas: count, maxReplicas: count, devicesPerWorker: 1 },
      devices: Array.from({ length: count }, (_, at) => ({ name: `${at}-gpu-0`, node: `${at}` })),
    });
  const head = { ...nodes(1).workerGroups[0], name: 'head', devicesPerWorker: 0, devices: [] };
  const { resourceName: _, ...cpuHead } = head as typeof head & { resourceName?: string };

  test.each<[string, object, Partial<Observed>, string]>([
    ['nothing special', {}, {}, 'taken'],
    ['an autoscaler', { autoscaling }, {}, 'RefusedQueue Kueue runs this data centre'],
    ['an autoscaler, and there is no queue', { autoscaling }, { queue: undefined }, 'taken'],
    ['an autoscaler that runs without it', { autoscaling }, { rayCluster: running }, 'taken'],
    ['groups on too many nodes', nodes(18), {}, 'RefusedQueue The lease has 18 groups'],
    ['as many as Kueue takes', nodes(17), { rayCluster: queued() }, 'taken'],
    ['as many beside one it has left', nodes(17), { rayCluster: queued(1) }, 'RefusedQueue The'],
    ['a group with the name of the head', { workerGroups: [cpuHead] }, {}, 'RefusedQueue Kueue'],
    [
      'a queue that is not there',
      {},
      { queue: { ...queue, fault: 'No queue.' } },
      'RefusedQueue No',
    ],
    [
      'a queue that is not there, and it is in it',
      ...([{}, { queue: { ...queue, fault: 'No queue.' }, rayCluster: queued() }] as const),
      'taken',
    ],
  ])('%s', (_name, facts, observed, expected) => {
    expect(refused(placement(facts), { queue, ...observed })).toMatch(new RegExp(`^${expected}`));
  });
});
