import { type IODevice, ioDeviceResource } from '../../../crds/schema/index.ts';
import { isConditionTrue } from '../../../operator/runtime/status.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import type { OperatorProcess } from '../../federation/operator.ts';
import type { World } from '../../federation/world.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { untilQuiet, withWorld } from '../federation.ts';
import { copyDevices } from './device-copies.ts';
import { memberWithNodes } from './members.ts';
import { bareNodeMemory, residentMemory, type ResidentMemory } from './rss.ts';

const NODES = 500;
const GPUS_PER_NODE = 8;
/** The number that others measure an agent with; they know nothing of GPUs, so there is one a node. */
const MANY_NODES = 5_000;
const HUB_DEVICES = 10_000;
const OFFERED_WITHIN_MS = 600_000;
const OFFERED_POLL_MS = 1_000;
const PAGE = 500;
/** Longer than the bench: at the default 500 nodes renew 50 leases a second. */
const NODE_LEASE_SECONDS = 1_200;

/** Resident memory of an agent with many nodes and of a hub with many devices. */
export async function memory(context: BenchContext): Promise<void> {
  context.say('memory of a bare Node');
  const bare = await bareNodeMemory();
  context.figures.add({
    name: 'node_baseline_rss_mib',
    value: bare.medianMib,
    unit: 'MiB',
    n: 1,
    note: `Node ${process.version} idling after a garbage collection`,
  });
  await agentAndHub(context, bare);
  await agentOfManyNodes(context, bare);
}

async function agentAndHub(context: BenchContext, bare: ResidentMemory): Promise<void> {
  const nodes = scaled(context, NODES);
  const hubDevices = scaled(context, HUB_DEVICES);
  await withWorld(membersOf(nodes, GPUS_PER_NODE), async (world) => {
    const devices = nodes * GPUS_PER_NODE;
    const offered = await measureAgent(context, world, { nodes, devices, bare, label: '500' });
    context.say(`a hub with ${hubDevices} devices`);
    await copyDevices(world, offered, hubDevices - devices);
    await untilOffered(world, hubDevices);
    await untilQuiet(world);
    const hub = await processMemory(world.operator.hub);
    context.figures.add({
      name: 'hub_rss_mib_10k_devices',
      value: hub.medianMib,
      unit: 'MiB',
      n: hubDevices,
      note: `${hubDevices} IODevices with status, ${devices} from an agent; ${beyond(hub, bare)}`,
    });
  });
}

async function agentOfManyNodes(context: BenchContext, bare: ResidentMemory): Promise<void> {
  const nodes = scaled(context, MANY_NODES);
  await withWorld(membersOf(nodes, 1), async (world) => {
    await measureAgent(context, world, { nodes, devices: nodes, bare, label: '5000' });
  });
}

function membersOf(nodes: number, gpusPerNode: number) {
  return {
    members: [memberWithNodes(nodes, gpusPerNode)],
    ...{ kubeRay: false, devicePlugin: false, nodeLeaseSeconds: NODE_LEASE_SECONDS },
  };
}

async function measureAgent(
  context: BenchContext,
  world: World,
  of: { nodes: number; devices: number; bare: ResidentMemory; label: '500' | '5000' },
): Promise<readonly IODevice[]> {
  const { nodes, devices, bare } = of;
  context.say(`an agent with ${nodes} nodes, ${devices} devices`);
  const offered = await untilOffered(world, devices);
  await untilQuiet(world);
  const agent = await processMemory(world.operator.agents[0]);
  context.figures.add({
    name: `agent_rss_mib_${of.label}_nodes`,
    value: agent.medianMib,
    unit: 'MiB',
    n: nodes,
    note: `${nodes} KWOK nodes, ${devices} IODevices reported; ${beyond(agent, bare)}`,
  });
  return offered;
}

function beyond({ medianMib, peakMib }: ResidentMemory, bare: ResidentMemory): string {
  const more = `${(medianMib - bare.medianMib).toFixed(1)} MiB beyond bare Node`;
  return peakMib === undefined ? more : `${more}, peak ${peakMib.toFixed(1)} MiB`;
}

async function processMemory(of: OperatorProcess | undefined): Promise<ResidentMemory> {
  const pid = of?.pid();
  if (pid === undefined) throw new Error(`${of?.name ?? 'the process'} does not run`);
  return residentMemory(pid);
}

/** Returns the devices when so many can be rented. */
async function untilOffered({ hub }: World, count: number): Promise<readonly IODevice[]> {
  return eventually(
    async () => {
      const devices: IODevice[] = [];
      let next: string | undefined;
      do {
        const page = await hub.list(ioDeviceResource, { limit: PAGE, continue: next });
        devices.push(...page.items);
        next = page.continue;
      } while (next !== undefined);
      const offered = devices.filter(({ status }) =>
        isConditionTrue(status?.conditions, 'Offered'),
      );
      if (offered.length >= count) return offered;
      throw new Error(`${offered.length} of ${count} IODevices are offered`);
    },
    { withinMs: OFFERED_WITHIN_MS, everyMs: OFFERED_POLL_MS },
  );
}
