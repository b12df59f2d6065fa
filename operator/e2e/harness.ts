import { expect } from '@jest/globals';
import {
  type Condition,
  type IOCluster,
  ioClusterResource,
  type IOPlacement,
} from '../../crds/schema/index.ts';
import { devicesOfPod, isPodReady, type Pod } from '../../hack/federation/clients.ts';
import type { OnMember, World } from '../../hack/federation/world.ts';
import { eventually } from '../testing/eventually.ts';

/** How scenarios reach the federation: it is started after they are declared. */
export type GetWorld = () => World;

const READY_WITHIN_MS = 60_000;
const GONE_WITHIN_MS = 60_000;
const POLL_MS = 50;

/** Parts of an IOCluster's spec; the defaults are those of the API server. */
export type SpecParts = {
  readonly workerGroups?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
};

/** Where an IOCluster is. */
export type Where = { readonly namespace: string; readonly name: string };

/** Makes a namespace for one test. */
export async function newNamespace(world: World, name: string): Promise<string> {
  await world.mustKubectl(['create', 'namespace', name]);
  return name;
}

/** Creates an IOCluster: one worker with one GPU, unless `spec` says otherwise. */
export async function createCluster(
  world: World,
  { namespace, name }: Where,
  spec: SpecParts = {},
): Promise<IOCluster> {
  const { workerGroups = [{ name: 'gpu' }], ...rest } = spec;
  return world.hub.create(ioClusterResource, {
    metadata: { name, namespace },
    spec: { ray: { version: '2.52.1' }, workerGroups, ...rest },
  });
}

/** One worker group of H100 on Frankfurt, for tests that need to know where they run. */
export const onFrankfurt = (replicas: number, devicesPerWorker = 1): SpecParts => ({
  workerGroups: [{ name: 'gpu', replicas, devicesPerWorker }],
  placement: { members: ['frankfurt-1'] },
});

/** Merge patch of an IOCluster. */
export async function patchCluster(
  world: World,
  { namespace, name }: Where,
  patch: Record<string, unknown>,
): Promise<void> {
  await world.hub.mergePatch(ioClusterResource, name, namespace, patch);
}

/** Sets the replicas of the first worker group, as `kubectl patch --type=json` does. */
export async function scale(world: World, where: Where, replicas: number): Promise<void> {
  const operations = [
    { op: 'replace' as const, path: '/spec/workerGroups/0/replicas', value: replicas },
  ];
  await world.hub.jsonPatch(ioClusterResource, where.name, where.namespace, operations);
}

export async function deleteCluster(world: World, { namespace, name }: Where): Promise<void> {
  await world.hub.delete(ioClusterResource, name, namespace);
}

/** The IOCluster; fails when there is none. */
export async function readCluster(world: World, where: Where): Promise<IOCluster> {
  const cluster = await world.cluster(where.namespace, where.name);
  if (cluster === undefined) throw new Error(`no IOCluster ${where.namespace}/${where.name}`);
  return cluster;
}

export function conditionOf(
  object: { status?: { conditions?: readonly Condition[] | undefined } | undefined },
  type: string,
): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Waits until a condition is as wanted, for the present generation of the spec. */
export function expectCondition(
  world: World,
  where: Where,
  type: string,
  wanted: { readonly status: string; readonly reason?: string },
  withinMs = READY_WITHIN_MS,
): Promise<IOCluster> {
  return eventually(
    async () => {
      const cluster = await readCluster(world, where);
      const found = conditionOf(cluster, type);
      const { generation } = cluster.metadata;
      const text = `${where.name} ${type}=${found?.status} ${found?.reason}: ${found?.message}`;
      if (cluster.status?.observedGeneration !== generation) throw new Error(`${text} (old)`);
      if (found?.status !== wanted.status) throw new Error(text);
      if (wanted.reason !== undefined && found.reason !== wanted.reason) throw new Error(text);
      return cluster;
    },
    { withinMs, everyMs: POLL_MS },
  );
}

/** Waits until an IOCluster is Ready with all its workers, and returns it. */
export async function expectReady(
  world: World,
  where: Where,
  withinMs?: number,
): Promise<IOCluster & { readonly lease: NonNullable<NonNullable<IOCluster['status']>['lease']> }> {
  const cluster = await expectCondition(world, where, 'Ready', { status: 'True' }, withinMs);
  const lease = cluster.status?.lease;
  if (lease === undefined) throw new Error(`${where.name} is Ready without a lease`);
  return { ...cluster, lease };
}

