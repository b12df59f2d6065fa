import { describe, expect, test } from '@jest/globals';
import { ioClusterResource, ioPlacementResource } from '../../../crds/schema/index.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  expectCondition,
  expectReady,
  conditionOf,
  createCluster,
  deleteCluster,
  expectLeasesHold,
  expectOneOfEach,
  type GetWorld,
  newNamespace,
  expectNothingLeft,
  onFrankfurt,
  patchCluster,
  readCluster,
  scale,
  workerPods,
} from '../harness.ts';

/** What a renter does to a running cluster. */
export function lifecycleScenarios(world: GetWorld): void {
  describe('a running cluster', () => {
    test('grows and shrinks on the nodes of its lease', async () => {
      const namespace = await newNamespace(world(), 'scaled');
      const where = { namespace, name: 'elastic' };
      await createCluster(world(), where, onFrankfurt(2, 3));
      const { lease } = await expectReady(world(), where);
      for (const replicas of [5, 1, 4, 2]) {
        await scale(world(), where, replicas);
        const scaled = await expectReady(world(), where);
        expect(scaled.lease).toMatchObject({ id: lease.id, devices: replicas * 3 });
        expect(scaled.status?.workers).toMatchObject({ desired: replicas, ready: replicas });
        await eventually(async () => {
          expect(await workerPods(world(), lease.id)).toHaveLength(replicas);
          await expectLeasesHold(world());
        });
      }
    });

    test('goes on as it is while it cannot grow, and says so', async () => {
      const namespace = await newNamespace(world(), 'stuck');
      const where = { namespace, name: 'hungry' };
      await createCluster(world(), where, onFrankfurt(1, 8));
      const { lease } = await expectReady(world(), where);
      await scale(world(), where, 5);
      await expectCondition(world(), where, 'Placed', { status: 'True', reason: 'ScaleUpWaiting' });
      expect(await workerPods(world(), lease.id)).toHaveLength(1);
      await scale(world(), where, 4);
      const { lease: grown } = await expectReady(world(), where);
      expect(grown).toMatchObject({ id: lease.id, devices: 32 });
    });

    test('refuses a change that would replace its pods, with the way to do it', async () => {
      const namespace = await newNamespace(world(), 'edited');
      const where = { namespace, name: 'fixed' };
      await createCluster(world(), where);
      await expectReady(world(), where);
      const patch = JSON.stringify({ spec: { ray: { image: 'ray.example/team/train:1.4.0' } } });
      const args = ['patch', 'ioc', 'fixed', `--namespace=${namespace}`, '--type=merge', '-p'];
      const { code, stderr } = await world().kubectl([...args, patch]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        'spec.ray: Forbidden: ray cannot change while the cluster holds a lease; set spec.suspend: true first',
      );
    });

    test('gives its devices back when suspended, may then change, and gets a new lease', async () => {
      const namespace = await newNamespace(world(), 'suspended');
      const where = { namespace, name: 'paused' };
      await createCluster(world(), where);
      const { lease } = await expectReady(world(), where);
      await patchCluster(world(), where, { spec: { suspend: true } });
      await expectCondition(world(), where, 'Ready', { status: 'False', reason: 'Suspended' });
      await eventually(async () => {
        expect((await readCluster(world(), where)).status?.lease).toBeUndefined();
        expect(await world().allPlacements()).toEqual([]);
        expect(await world().pods(lease.id)).toEqual([]);
      });
      const image = 'ray.example/team/train:1.4.0';
      await patchCluster(world(), where, { spec: { suspend: false, ray: { image } } });
      const resumed = await expectReady(world(), where);
      expect(resumed.lease.generation).toBe(2);
      expect(resumed.lease.id).not.toBe(lease.id);
      const [pod] = await workerPods(world(), resumed.lease.id);
      expect(pod?.spec.containers[0]).toMatchObject({ image });
    });

    test('ends when its time is over, and stays ended', async () => {
      const namespace = await newNamespace(world(), 'ended');
      const where = { namespace, name: 'short' };
      await createCluster(world(), where, { lifetime: { ttl: '4s' } });
      await expectReady(world(), where);
      await expectCondition(world(), where, 'Finished', { status: 'True', reason: 'TTLExpired' });
      await eventually(async () => {
        const cluster = await readCluster(world(), where);
        expect(cluster.status?.lease).toBeUndefined();
        expect(conditionOf(cluster, 'Ready')).toMatchObject({
          status: 'False',
          reason: 'Finished',
        });
        expect(await world().rayClusters()).toEqual([]);
        expect(await world().allPlacements()).toEqual([]);
      });
      await patchCluster(world(), where, { spec: { lifetime: { ttl: '1h' } } });
      const cluster = await expectCondition(world(), where, 'Finished', { status: 'True' });
      expect(cluster.status?.lease).toBeUndefined();
    });

    test('leaves nothing when its namespace is deleted', async () => {
      const namespace = await newNamespace(world(), 'doomed');
      const names = ['one', 'two', 'three'];
      for (const name of names) await createCluster(world(), { namespace, name });
      for (const name of names) await expectReady(world(), { namespace, name });
      await world().mustKubectl(['delete', 'namespace', namespace, '--timeout=60s']);
      await expectNothingLeft(world());
    });

    test('waits with its end until the member has removed its RayCluster', async () => {
      const namespace = await newNamespace(world(), 'held');
      const where = { namespace, name: 'patient' };
      await createCluster(world(), where, onFrankfurt(1));
      const { lease } = await expectReady(world(), where);
      const agent = world().operator.agent('frankfurt-1');
      await agent.kill();
      try {
        await deleteCluster(world(), where);
        await eventually(async () => {
          const placement = await world().hub.get(
            ioPlacementResource,
            lease.id,
            'io-member-frankfurt-1',
          );
          expect(placement?.metadata.deletionTimestamp).toBeDefined();
        });
        expect(await world().hub.get(ioClusterResource, where.name, namespace)).toBeDefined();
        const leased = (await world().devices()).filter(
          ({ status }) => status?.lease?.id === lease.id,
        );
        expect(leased).toHaveLength(1);
      } finally {
        await agent.start();
      }
      await expectNothingLeft(world());
    });

    test('that is made again under the same name is another', async () => {
      const namespace = await newNamespace(world(), 'again');
      const where = { namespace, name: 'same' };
      const leases: string[] = [];
      for (const _round of [1, 2]) {
        await createCluster(world(), where);
        const cluster = await expectReady(world(), where);
        await expectOneOfEach(world(), [cluster]);
        leases.push(cluster.lease.id);
        await deleteCluster(world(), where);
        await eventually(async () => {
          expect(await world().cluster(namespace, 'same')).toBeUndefined();
        });
      }
      expect(new Set(leases).size).toBe(2);
    });
  });
}
