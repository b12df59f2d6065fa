import { describe, expect, test } from '@jest/globals';
import { samples } from '../../../hack/demo/metrics.ts';
import type { OperatorProcess } from '../../../hack/federation/operator.ts';
import type { World } from '../../../hack/federation/world.ts';
import { eventually } from '../../testing/eventually.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import {
  expectCondition,
  expectReady,
  createCluster,
  deleteCluster,
  expectLeasesHold,
  expectOneOfEach,
  type GetWorld,
  newNamespace,
  onFrankfurt,
  patchCluster,
  scale,
  sorted,
  type Where,
} from '../harness.ts';

const SEED = Number(process.env['E2E_SEED'] ?? 20_261_123);
const TAKEN_OVER_WITHIN_MS = 30_000;

/** Processes that are killed at random moments; the seed decides them. */
export function crashScenarios(world: GetWorld): void {
  describe(`a process killed in the middle of work (E2E_SEED=${SEED})`, () => {
    test('hubs: 20 clusters end as if nothing had happened', async () => {
      const random = seededRandom(SEED);
      const { hubs } = world().operator;
      const namespace = await newNamespace(world(), 'hub-crashes');
      const clusters: Where[] = [];
      for (const round of [1, 2, 3, 4]) {
        const batch = Array.from({ length: 5 }, (_, index) => ({
          namespace,
          name: `round-${round}-${index}`,
        }));
        clusters.push(...batch);
        const before = (await world().allPlacements()).length;
        await Promise.all(
          batch.map((where) => {
            const replicas = 1 + Math.floor(random() * 3);
            return createCluster(world(), where, { workerGroups: [{ name: 'gpu', replicas }] });
          }),
        );
        const after = before + Math.floor(random() * 5);
        await eventually(
          async () => expect((await world().allPlacements()).length).toBeGreaterThanOrEqual(after),
          { withinMs: TAKEN_OVER_WITHIN_MS, everyMs: 1 },
        );
        const victims = round === 3 ? hubs : [await leader(world())];
        await Promise.all(victims.map((hub) => hub.kill()));
        await Promise.all(victims.map((hub) => hub.start()));
      }
      await expectSettled(world(), clusters);
    });

    test('a hub while clusters are deleted, suspended and scaled', async () => {
      const random = seededRandom(SEED + 1);
      const namespace = await newNamespace(world(), 'hub-crashes-later');
      const names = ['deleted', 'suspended', 'scaled', 'left-alone'];
      const [deleted, suspended, scaled, alone] = names.map((name) => ({ namespace, name })) as [
        Where,
        Where,
        Where,
        Where,
      ];
      for (const name of names) await createCluster(world(), { namespace, name }, onFrankfurt(2));
      for (const name of names) await expectReady(world(), { namespace, name });
      const edits = [
        () => deleteCluster(world(), deleted),
        () => patchCluster(world(), suspended, { spec: { suspend: true } }),
        () => scale(world(), scaled, 4),
      ].toSorted(() => random() - 0.5);
      const victim = await leader(world());
      await Promise.all([...edits.map((edit) => edit()), victim.kill()]);
      await victim.start();
      await expectCondition(world(), suspended, 'Ready', { status: 'False', reason: 'Suspended' });
      await eventually(
        async () => {
          expect(await world().cluster(namespace, 'deleted')).toBeUndefined();
          const clusters = [await expectReady(world(), scaled), await expectReady(world(), alone)];
          expect(clusters.map(({ lease }) => lease.devices)).toEqual([4, 2]);
          await expectOneOfEach(world(), clusters);
        },
        { withinMs: TAKEN_OVER_WITHIN_MS },
      );
    });

    test('an agent: 9 clusters end as if nothing had happened', async () => {
      const random = seededRandom(SEED + 2);
      const agent = world().operator.agent('frankfurt-1');
      const namespace = await newNamespace(world(), 'agent-crashes');
      const clusters: Where[] = [];
      for (const round of [1, 2, 3]) {
        const batch = Array.from({ length: 3 }, (_, index) => ({
          namespace,
          name: `round-${round}-${index}`,
        }));
        clusters.push(...batch);
        const before = (await world().rayClusters()).length;
        await Promise.all(batch.map((where) => createCluster(world(), where, onFrankfurt(2))));
        const after = before + Math.floor(random() * 4);
        await eventually(
          async () => expect((await world().rayClusters()).length).toBeGreaterThanOrEqual(after),
          { withinMs: TAKEN_OVER_WITHIN_MS, everyMs: 1 },
        );
        await agent.kill();
        await agent.start();
      }
      await expectSettled(world(), clusters);
    });

    test('an agent that stays away: its clusters are Unknown, nothing new is placed there', async () => {
      const namespace = await newNamespace(world(), 'agent-away');
      const [before, during] = [
        { namespace, name: 'before' },
        { namespace, name: 'during' },
      ];
      await createCluster(world(), before, onFrankfurt(1));
      const { lease } = await expectReady(world(), before);
      const agent = world().operator.agent('frankfurt-1');
      await agent.kill();
      try {
        const unreachable = { status: 'Unknown', reason: 'MemberUnreachable' };
        await expectCondition(world(), before, 'Ready', unreachable);
        await createCluster(world(), during, onFrankfurt(1));
        await expectCondition(world(), during, 'Admitted', { status: 'False' });
        expect(await world().rayClusters(lease.id)).toHaveLength(1);
      } finally {
        await agent.start();
      }
      expect((await expectReady(world(), before)).lease.id).toBe(lease.id);
      await expectReady(world(), during);
    });
  });

  describe('two hubs', () => {
    test('one leads; when it is killed the other takes over', async () => {
      const namespace = await newNamespace(world(), 'two-hubs');
      const first = await leader(world());
      await first.kill();
      try {
        const where = { namespace, name: 'meanwhile' };
        await createCluster(world(), where);
        await expectReady(world(), where);
        expect((await leader(world())).name).not.toBe(first.name);
      } finally {
        await first.start();
      }
      expect((await leader(world())).name).not.toBe(first.name);
    });

    test('one that is stopped in order hands over at once', async () => {
      const first = await leader(world());
      const second = world().operator.hubs.find(({ name }) => name !== first.name);
      await first.kill('SIGTERM');
      try {
        await eventually(async () => expect((await leader(world())).name).toBe(second?.name));
      } finally {
        await first.start();
      }
    });
  });
}

