import { describe, expect, test } from '@jest/globals';
import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import {
  type Pod,
  podResource,
  type RayCluster,
  rayClusterResource,
} from '../../../hack/federation/clients.ts';
import { mustKubectl } from '../../../hack/federation/kubectl.ts';
import type { World } from '../../../hack/federation/world.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  expectReady,
  conditionOf,
  createCluster,
  expectLeasesHold,
  expectOneOfEach,
  type GetWorld,
  newNamespace,
  onFrankfurt,
  workerPods,
} from '../harness.ts';

const MEMBER = 'frankfurt-1';
const MIRRORED_WITHIN_MS = 1_000;
const WATCH_SECONDS = 120;
const soon = { withinMs: 30_000 };

/** What somebody else changes is put right, and what happens on a member is known on the hub. */
export function driftScenarios(world: GetWorld): void {
  const member = (): ApiClient => world().member(MEMBER);
  const ready = async (name: string, workers = 1) => {
    const namespace = await newNamespace(world(), name);
    const where = { namespace, name };
    await createCluster(world(), where, onFrankfurt(workers));
    const { lease } = await expectReady(world(), where);
    return { where, lease, rayCluster: await rayClusterOf(world(), lease.id) };
  };

  const kubectlOnMember = (args: readonly string[]): Promise<string> =>
    mustKubectl(world().federation.member(MEMBER).controlPlane.adminKubeconfigPath, args);
  const offered = async (node: string): Promise<number> => {
    const devices = (await world().devices()).filter(
      ({ spec }) => spec.member === MEMBER && spec.node.name === node,
    );
    return devices.filter((device) => conditionOf(device, 'Offered')?.status === 'True').length;
  };

  describe('drift', () => {
    test('a RayCluster edited by hand is put right', async () => {
      const { where, lease, rayCluster } = await ready('edited-by-hand');
      const { name, namespace, generation = 0 } = rayCluster.metadata;
      await member().jsonPatch(rayClusterResource, name, namespace, [
        { op: 'replace', path: '/spec/workerGroupSpecs/0/maxReplicas', value: 4 },
        { op: 'replace', path: '/spec/workerGroupSpecs/0/replicas', value: 4 },
        { op: 'remove', path: '/metadata/labels/compute.io.net~1cluster-uid' },
      ]);
      await eventually(
        async () => {
          const repaired = await rayClusterOf(world(), lease.id);
          expect(repaired.spec.workerGroupSpecs?.[0]?.replicas).toBe(1);
          expect(repaired.metadata.generation).toBeGreaterThan(generation);
          expect(repaired.metadata.labels).toMatchObject(rayCluster.metadata.labels ?? {});
          expect(await workerPods(world(), lease.id)).toHaveLength(1);
          await expectLeasesHold(world());
        },
        { withinMs: 30_000 },
      );
      await expectReady(world(), where);
    });

    test('a RayCluster deleted by hand is made again, for the same lease', async () => {
      const { where, lease, rayCluster } = await ready('deleted-by-hand');
      const { name, namespace, uid } = rayCluster.metadata;
      await member().delete(rayClusterResource, name, namespace);
      await eventually(
        async () => {
          const again = await rayClusterOf(world(), lease.id);
          expect(again.metadata.uid).not.toBe(uid);
          expect(again.status?.state).toBe('ready');
        },
        { withinMs: 60_000 },
      );
      const cluster = await expectReady(world(), where);
      expect(cluster.lease.id).toBe(lease.id);
      await expectOneOfEach(world(), [cluster]);
    });

    test("a tenant's namespace deleted by hand is made again with what was in it", async () => {
      const { where, lease, rayCluster } = await ready('namespace-gone');
      const { namespace = '', uid } = rayCluster.metadata;
      await kubectlOnMember(['delete', 'namespace', namespace, '--timeout=60s']);
      await eventually(
        async () => {
          expect((await rayClusterOf(world(), lease.id)).metadata.uid).not.toBe(uid);
        },
        { withinMs: 60_000 },
      );
      expect((await expectReady(world(), where)).lease.id).toBe(lease.id);
    });

    test('an IOPlacement deleted by hand ends its lease, and the cluster gets another', async () => {
      const { where, lease } = await ready('placement-gone');
      await world().mustKubectl(['delete', 'iop', lease.id, '--namespace=io-member-frankfurt-1']);
      await eventually(
        async () => {
          const cluster = await expectReady(world(), where);
          expect(cluster.lease.generation).toBe(2);
          await expectOneOfEach(world(), [cluster]);
        },
        { withinMs: 60_000 },
      );
    });

    test('an IODevice deleted by hand is made again, with its lease', async () => {
      const { lease } = await ready('device-gone');
      const held = async () =>
        (await world().devices()).filter(({ status }) => status?.lease?.id === lease.id);
      await eventually(async () => expect(await held()).toHaveLength(1));
      const [before] = await held();
      const { name = '', namespace = '' } = before?.metadata ?? {};
      await world().mustKubectl(['delete', 'iod', name, `--namespace=${namespace}`]);
      await eventually(
        async () => {
          const [after] = await held();
          expect(after?.metadata.name).toBe(name);
          expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
        },
        { withinMs: 30_000 },
      );
    });

    test('a cordoned node offers nothing until it is uncordoned', async () => {
      await kubectlOnMember(['cordon', 'h100-4']);
      await eventually(async () => expect(await offered('h100-4')).toBe(0), soon);
      await kubectlOnMember(['uncordon', 'h100-4']);
      await eventually(async () => expect(await offered('h100-4')).toBe(8), soon);
    });

    test('a node whose labels contradict its capacity is told of in an event', async () => {
      await kubectlOnMember(['label', 'node', 'h100-4', 'nvidia.com/gpu.count=7', '--overwrite']);
      await eventually(async () => {
        const text = await kubectlOnMember([
          'get',
          'events.events.k8s.io',
          '--namespace=default',
          '--output=jsonpath={range .items[*]}{.regarding.name} {.type} {.reason}{"\\n"}{end}',
        ]);
        expect(text.split('\n')).toContain('h100-4 Warning CountMismatch');
      }, soon);
      await kubectlOnMember(['label', 'node', 'h100-4', 'nvidia.com/gpu.count=8', '--overwrite']);
      await eventually(async () => expect(await offered('h100-4')).toBe(8), soon);
    });
  });

  describe('readiness', () => {
    test('is known on the hub in under a second, both ways', async () => {
      const namespace = await newNamespace(world(), 'mirrored');
      const where = { namespace, name: 'watched' };
      const mirror = await startMirror(world());
      try {
        const { metadata } = await createCluster(world(), where, onFrankfurt(2));
        const uid = metadata.uid ?? '';
        await mirror.expectReady(uid, true);
        const { lease } = await expectReady(world(), where);
        const [worker] = await workerPods(world(), lease.id);
        if (worker === undefined) throw new Error(`${lease.id} has no worker`);
        await setPodReady(member(), worker, false);
        await mirror.expectReady(uid, false);
        await setPodReady(member(), worker, true);
        await mirror.expectReady(uid, true);
      } finally {
        await mirror.stop();
      }
    });
  });
}

