import { expect, test } from '@jest/globals';
import { HubRefusedError } from '../../ports/hub-errors.ts';
import { buildCluster } from '../../testing/builders/io-cluster.ts';
import { clusterPatch, requestedByAnnotation } from './cluster-patch.ts';

const cluster = {
  ...buildCluster(),
  metadata: { name: 'a', namespace: 'b', resourceVersion: '7' },
};
const [group] = cluster.spec.workerGroups;
const name = group!.name;

test('only what was asked for is changed, and only of what was read', () => {
  const change = { suspend: true, ttl: '8h', workerGroups: [{ name, replicas: 3 }] };
  expect(clusterPatch(cluster, change, 'ann')).toEqual([
    { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/metadata/annotations', value: { [requestedByAnnotation]: 'ann' } },
    { op: 'add', path: '/spec/suspend', value: true },
    { op: 'add', path: '/spec/lifetime', value: { ttl: '8h' } },
    { op: 'test', path: '/spec/workerGroups/0/name', value: name },
    { op: 'add', path: '/spec/workerGroups/0/replicas', value: 3 },
  ]);
});

test('other annotations and the rest of the lifetime stay', () => {
  const { metadata, spec } = cluster;
  const other = {
    ...cluster,
    metadata: { ...metadata, annotations: { mine: 'x' } },
    spec: { ...spec, lifetime: { ttl: '1h' } },
  };
  expect(clusterPatch(other, { ttl: '2h' }, 'ann').slice(1)).toEqual([
    { op: 'add', path: '/metadata/annotations/compute.io.net~1requested-by', value: 'ann' },
    { op: 'add', path: '/spec/lifetime/ttl', value: '2h' },
  ]);
});

test('a group that it does not have is refused, and says which it has', () => {
  const change = { workerGroups: [{ name: '../spec', replicas: 1 }] };
  expect(() => clusterPatch(cluster, change, 'ann')).toThrow(HubRefusedError);
  expect(() => clusterPatch(cluster, change, 'ann')).toThrow(`must be one of ${name}`);
});
