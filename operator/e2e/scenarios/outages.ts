import { describe, expect, test } from '@jest/globals';
import type { World } from '../../../hack/federation/world.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  expectCondition,
  expectReady,
  createCluster,
  expectLeasesHold,
  expectOneOfEach,
  type GetWorld,
  newNamespace,
  onFrankfurt,
} from '../harness.ts';
import { rayClusterResource } from '../../../hack/federation/clients.ts';

/** Longer than a hub keeps its leadership without an answer. */
const HUB_OUTAGE_MS = 15_000;
/** Short, since Kubernetes' own components on the member wait ever longer to come back. */
const MEMBER_OUTAGE_MS = 8_000;
const RECOVERED_WITHIN_MS = 90_000;

/** API servers that are away for a while. No process may need to be started again. */
export function outageScenarios(world: GetWorld): void {
  describe('an API server that is away', () => {
    test('of the hub: members go on by themselves, then all is as before', async () => {
      const namespace = await newNamespace(world(), 'hub-away');
      const [before, after] = [
        { namespace, name: 'before' },
        { namespace, name: 'after' },
      ];
      await createCluster(world(), before, onFrankfurt(2));
      const { lease } = await expectReady(world(), before);
      const pids = processIds(world());
      const { hub } = world().federation;
      await hub.stopComponent('kube-apiserver');
      const stoppedMs = performance.now();
      try {
        await repairedWithoutHub(world(), lease.id);
        await hold(stoppedMs, HUB_OUTAGE_MS);
      } finally {
        await hub.startComponent('kube-apiserver');
      }
      await createCluster(world(), after, onFrankfurt(1));
      const clusters = [
        await expectReady(world(), after, RECOVERED_WITHIN_MS),
        await expectReady(world(), before, RECOVERED_WITHIN_MS),
      ];
      expect(clusters[1]?.lease.id).toBe(lease.id);
      await expectOneOfEach(world(), clusters);
      await expectLeasesHold(world());
      expect(processIds(world())).toEqual(pids);
    });

    test('of a member: what is placed there runs when it is back', async () => {
      const namespace = await newNamespace(world(), 'member-away');
      const [before, during] = [
        { namespace, name: 'before' },
        { namespace, name: 'during' },
      ];
      await createCluster(world(), before, onFrankfurt(1));
      const { lease } = await expectReady(world(), before);
      const pids = processIds(world());
      const { controlPlane } = world().federation.member('frankfurt-1');
      await controlPlane.stopComponent('kube-apiserver');
      const stoppedMs = performance.now();
      try {
        await createCluster(world(), during, onFrankfurt(1));
        await expectCondition(world(), during, 'Placed', { status: 'True' });
        await expectCondition(world(), during, 'Ready', { status: 'False' });
        await hold(stoppedMs, MEMBER_OUTAGE_MS);
      } finally {
        await controlPlane.startComponent('kube-apiserver');
      }
      const clusters = [
        await expectReady(world(), during, RECOVERED_WITHIN_MS),
        await expectReady(world(), before, RECOVERED_WITHIN_MS),
      ];
      expect(clusters.map(({ lease: { generation } }) => generation)).toEqual([1, 1]);
      expect(clusters[1]?.lease.id).toBe(lease.id);
      await expectOneOfEach(world(), clusters);
      expect(processIds(world())).toEqual(pids);
    });
  });
}

/** Process ids of hub and agents; undefined for one that ended. */
function processIds({ operator }: World): readonly (number | undefined)[] {
  return [...operator.hubs, ...operator.agents].map((each) => each.pid());
}

/** The outage lasts its time. */
async function hold(stoppedMs: number, outageMs: number): Promise<void> {
  await eventually(() => expect(performance.now() - stoppedMs).toBeGreaterThan(outageMs), {
    withinMs: 2 * outageMs,
    everyMs: 100,
  });
}

/** What a member's agent knows it keeps up, whether the hub is there or not. */
async function repairedWithoutHub(world: World, lease: string): Promise<void> {
  const [found] = await world.rayClusters(lease);
  const { name = '', namespace, uid } = found?.object.metadata ?? {};
  await world.member('frankfurt-1').delete(rayClusterResource, name, namespace);
  await eventually(
    async () => {
      const [again] = await world.rayClusters(lease);
      expect(again?.object.metadata.uid).toBeDefined();
      expect(again?.object.metadata.uid).not.toBe(uid);
    },
    { withinMs: HUB_OUTAGE_MS },
  );
}
