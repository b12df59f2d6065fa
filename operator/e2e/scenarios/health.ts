import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type IODevice, ioDeviceResource } from '../../../crds/schema/index.ts';
import { kubectl, mustKubectl } from '../../../hack/federation/kubectl.ts';
import type { World } from '../../../hack/federation/world.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  conditionOf,
  createCluster,
  expectLeasesHold,
  expectReady,
  type GetWorld,
  newNamespace,
  onFrankfurt,
} from '../harness.ts';

const member = 'frankfurt-1';
const exporterPod = 'e2e-dcgm-exporter';

/** What DCGM tells of the GPUs of a leased device's node, and what becomes of the lease. */
export function healthScenarios(world: GetWorld): void {
  describe('a GPU that breaks', () => {
    test('is replaced in its lease, is offered to nobody, and comes back when it was seen to', async () => {
      const namespace = await newNamespace(world(), 'broken');
      const where = { namespace, name: 'training' };
      await createCluster(world(), where, onFrankfurt(1));
      const { lease } = await expectReady(world(), where);
      const [hit] = await leasedBy(world(), lease.id);
      if (hit === undefined) throw new Error('the lease has no device');
      const { name: node } = hit.spec.node;
      const exporter = await exporterOf(hit.spec.index);
      try {
        await runExporter(world(), node, (exporter.address() as AddressInfo).port);
        await eventually(
          async () => {
            const devices = await leasedBy(world(), lease.id);
            expect(devices).toHaveLength(1);
            expect(devices[0]?.metadata.name).not.toBe(hit.metadata.name);
          },
          { withinMs: 60_000 },
        );
        const after = await expectReady(world(), where);
        expect(after.lease).toMatchObject({ id: lease.id, devices: 1 });
        await eventually(async () => {
          const broken = await deviceOf(world(), hit.metadata.name);
          expect(conditionOf(broken, 'Healthy')).toMatchObject({
            status: 'False',
            reason: 'XidError',
          });
          expect(conditionOf(broken, 'Offered')).toMatchObject({
            status: 'False',
            reason: 'NotHealthy',
          });
          expect(broken.status?.lease).toBeUndefined();
        });
        await expectLeasesHold(world());
        await expectEvents(world(), namespace, ['DeviceBroken', 'DeviceReplaced']);
        await onMember(world(), [
          ...['annotate', 'node', node, '--overwrite'],
          `compute.io.net/gpus-checked=${new Date(Date.now() + 1_000).toISOString()}`,
        ]);
        await eventually(
          async () => {
            const checked = await deviceOf(world(), hit.metadata.name);
            expect(conditionOf(checked, 'Offered')?.status).toBe('True');
          },
          { withinMs: 30_000 },
        );
      } finally {
        const { controlPlane } = frankfurt(world());
        await kubectl(controlPlane.adminKubeconfigPath, [
          ...['delete', 'pod', exporterPod, '--namespace=default', '--ignore-not-found'],
          ...['--force', '--grace-period=0'],
        ]);
        exporter.closeAllConnections();
        exporter.close();
      }
    });
  });
}

/** Serves what DCGM exporter would: one GPU of the node has fallen off the bus. */
async function exporterOf(index: number): Promise<Server> {
  const text = Array.from(
    { length: 8 },
    (_, gpu) => `DCGM_FI_DEV_XID_ERRORS{gpu="${gpu}"} ${gpu === index ? 79 : 0}`,
  ).join('\n');
  const server = createServer((_, response) => void response.end(text));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function frankfurt(world: World) {
  const found = world.federation.members.find(({ profile }) => profile.name === member);
  if (found === undefined) throw new Error(`no member ${member}`);
  return found;
}

const onMember = (world: World, args: readonly string[], input?: string): Promise<string> =>
  mustKubectl(frankfurt(world).controlPlane.adminKubeconfigPath, args, input);

/** A pod that the agent takes for the exporter of the node; KWOK says that it runs. */
async function runExporter(world: World, node: string, port: number): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: exporterPod,
      namespace: 'default',
      labels: { 'app.kubernetes.io/name': 'dcgm-exporter' },
    },
    spec: {
      nodeName: node,
      containers: [
        { name: 'exporter', image: 'x', ports: [{ name: 'metrics', containerPort: port }] },
      ],
    },
  };
  await onMember(world, ['apply', '-f', '-'], JSON.stringify(pod));
  await onMember(world, [
    ...['wait', `pod/${exporterPod}`, '--namespace=default'],
    ...['--for=condition=Ready', '--timeout=30s'],
  ]);
  const status = { podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
  await onMember(world, [
    ...['patch', 'pod', exporterPod, '--namespace=default', '--subresource=status'],
    ...['--type=merge', `--patch=${JSON.stringify({ status })}`],
  ]);
}

const leasedBy = async (world: World, lease: string): Promise<readonly IODevice[]> =>
  (await world.devices()).filter(({ status }) => status?.lease?.id === lease);

async function deviceOf(world: World, name: string): Promise<IODevice> {
  const device = await world.hub.get(ioDeviceResource, name, memberNamespace(member));
  if (device === undefined) throw new Error(`no device ${name}`);
  return device;
}

async function expectEvents(world: World, namespace: string, reasons: readonly string[]) {
  const columns = '--output=jsonpath={.items[*].reason}';
  await eventually(
    async () => {
      const told = await world.mustKubectl([
        'get',
        'events.events.k8s.io',
        '-n',
        namespace,
        columns,
      ]);
      expect(told.split(/\s+/)).toEqual(expect.arrayContaining([...reasons]));
    },
    { withinMs: 20_000 },
  );
}
