import { describe, expect, test } from '@jest/globals';
import { ioMemberResource } from '../../../crds/schema/index.ts';
import { isPodReady } from '../../../hack/federation/clients.ts';
import { samples } from '../../../hack/demo/metrics.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  expectReady,
  conditionOf,
  createCluster,
  expectLeasesHold,
  expectOneOfEach,
  type GetWorld,
  newNamespace,
  readCluster,
  sorted,
} from '../harness.ts';

const SETTLED_WITHIN_MS = 60_000;

/** From members that join to a Ray cluster on their GPUs, and what is measured on the way. */
export function journeyScenarios(world: GetWorld): void {
  describe('the path to Ready', () => {
    test('members are accepted, heard and schedulable, with what they have', async () => {
      await eventually(
        async () => {
          const { items } = await world().hub.list(ioMemberResource);
          const seen = items.map((member) => [
            member.metadata.name,
            ...['Accepted', 'Connected', 'Schedulable'].map(
              (type) => conditionOf(member, type)?.status,
            ),
            member.status?.devices?.total,
            member.status?.devices?.free,
          ]);
          expect(seen).toEqual([
            ['ashburn-1', 'True', 'True', 'True', 34, 32],
            ['frankfurt-1', 'True', 'True', 'True', 32, 32],
            ['singapore-1', 'True', 'True', 'True', 32, 30],
          ]);
        },
        { withinMs: SETTLED_WITHIN_MS },
      );
    });

    test('whole GPUs and slices are offered; shared and unknown ones are not, with the reason', async () => {
      await eventually(async () => {
        const verdicts = new Map<string, number>();
        for (const device of await world().devices()) {
          const { spec } = device;
          const verified = conditionOf(device, 'Verified');
          const offered = conditionOf(device, 'Offered')?.status;
          const kind = `${spec.member} ${spec.product} ${spec.kind}`;
          const verdict = `${kind} Verified=${verified?.reason} Offered=${offered}`;
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        }
        const h100 = 'NVIDIA-H100-80GB-HBM3';
        expect(Object.fromEntries(verdicts)).toEqual({
          'ashburn-1 NVIDIA-A100-SXM4-80GB GPU Verified=InventoryMatches Offered=True': 24,
          'ashburn-1 NVIDIA-L40S GPU Verified=InventoryMatches Offered=True': 8,
          'ashburn-1 NVIDIA-Q9000-96GB GPU Verified=UnknownModel Offered=False': 2,
          [`frankfurt-1 ${h100} GPU Verified=InventoryMatches Offered=True`]: 32,
          [`singapore-1 ${h100} GPU Verified=InventoryMatches Offered=True`]: 16,
          [`singapore-1 ${h100}-MIG-1g.10gb MIG Verified=InventoryMatches Offered=True`]: 14,
          'singapore-1 NVIDIA-L40S-SHARED GPU Verified=SharedDevice Offered=False': 2,
        });
      });
    });

    test('an IOCluster becomes Ready, and everything is as it says', async () => {
      const namespace = await newNamespace(world(), 'path');
      const where = { namespace, name: 'first' };
      await createCluster(world(), where, {
        workerGroups: [{ name: 'gpu', replicas: 2, devices: { models: ['A100-SXM4-80GB'] } }],
      });
      const cluster = await expectReady(world(), where);
      const { lease, status } = cluster;
      expect(lease).toMatchObject({
        member: 'ashburn-1',
        generation: 1,
        devices: 2,
        priceMicroUsdPerHour: 2 * 1_290_000,
        placement: lease.id,
      });
      expect(status?.workers).toEqual({ desired: 2, ready: 2, summary: '2/2' });
      for (const type of ['Valid', 'Admitted', 'Placed', 'Provisioned']) {
        expect(conditionOf(cluster, type)).toMatchObject({ status: 'True' });
      }
      await expectOneOfEach(world(), [cluster]);
      await expectLeasesHold(world());
      await expectPodsAsOrdered(world, lease.id);
      await expectDevicesSayLeased(world, lease.id, 2);
    });

    test('events tell the story once', async () => {
      const namespace = await newNamespace(world(), 'events');
      const where = { namespace, name: 'told' };
      await createCluster(world(), where);
      await expectReady(world(), where);
      await eventually(async () => {
        const text = await world().mustKubectl([
          'get',
          'events.events.k8s.io',
          `--namespace=${namespace}`,
          '--output=jsonpath={range .items[*]}{.regarding.name} {.type} {.reason}{"\\n"}{end}',
        ]);
        const lines = sorted(text.trim().split('\n'));
        expect(lines).toEqual(['told Normal Placed', 'told Normal Ready']);
      });
      expect((await readCluster(world(), where)).metadata.finalizers).toEqual([
        'compute.io.net/lease',
      ]);
    });

    test('hub and agents measure what they do', async () => {
      const { hubs, agents } = world().operator;
      const hubTexts = await Promise.all(hubs.map((hub) => hub.metrics()));
      const leaders = hubTexts.filter((text) =>
        samples(text, 'io_leader').some(({ value }) => value === 1),
      );
      expect(leaders).toHaveLength(1);
      const [leader = ''] = leaders;
      const placed = samples(leader, 'io_placement_duration_seconds_count');
      expect(placed[0]?.value).toBeGreaterThanOrEqual(2);
      const agentTexts = await Promise.all(agents.map((agent) => agent.metrics()));
      for (const text of [...hubTexts, ...agentTexts]) {
        expect(samples(text, 'io_api_requests_total').length).toBeGreaterThan(0);
        const caches = samples(text, 'io_cached_objects');
        expect(caches.some(({ value }) => value > 0)).toBe(true);
      }
      await eventually(
        async () => {
          const text = (await Promise.all(hubs.map((hub) => hub.metrics()))).join('\n');
          const devices = samples(text, 'io_devices');
          const unverified = devices.filter(({ labels }) => labels.includes('state="unverified"'));
          expect(devices.reduce((sum, { value }) => sum + value, 0)).toBe(98);
          expect(unverified.reduce((sum, { value }) => sum + value, 0)).toBe(4);
        },
        { withinMs: 15_000, everyMs: 200 },
      );
    });
  });
}