/** The hub that leads now; waits for one. */
export async function leader(world: World): Promise<OperatorProcess> {
  return eventually(
    async () => {
      for (const hub of world.operator.hubs) {
        if (hub.pid() === undefined) continue;
        const text = await hub.metrics().catch(() => '');
        if (samples(text, 'io_leader').some(({ value }) => value === 1)) return hub;
      }
      throw new Error('no hub leads');
    },
    { withinMs: TAKEN_OVER_WITHIN_MS, everyMs: 50 },
  );
}

/** All Ready; one placement and one RayCluster each; no device twice; devices say their lease. */
async function expectSettled(world: World, clusters: readonly Where[]): Promise<void> {
  const ready = [];
  for (const where of clusters) ready.push(await expectReady(world, where, 90_000));
  await expectOneOfEach(world, ready);
  expect(ready.map(({ lease }) => lease.generation)).toEqual(ready.map(() => 1));
  await eventually(async () => {
    await expectLeasesHold(world);
    const wanted = (await world.allPlacements()).flatMap(({ spec }) =>
      spec.workerGroups.flatMap(({ devices }) =>
        devices.map(({ name }) => `${spec.member}/${name} ${spec.leaseId}`),
      ),
    );
    const said = (await world.devices()).flatMap(({ spec, metadata, status }) =>
      status?.lease === undefined ? [] : [`${spec.member}/${metadata.name} ${status.lease.id}`],
    );
    expect(sorted(said)).toEqual(sorted(wanted));
  });
}
