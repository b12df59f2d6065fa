import { type IODevice, type IOMember, ioMemberResource } from '../../crds/schema/index.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { devicesOfPod, isPodReady } from '../federation/clients.ts';
import { examplePath } from '../federation/examples.ts';
import type { World } from '../federation/world.ts';
import { joining } from './joining.ts';
import { payIn, showMetering } from './money.ts';
import { earnRewards } from './settlement.ts';
import type { Say, Stages } from './stages.ts';
import { followUntilReady, type Milestone } from './timeline.ts';

const MICRO = 1_000_000;
const POLL_MS = 100;
const MEMBERS_WITHIN_S = 60;
const DEVICES_WITHIN_S = 60;
const READY_WITHIN_S = 60;
const PODS_WITHIN_S = 30;

/** The example that the demo applies. */
export const example = { namespace: 'default', name: 'smallest' } as const;

/** The stages that a person watches: from members that join to a Ray cluster on their GPUs. */
export async function journey(world: World, stages: Stages): Promise<void> {
  await joining(world, stages);
  await stages.run('members are accepted, heard and schedulable', MEMBERS_WITHIN_S, (say) =>
    membersAreIn(world, say),
  );
  await stages.run('GPUs are discovered, verified and offered', DEVICES_WITHIN_S, (say) =>
    devicesAreSettled(world, say),
  );
  await earnRewards(world, stages);
  await payIn(world, stages);
  await stages.run(`kubectl apply -f docs/examples/smallest.yaml → Ready`, READY_WITHIN_S, (say) =>
    applyExample(world, say),
  );
  await stages.run('RayCluster and pods run on the member', PODS_WITHIN_S, () =>
    showPods(world, example),
  );
  await showMetering(world, stages, example);
}

async function membersAreIn(world: World, say: Say): Promise<readonly string[]> {
  const members = await eventually(
    async () => {
      const { items } = await world.hub.list(ioMemberResource);
      const waiting = items.flatMap(whyNotIn);
      say(waiting.join(', '));
      if (items.length < world.memberNames.length) waiting.push(`${items.length} members`);
      if (waiting.length > 0) throw new Error(`not in yet: ${waiting.join('; ')}`);
      return items;
    },
    { withinMs: MEMBERS_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  return members.map(({ metadata, spec, status }) => {
    const { country, city = '' } = spec.location;
    const versions = `Kubernetes ${status?.versions?.kubernetes ?? '?'}`;
    return `${metadata.name.padEnd(13)} ${country}  ${city.padEnd(10)} ${versions}`;
  });
}

function whyNotIn({ metadata, status }: IOMember): string[] {
  const missing = ['Accepted', 'Connected', 'Schedulable'].filter(
    (type) => status?.conditions?.find((found) => found.type === type)?.status !== 'True',
  );
  return missing.length === 0 ? [] : [`${metadata.name} ${missing.join(' ')}`];
}

/** Whole GPUs and slices that the profiles have; a shared GPU is one device. */
function expectedDevices({ federation }: World): number {
  const pools = federation.members.flatMap(({ profile: { gpuPools, realNode } }) => [
    ...gpuPools,
    ...(realNode === undefined ? [] : [{ ...realNode.gpus, nodes: 1 }]),
  ]);
  return pools.reduce(
    (sum, { nodes, gpusPerNode, mig }) => sum + nodes * gpusPerNode * (mig?.slicesPerGpu ?? 1),
    0,
  );
}

async function devicesAreSettled(world: World, say: Say): Promise<readonly string[]> {
  const expected = expectedDevices(world);
  const devices = await eventually(
    async () => {
      const found = await world.devices();
      const open = found.filter((device) => condition(device, 'Offered') === undefined).length;
      say(`${found.length} of ${expected} found, ${open} not looked at yet`);
      if (found.length !== expected || open > 0) {
        throw new Error(`${found.length} of ${expected} IODevices exist, ${open} without verdict`);
      }
      return found;
    },
    { withinMs: DEVICES_WITHIN_S * 1000, everyMs: POLL_MS },
  );
  const offered = devices.filter((device) => condition(device, 'Offered')?.status === 'True');
  if (offered.length === 0) throw new Error('not one device is offered');
  return [...tally(devices)].map(([text, count]) => `${String(count).padStart(3)} × ${text}`);
}

function tally(devices: readonly IODevice[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const device of devices) {
    const text = describe(device);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

function describe(device: IODevice): string {
  const { spec, status } = device;
  const slice = spec.migProfile === undefined ? '' : ` MIG ${spec.migProfile}`;
  const model = `${status?.model ?? spec.product}${slice}`;
  const where = `${spec.member.padEnd(13)} ${model.padEnd(27)}`;
  const price = usd(spec.offer?.onDemandMicroUsdPerHour ?? 0);
  const refusal = (['Identified', 'Verified', 'Healthy', 'Offered'] as const)
    .map((type) => condition(device, type))
    .find((found) => found !== undefined && found.status !== 'True');
  if (refusal === undefined) return `${where} offered at ${price} $/h`;
  return `${where} refused, ${refusal.type}=False ${refusal.reason}: ${refusal.message}`;
}

function condition({ status }: IODevice, type: string) {
  return status?.conditions?.find((found) => found.type === type);
}

async function applyExample(world: World, say: Say): Promise<readonly string[]> {
  const started = performance.now();
  await world.mustKubectl(['apply', '-f', examplePath('smallest')]);
  const appliedMs = performance.now() - started;
  const elapsed = (): number => performance.now() - started;
  const milestones = await followUntilReady(world.hub, example, elapsed, say);
  return [`${at(appliedMs)}  applied`, ...milestones.map(milestoneLine)];
}

function milestoneLine({ type, afterMs, message }: Milestone): string {
  return `${at(afterMs)}  ${type.padEnd(12)} ${message}`;
}

/** What runs for an IOCluster on its member: throws unless all its pods are ready. */
export async function showPods(
  world: World,
  { namespace, name }: { namespace: string; name: string },
): Promise<readonly string[]> {
  const lease = (await world.cluster(namespace, name))?.status?.lease;
  if (lease === undefined) throw new Error(`${namespace}/${name} has no lease`);
  const rayClusters = await world.rayClusters(lease.id);
  const pods = await world.pods(lease.id);
  const [only] = rayClusters;
  if (only === undefined || rayClusters.length !== 1 || only.member !== lease.member) {
    throw new Error(`${rayClusters.length} RayClusters for one lease on ${lease.member}`);
  }
  const waiting = pods.filter(({ object }) => !isPodReady(object));
  if (waiting.length > 0) throw new Error(`${waiting.length} of ${pods.length} pods are not ready`);
  const { namespace: tenant = '', name: ray } = only.object.metadata;
  return [
    `RayCluster ${tenant}/${ray} on ${only.member}: ${only.object.status?.state ?? 'no state'}`,
    ...pods.map(({ object }) => {
      const devices = devicesOfPod(object);
      const gpus = devices === 0 ? '' : `, ${devices} GPU`;
      return `pod ${object.metadata.name} on node ${object.spec.nodeName ?? '?'}${gpus}`;
    }),
  ];
}

const at = (ms: number): string => `+${(ms / 1000).toFixed(2)} s`.padStart(8);

/** `2490000` is `2.49`. */
export const usd = (microUsd: number): string => (microUsd / MICRO).toFixed(2);