/** Says of a pod what its kubelet would say. */
async function setPodReady(client: ApiClient, pod: Pod, ready: boolean): Promise<void> {
  const { name, namespace } = pod.metadata;
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: ready ? 'True' : 'False' } : condition,
  );
  const patch = { status: { conditions } };
  await client.mergePatch(podResource, name, namespace, patch, { subresource: 'status' });
}

async function rayClusterOf(world: World, lease: string): Promise<RayCluster> {
  const found = await world.rayClusters(lease);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} RayClusters`);
  return only.object;
}

type Turn = { readonly ready: boolean; readonly atMs: number };

/** Follows RayClusters on the member and IOClusters on the hub, and notes when readiness turned. */
async function startMirror(world: World) {
  const stop = new AbortController();
  const [there, here] = [new Map<string, Turn>(), new Map<string, Turn>()];
  const note = (turns: Map<string, Turn>, uid: string, ready: boolean): void => {
    if (turns.get(uid)?.ready !== ready) turns.set(uid, { ready, atMs: performance.now() });
  };
  const follow = [
    await startFollowing(world.member(MEMBER), rayClusterResource, stop.signal, (object) =>
      note(there, object.metadata.labels?.['compute.io.net/cluster-uid'] ?? '', isUp(object)),
    ),
    await startFollowing(world.hub, ioClusterResource, stop.signal, (object) =>
      note(here, object.metadata.uid ?? '', isReady(object)),
    ),
  ];
  return {
    /** Waits until both sides say so, and checks how long the hub took. */
    async expectReady(uid: string, ready: boolean): Promise<void> {
      await eventually(
        () => {
          expect([there.get(uid)?.ready, here.get(uid)?.ready]).toEqual([ready, ready]);
        },
        { withinMs: 30_000, everyMs: 5 },
      );
      const tookMs = (here.get(uid)?.atMs ?? Infinity) - (there.get(uid)?.atMs ?? 0);
      expect(tookMs).toBeLessThan(MIRRORED_WITHIN_MS);
    },
    async stop(): Promise<void> {
      stop.abort();
      await Promise.allSettled(follow.map(({ ended }) => ended));
    },
  };
}

function isUp({ status, spec }: RayCluster): boolean {
  const wanted = (spec.workerGroupSpecs ?? []).reduce((sum, { replicas }) => sum + replicas, 0);
  const head = status?.conditions?.find(({ type }) => type === 'HeadPodReady')?.status === 'True';
  return head && status?.readyWorkerReplicas === wanted;
}

const isReady = (cluster: IOCluster): boolean => conditionOf(cluster, 'Ready')?.status === 'True';

/** Resolves when the watch is open; `ended` settles with it. */
async function startFollowing<T extends KubeObject>(
  client: ApiClient,
  resource: Resource<T>,
  signal: AbortSignal,
  seen: (object: T) => void,
): Promise<{ readonly ended: Promise<void> }> {
  const { resourceVersion } = await client.list(resource, { limit: 1 });
  const events = client.watch(resource, { resourceVersion, timeoutSeconds: WATCH_SECONDS, signal });
  const ended = (async () => {
    for await (const event of events) {
      if (event.type === 'ADDED' || event.type === 'MODIFIED') seen(event.object);
    }
  })();
  ended.catch(() => undefined);
  return { ended };
}
