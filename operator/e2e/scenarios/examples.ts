import { describe, expect, test } from '@jest/globals';
import {
  type IOMember,
  ioAccountResource,
  ioClusterResource,
  ioMemberResource,
  type IOPlacement,
} from '../../../crds/schema/index.ts';
import { exampleNames, examplePath } from '../../../hack/federation/examples.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  expectReady,
  conditionOf,
  type GetWorld,
  newNamespace,
  sorted,
  workerPods,
} from '../harness.ts';

/** What comes of an example, by its file. */
type Outcome = (world: GetWorld, namespace: string) => Promise<void>;

const outcomes: Readonly<Record<string, Outcome>> = {
  account: accountsAreReady,
  'autoscaled-inference': inferenceIsLeasedForItsMaximum,
  'by-country': twoWorkersInOneGermanNode,
  member: memberWaitsForConsent,
  smallest: oneCheapGpu,
  spot: fourAtTheSpotPrice,
  'training-16-gpus': twoWholeNodes,
};

/** Every file of docs/examples does what its first lines say. */
export function exampleScenarios(world: GetWorld): void {
  describe('docs/examples', () => {
    test('every example has its test', () => {
      expect(exampleNames()).toEqual(Object.keys(outcomes).toSorted());
    });

    test.each(Object.entries(outcomes))('%s', async (name, expectOutcome) => {
      const namespace = await newNamespace(world(), `example-${name}`);
      for (const example of ['account', name]) {
        await world().mustKubectl([
          'apply',
          `--namespace=${namespace}`,
          '-f',
          examplePath(example),
        ]);
      }
      await expectOutcome(world, namespace);
    });
  });
}

async function accountsAreReady(world: GetWorld, namespace: string): Promise<void> {
  for (const name of ['renter', 'rotterdam']) {
    await eventually(async () => {
      const account = await world().hub.get(ioAccountResource, name, namespace);
      expect(conditionOf(account ?? {}, 'Ready')).toMatchObject({ status: 'True' });
    });
  }
}

async function memberWaitsForConsent(world: GetWorld): Promise<void> {
  const readMember = (): Promise<IOMember | undefined> =>
    world().hub.get(ioMemberResource, 'rotterdam');
  await eventually(async () => {
    expect(conditionOf((await readMember()) ?? {}, 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'NotAccepted',
      message: expect.stringContaining('kubectl patch iomember rotterdam'),
    });
  });
  expect((await readMember())?.status?.namespace).toBeUndefined();
  const { code } = await world().kubectl(['get', 'namespace', 'io-member-rotterdam']);
  expect(code).toBe(1);
  await world().hub.delete(ioMemberResource, 'rotterdam');
}

async function oneCheapGpu(world: GetWorld, namespace: string): Promise<void> {
  const { lease } = await expectReady(world(), { namespace, name: 'smallest' });
  expect(lease).toMatchObject({ member: 'ashburn-1', devices: 1, priceMicroUsdPerHour: 860_000 });
}

async function twoWholeNodes(world: GetWorld, namespace: string): Promise<void> {
  const { lease, status } = await expectReady(world(), { namespace, name: 'training' });
  expect(lease).toMatchObject({ member: 'singapore-1', devices: 16 });
  expect(status?.workers?.summary).toBe('2/2');
  const pods = await workerPods(world(), lease.id);
  expect(sorted(pods.map(({ spec }) => spec.nodeName))).toEqual(['h100-1', 'h100-2']);
  for (const { spec } of pods) {
    expect(spec.containers[0]?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': '8' });
  }
}

async function inferenceIsLeasedForItsMaximum(world: GetWorld, namespace: string): Promise<void> {
  const { lease, status } = await expectReady(world(), { namespace, name: 'inference' });
  expect(lease).toMatchObject({ member: 'ashburn-1', devices: 4 });
  expect(status?.workers).toMatchObject({ desired: 2, ready: 2 });
  const [rayCluster] = await world().rayClusters(lease.id);
  expect(rayCluster?.object.spec).toMatchObject({ enableInTreeAutoscaling: true });
  expect(await workerPods(world(), lease.id)).toHaveLength(1);
}

async function fourAtTheSpotPrice(world: GetWorld, namespace: string): Promise<void> {
  const { lease } = await expectReady(world(), { namespace, name: 'batch' });
  expect(lease).toMatchObject({
    member: 'ashburn-1',
    devices: 4,
    priceMicroUsdPerHour: 4 * 790_000,
  });
}

async function twoWorkersInOneGermanNode(world: GetWorld, namespace: string): Promise<void> {
  const { lease } = await expectReady(world(), { namespace, name: 'by-country' });
  expect(lease).toMatchObject({ member: 'frankfurt-1', devices: 2 });
  const placements = await world().allPlacements();
  expect(nodesOf(placements)).toHaveLength(1);
  await eventually(async () => {
    const account = await world().hub.get(ioAccountResource, 'health', namespace);
    expect(account?.status?.devicesInUse).toBe(2);
  });
  await world().hub.delete(ioClusterResource, 'by-country', namespace);
  await eventually(async () => {
    const account = await world().hub.get(ioAccountResource, 'health', namespace);
    expect(account?.status?.devicesInUse).toBe(0);
  });
}

function nodesOf(placements: readonly IOPlacement[]): readonly string[] {
  const devices = placements.flatMap(({ spec }) => spec.workerGroups.flatMap((g) => g.devices));
  return [...new Set(devices.map(({ node }) => node))];
}