/** Waits until no trace of any IOCluster is left on hub and members. */
export function expectNothingLeft(world: World): Promise<void> {
  return eventually(
    async () => {
      const { items } = await world.hub.list(ioClusterResource);
      const names = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      const leases = (await world.allPlacements()).map(({ metadata }) => metadata.name);
      const rayClusters = (await world.rayClusters()).map(({ object }) => object.metadata.name);
      const pods = (await world.pods()).map(({ object }) => object.metadata.name);
      const devices = await world.devices();
      const leased = devices.filter(({ status }) => status?.lease !== undefined);
      expect({ names, leases, rayClusters, pods, leased: leased.length }).toEqual({
        names: [],
        leases: [],
        rayClusters: [],
        pods: [],
        leased: 0,
      });
    },
    { withinMs: GONE_WITHIN_MS, everyMs: 100 },
  );
}

/** Deletes every IOCluster and waits until nothing is left of them. */
export async function removeAll(world: World): Promise<void> {
  const { items } = await world.hub.list(ioClusterResource);
  for (const { metadata } of items) {
    await world.hub.delete(ioClusterResource, metadata.name, metadata.namespace);
  }
  await expectNothingLeft(world);
}

type DeviceOnNode = { readonly lease: string; readonly member: string; readonly node: string };

const placeKey = ({ lease, member, node }: DeviceOnNode): string => `${lease} ${member} ${node}`;

/** Leased devices by lease, member and node. */
function leasedOnNodes(placements: readonly IOPlacement[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of placements) {
    for (const { node } of spec.workerGroups.flatMap(({ devices }) => devices)) {
      const key = placeKey({ lease: spec.leaseId, member: spec.member, node });
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

/** No device in two leases, and on no node more devices in use than the lease has there. */
export async function expectLeasesHold(world: World): Promise<void> {
  const placements = await world.allPlacements();
  const holders = new Map<string, string[]>();
  for (const { spec } of placements) {
    for (const { name } of spec.workerGroups.flatMap(({ devices }) => devices)) {
      const key = `${spec.member}/${name}`;
      holders.set(key, [...(holders.get(key) ?? []), spec.leaseId]);
    }
  }
  expect([...holders].filter(([, leases]) => leases.length > 1)).toEqual([]);
  const leased = leasedOnNodes(placements);
  const used = usedOnNodes(await world.pods());
  expect([...used].filter(([key, count]) => count > (leased.get(key) ?? 0))).toEqual([]);
}

function usedOnNodes(pods: readonly OnMember<Pod>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { member, object } of pods) {
    const { deletionTimestamp, labels } = object.metadata;
    const devices = devicesOfPod(object);
    const { nodeName: node } = object.spec;
    if (devices === 0 || node === undefined || deletionTimestamp !== undefined) continue;
    const key = placeKey({ lease: labels?.['compute.io.net/lease'] ?? '', member, node });
    counts.set(key, (counts.get(key) ?? 0) + devices);
  }
  return counts;
}

/** One placement and one RayCluster for each of the clusters, and no other anywhere. */
export async function expectOneOfEach(world: World, clusters: readonly IOCluster[]): Promise<void> {
  const wanted = sorted(clusters.map(({ status }) => status?.lease?.id));
  const placements = await world.allPlacements();
  const rayClusters = await world.rayClusters();
  expect(sorted(placements.map(({ metadata }) => metadata.name))).toEqual(wanted);
  expect(sorted(rayClusters.map(({ object }) => object.metadata.name))).toEqual(wanted);
  const uids = placements.map(({ metadata }) => metadata.labels?.['compute.io.net/cluster-uid']);
  expect(sorted(uids)).toEqual(sorted(clusters.map(({ metadata }) => metadata.uid)));
}

/** Ready worker pods of a lease, those with devices. */
export async function workerPods(world: World, lease: string): Promise<readonly Pod[]> {
  const pods = (await world.pods(lease)).map(({ object }) => object);
  return pods.filter((pod) => devicesOfPod(pod) > 0 && isPodReady(pod));
}

/** A copy in ascending order, for comparing lists whose order says nothing. */
export function sorted<T extends string | undefined>(texts: readonly T[]): readonly T[] {
  return texts.toSorted((a, b) => String(a).localeCompare(String(b)));
}
