import { describe, expect, test } from '@jest/globals';
import {
  expectCondition,
  expectReady,
  conditionOf,
  createCluster,
  deleteCluster,
  type GetWorld,
  newNamespace,
  onFrankfurt,
} from '../harness.ts';

const asModel = (model: string, more: object = {}) => ({
  workerGroups: [{ name: 'gpu', devices: { models: [model] } }],
  ...more,
});

/** What is not placed, and what it is told. */
export function refusalScenarios(world: GetWorld): void {
  describe('a cluster that is not placed', () => {
    test('hears why, member by member, with a count per reason', async () => {
      const namespace = await newNamespace(world(), 'refused');
      const where = { namespace, name: 'choosy' };
      await createCluster(world(), where, {
        workerGroups: [{ name: 'gpu', replicas: 9, devices: { models: ['H100-80GB-HBM3'] } }],
        budget: { maxPriceMicroUsdPerGpuHour: 2_300_000 },
        placement: { countries: ['DE', 'SG'], certifications: ['SOC2'] },
      });
      const cluster = await expectCondition(world(), where, 'Admitted', { status: 'False' });
      const message = conditionOf(cluster, 'Admitted')?.message ?? '';
      for (const member of ['ashburn-1', 'frankfurt-1', 'singapore-1']) {
        expect(message).toContain(member);
      }
      const counts = cluster.status?.refusals?.map(({ reason, members }) => [reason, members]);
      expect(Object.fromEntries(counts ?? [])).toEqual({
        OverBudget: 1,
        NotCertified: 1,
        OtherCountry: 1,
      });
      expect(conditionOf(cluster, 'Admitted')?.reason).toBe('OverBudget');
      expect(conditionOf(cluster, 'Ready')).toMatchObject({ status: 'False', message });
      expect(cluster.metadata.finalizers ?? []).toEqual([]);
    });

    test.each([
      ['a shared GPU', 'L40S', 'singapore-1'],
      ['a GPU of a model that no table knows', 'Q9000-96GB', 'ashburn-1'],
    ])('%s is rented to nobody', async (_name, model, member) => {
      const namespace = await newNamespace(world(), `unrented-${member}`);
      const where = { namespace, name: 'hopeful' };
      await createCluster(world(), where, asModel(model, { placement: { members: [member] } }));
      const cluster = await expectCondition(world(), where, 'Admitted', {
        status: 'False',
        reason: 'NoMatchingDevices',
      });
      expect(conditionOf(cluster, 'Admitted')?.message).toContain(member);
      expect(await world().allPlacements()).toEqual([]);
    });

    test('waits for devices, and gets them when they become free', async () => {
      const namespace = await newNamespace(world(), 'waiting');
      const [big, small] = [
        { namespace, name: 'big' },
        { namespace, name: 'small' },
      ];
      await createCluster(world(), big, onFrankfurt(4, 7));
      await expectReady(world(), big);
      await createCluster(world(), small, onFrankfurt(1, 8));
      await expectCondition(world(), small, 'Admitted', { status: 'False', reason: 'NoCapacity' });
      await deleteCluster(world(), big);
      await expectReady(world(), small);
    });

    test('whose account or priority class is unknown says so until it exists', async () => {
      const namespace = await newNamespace(world(), 'unknown-references');
      const where = { namespace, name: 'early' };
      await createCluster(world(), where, {
        accountRef: { name: 'research' },
        priorityClassName: 'e2e-urgent',
      });
      const invalid = { status: 'False', reason: 'AccountNotFound' };
      await expectCondition(world(), where, 'Valid', invalid);
      await world().mustKubectl(
        ['apply', '-f', '-'],
        JSON.stringify({
          apiVersion: 'compute.io.net/v1alpha1',
          kind: 'IOAccount',
          metadata: { name: 'research', namespace },
          spec: { kind: 'Renter', quota: { maxDevices: 4 } },
        }),
      );
      await expectCondition(world(), where, 'Valid', {
        status: 'False',
        reason: 'PriorityClassNotFound',
      });
      await world().mustKubectl(['create', 'priorityclass', 'e2e-urgent', '--value=1000']);
      await expectReady(world(), where);
      await world().mustKubectl(['delete', 'priorityclass', 'e2e-urgent']);
    });

    test('takes no more than the quota of its account', async () => {
      const namespace = await newNamespace(world(), 'quota');
      await world().mustKubectl(
        ['apply', '-f', '-'],
        JSON.stringify({
          apiVersion: 'compute.io.net/v1alpha1',
          kind: 'IOAccount',
          metadata: { name: 'small', namespace },
          spec: { kind: 'Renter', quota: { maxDevices: 2 } },
        }),
      );
      const where = { namespace, name: 'greedy' };
      const workerGroups = [{ name: 'gpu', replicas: 3 }];
      await createCluster(world(), where, { accountRef: { name: 'small' }, workerGroups });
      const refused = { status: 'False', reason: 'QuotaExceeded' };
      await expectCondition(world(), where, 'Admitted', refused);
      const other = { namespace, name: 'modest' };
      await createCluster(world(), other, { accountRef: { name: 'small' } });
      await expectReady(world(), other);
    });
  });
}
