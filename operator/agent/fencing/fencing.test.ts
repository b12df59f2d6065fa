import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';
import { FakeInformer } from '../../testing/fake-informer.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Fences } from './fences.ts';
import { fencing } from './index.ts';
import { Renewals } from './renewals.ts';

const resource: Resource = {
  ...{ group: 'ray.io', version: 'v1', kind: 'RayCluster' },
  ...{ plural: 'rayclusters', namespaced: true },
};
let clock: ManualClock;
let renewals: Renewals;
let rayClusters: FakeInformer<KubeObject>;
let deleted: string[];
/** Leases whose question the hub never answers. */
let hanging: Set<string>;
let released: string[];
let stop: AbortController;

beforeEach(async () => {
  clock = new ManualClock();
  rayClusters = new FakeInformer(resource);
  [deleted, released, hanging] = [[], [], new Set()];
  stop = new AbortController();
  renewals = await Renewals.open({ clock, logger: silentLogger, directory: undefined });
  renewals.acknowledge(clock.monotonicMs());
  const fences = new Fences({
    renewals,
    askHub: (leaseId) =>
      hanging.has(leaseId) ? new Promise(() => {}) : Promise.resolve(undefined),
    clock,
    logger: silentLogger,
  });
  const remove: ApiClient['delete'] = async (_, name) => {
    deleted.push(name);
    // The member's own API server says nothing about this one.
    if (name === 'lease-0') await new Promise(() => {});
    if (name === 'lease-1') throw new Error('refused');
  };
  const running = fencing({
    ...{ fences, resource, rayClusters, clock, logger: silentLogger },
    local: { delete: remove },
    released: (leaseId) => void released.push(leaseId),
  });
  void running.run(stop.signal, {});
});
afterEach(() => stop.abort());

function runs(name: string, afterSeconds: number | undefined): void {
  const after =
    afterSeconds === undefined ? {} : { 'compute.io.net/fence-after-seconds': `${afterSeconds}` };
  const labels = { 'compute.io.net/lease': name, ...after };
  const metadata = { name, namespace: 'tenant', uid: `uid-${name}`, labels };
  rayClusters.put({ apiVersion: 'ray.io/v1', kind: 'RayCluster', metadata });
}

test('each is stopped after its own time, whatever becomes of the others, and again until it is', async () => {
  runs('lease-0', 30);
  runs('lease-1', 30);
  runs('lease-2', 60);
  runs('lease-3', undefined);
  await clock.advance(29_900);
  expect(deleted).toEqual([]);
  await clock.advance(200);
  expect(deleted).toEqual(['lease-0', 'lease-1']);
  await clock.advance(500);
  expect(deleted).toEqual(['lease-0', 'lease-1', 'lease-1']);
  await clock.advance(30_000);
  expect(deleted).toContain('lease-2');
  expect(deleted).not.toContain('lease-3');
});

test('a hub that takes heartbeats and answers nothing keeps nobody from being stopped', async () => {
  hanging.add('lease-1');
  runs('lease-1', 30);
  runs('lease-2', 60);
  await clock.advance(31_000);
  renewals.acknowledge(clock.monotonicMs());
  await clock.advance(1_000);
  expect(released).toEqual(['lease-2']);
  await clock.advance(61_000);
  expect(deleted).toContain('lease-2');
});
