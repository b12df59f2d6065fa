import { expect, test } from '@jest/globals';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { Cache } from '../../runtime/cache.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { BrokenWorkers } from './broken-workers.ts';

type Facts = Readonly<{ uid: string; leaseId: string; role: string; group: string }>;
type Pod = KubeObject & Readonly<{ facts: Facts }>;

const spec = (...devices: readonly string[]): Pick<IOPlacement, 'spec'> => ({
  spec: buildPlacementSpec({
    workerGroups: [buildPlacementGroup({ devices: devices.map((name) => ({ name, node: 'a' })) })],
  }),
});
const { leaseId } = spec().spec;

function pods(): Cache<Pod> {
  const cache = new Cache<Pod>({ lease: ({ facts }) => [facts.leaseId] });
  const put = (name: string, role = 'worker', of = leaseId) =>
    cache.set({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'tenant' } },
      facts: { uid: `uid-${name}`, leaseId: of, role, group: `group-${name.slice(0, 1)}` },
    });
  put('a1');
  put('a2');
  put('b1');
  put('head', 'head');
  put('c1', 'worker', 'lease-of-another');
  return cache;
}

/** What has to go when these are broken, by who was on them when they broke, and who is now. */
function retired(
  placement: Pick<IOPlacement, 'spec'>,
  hit: Readonly<Record<string, string | undefined>>,
  now: Readonly<Record<string, string>> = {},
): unknown {
  const workers = new BrokenWorkers({
    health: { broken: () => Object.keys(hit), podOf: (device) => now[device] },
    pods: pods(),
    hit: (device) => hit[device],
  });
  return Object.fromEntries(workers.of(placement));
}

test.each<[string, unknown, unknown]>([
  [
    'the worker of a device that was given back',
    retired(spec('d2'), { d1: 'uid-a1' }),
    { 'group-a': ['a1'] },
  ],
  ['nobody while the lease has the device', retired(spec('d1'), { d1: 'uid-a1' }), {}],
  ['nobody of another lease', retired(spec('d2'), { d1: 'uid-c1' }), {}],
  ['no head', retired(spec('d2'), { d1: 'uid-head' }), {}],
  ['nobody who is gone', retired(spec('d2'), { d1: 'uid-gone' }), {}],
  [
    'who has it now, where nobody saw it break',
    retired(spec('d2'), { d1: undefined }, { d1: 'tenant/b1' }),
    { 'group-b': ['b1'] },
  ],
  [
    'not who has it now, where it is known who had it',
    retired(spec('d2'), { d1: 'uid-a1' }, { d1: 'tenant/b1' }),
    { 'group-a': ['a1'] },
  ],
  [
    'all that have to, by group',
    retired(spec('d9'), { d1: 'uid-a2', d2: 'uid-b1', d3: 'uid-a1' }),
    { 'group-a': ['a1', 'a2'], 'group-b': ['b1'] },
  ],
])('%s', (_, found, expected) => {
  expect(found).toEqual(expected);
});
