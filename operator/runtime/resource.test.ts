import { describe, expect, test } from '@jest/globals';
import { keyOf, objectKey, splitKey } from './kube-object.ts';
import { apiVersionOf, queryOf, type Resource, resourceName, resourcePath } from './resource.ts';

const node: Resource = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
};
const cluster: Resource = {
  group: 'compute.io.net',
  version: 'v1alpha1',
  kind: 'IOCluster',
  plural: 'ioclusters',
  namespaced: true,
};

describe('paths', () => {
  test.each<[Resource, Parameters<typeof resourcePath>[1], string]>([
    [node, {}, '/api/v1/nodes'],
    [node, { name: 'a' }, '/api/v1/nodes/a'],
    [node, { name: 'a', namespace: 'ignored' }, '/api/v1/nodes/a'],
    [cluster, {}, '/apis/compute.io.net/v1alpha1/ioclusters'],
    [cluster, { namespace: '' }, '/apis/compute.io.net/v1alpha1/ioclusters'],
    [cluster, { namespace: 'n' }, '/apis/compute.io.net/v1alpha1/namespaces/n/ioclusters'],
    [
      cluster,
      { namespace: 'n', name: '../x', subresource: 'status' },
      '/apis/compute.io.net/v1alpha1/namespaces/n/ioclusters/..%2Fx/status',
    ],
  ])('%#', (resource, target, expected) => {
    expect(resourcePath(resource, target)).toBe(expected);
  });

  test('a namespaced object without its namespace is a bug of the caller', () => {
    expect(() => resourcePath(cluster, { name: 'a' })).toThrow(
      'IOCluster a: a namespace is needed, IOCluster has one',
    );
  });
});

test('names', () => {
  expect([apiVersionOf(node), apiVersionOf(cluster)]).toEqual(['v1', 'compute.io.net/v1alpha1']);
  expect([resourceName(node), resourceName(cluster)]).toEqual([
    'nodes',
    'ioclusters.compute.io.net',
  ]);
  expect(queryOf({ limit: 5, watch: true, continue: undefined, labelSelector: '' })).toBe(
    '?limit=5&watch=true',
  );
  expect(queryOf({})).toBe('');
});

test('keys', () => {
  expect(keyOf({ metadata: { name: 'a', namespace: 'n' } })).toBe('n/a');
  expect([objectKey('a'), objectKey('a', ''), objectKey('a', 'n')]).toEqual(['a', 'a', 'n/a']);
  expect([splitKey('n/a'), splitKey('a')]).toEqual([{ namespace: 'n', name: 'a' }, { name: 'a' }]);
});