async function expectPodsAsOrdered(world: GetWorld, lease: string): Promise<void> {
  const [placement] = (await world().allPlacements()).filter(
    ({ metadata }) => metadata.name === lease,
  );
  const nodes = placement?.spec.workerGroups.flatMap(({ devices }) =>
    devices.map(({ node }) => node),
  );
  const pods = await world().pods(lease);
  const workers = pods.filter(
    ({ object }) => object.metadata.labels?.['ray.io/group'] !== 'headgroup',
  );
  expect(pods).toHaveLength(3);
  expect(pods.every(({ object }) => isPodReady(object))).toBe(true);
  expect(sorted(workers.map(({ object }) => object.spec.nodeName))).toEqual(sorted(nodes ?? []));
  for (const { object, member } of pods) {
    expect(member).toBe('ashburn-1');
    const spec = object.spec as Record<string, unknown>;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      serviceAccountName: 'io-ray',
    });
  }
  for (const { object } of workers) {
    expect(object.spec).toMatchObject({
      tolerations: expect.arrayContaining([
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      ]),
      containers: [{ resources: { limits: { 'nvidia.com/gpu': '1' } } }],
    });
  }
}

async function expectDevicesSayLeased(
  world: GetWorld,
  lease: string,
  count: number,
): Promise<void> {
  await eventually(async () => {
    const devices = (await world().devices()).filter(({ status }) => status?.lease?.id === lease);
    expect(devices).toHaveLength(count);
    for (const device of devices) {
      expect(conditionOf(device, 'Leased')).toMatchObject({ status: 'True', reason: 'Leased' });
    }
  });
}
