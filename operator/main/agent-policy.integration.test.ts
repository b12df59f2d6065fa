import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeApi } from '../../hack/federation/kube-api.ts';
import { reservePorts } from '../../hack/federation/ports.ts';
import { type AgentConfig, readConfig } from '../config.ts';
import { tenantNamespace } from '../domain/lease.ts';
import { buildPlacementSpec } from '../testing/builders/placement-spec.ts';
import { eventually } from '../testing/eventually.ts';
import { type MemberCluster, startMemberCluster } from '../testing/member-cluster.ts';
import { runAgent } from './agent.ts';

const policyPath = '/api/v1/namespaces/io-member/configmaps/io-member-policy';
const patience = { withinMs: 30_000 };
const mergePatch = 'application/merge-patch+json';

let member: MemberCluster;
let api: KubeApi;
let namespace: string;
let metricsPort: number;
const stop = new AbortController();
let ended: Promise<void> | undefined;

beforeAll(async () => {
  member = await startMemberCluster('policy');
  ({ api, namespace } = member);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'io-member' } });
  [metricsPort = 0] = await reservePorts(1, member.cluster.controlPlane.directory);
}, 90_000);
afterAll(async () => {
  stop.abort();
  await ended;
  await member?.stop();
});

function startAgent(): void {
  const config = readConfig(
    [
      ...['agent', ...member.flags, `--metrics-address=127.0.0.1:${metricsPort}`],
      '--policy-config-map=io-member/io-member-policy',
    ],
    {},
  ) as AgentConfig;
  ended = runAgent(config, stop.signal);
}

async function decree(data: Record<string, string>): Promise<void> {
  await api.send('DELETE', policyPath);
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
    metadata: { name: 'io-member-policy', namespace: 'io-member' },
  });
}

/** A placement on two devices of node `a`, from `first` on. */
const place = (leaseId: string, first: number): Promise<void> =>
  member.place(leaseId, [first, first + 1], 1);

const placementPath = (leaseId: string): string =>
  `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/ioplacements/${leaseId}`;

type Placement = { status?: { conditions?: { type: string; reason: string }[] } };
async function accepted(leaseId: string): Promise<string | undefined> {
  const found = (await api.get(placementPath(leaseId))) as Placement | undefined;
  return found?.status?.conditions?.find(({ type }) => type === 'Accepted')?.reason;
}

const rayCluster = (leaseId: string): Promise<Record<string, unknown> | undefined> => {
  const tenant = tenantNamespace(buildPlacementSpec().tenant);
  return api.get(`/apis/ray.io/v1/namespaces/${tenant}/rayclusters/${leaseId}`);
};

const expectEnded = (leaseId: string): Promise<void> =>
  eventually(async () => {
    const gone = { metadata: { deletionTimestamp: 'gone' } };
    expect((await rayCluster(leaseId)) ?? gone).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
    });
  }, patience);

async function announced(annotation: string): Promise<unknown> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/heartbeat`;
  const found = await api.get(path);
  const { annotations } = (found?.['metadata'] ?? {}) as { annotations?: Record<string, string> };
  return annotations?.[`compute.io.net/${annotation}`];
}
const heartbeat = (): Promise<unknown> => announced('cordoned');
const drainHeard = (): Promise<unknown> => announced('drain-deadline');

const metrics = async (): Promise<string> =>
  (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();

test('a data centre says by a ConfigMap what it lets run, and is heard at once', async () => {
  const [first, second, third] = [1, 2, 3].map((each) => `lease-000000000000000${each}`) as [
    string,
    string,
    string,
  ];
  await decree({ allowedImages: 'registry.example/' });
  startAgent();
  const devices = `/apis/compute.io.net/v1alpha1/namespaces/${namespace}/iodevices`;
  await eventually(async () => expect(await api.get(`${devices}/a-gpu-7`)).toBeDefined(), patience);

  await place(first, 0);
  await eventually(async () => expect(await accepted(first)).toBe('RefusedImage'), patience);
  expect(await rayCluster(first)).toBeUndefined();
  expect(await metrics()).toMatch(/io_member_refusals_total{reason="RefusedImage".*} 1/);

  await api.send('PATCH', policyPath, { data: { allowedImages: 'docker.io/*' } }, mergePatch);
  await eventually(async () => {
    expect(await metrics()).toMatch(/io_member_policy_readable{.*} 0/);
  }, patience);
  expect(await accepted(first)).toBe('RefusedImage');

  const allowed = { data: { allowedImages: 'docker.io/rayproject/', maxDevicesPerLease: '2' } };
  await api.send('PATCH', policyPath, allowed, mergePatch);
  await eventually(async () => expect(await accepted(first)).toBe('Accepted'), patience);
  await eventually(async () => expect(await rayCluster(first)).toBeDefined(), patience);

  // What runs stays, and the hub hears that nothing else is wanted.
  const before = await rayCluster(first);
  await api.send('PATCH', policyPath, { data: { cordoned: 'true' } }, mergePatch);
  await eventually(async () => expect(await heartbeat()).toBe('true'), patience);
  await place(second, 2);
  await eventually(async () => expect(await accepted(second)).toBe('RefusedCordoned'), patience);
  expect(await accepted(first)).toBe('Accepted');
  expect(await rayCluster(first)).toEqual(before);

  await api.send('PATCH', policyPath, { data: { cordoned: 'false' } }, mergePatch);
  await eventually(async () => expect(await accepted(second)).toBe('Accepted'), patience);
  await eventually(async () => expect(await heartbeat()).not.toBe('true'), patience);

  // Everything off by a time: what runs stays until then, and is ended by the agent's own clock.
  const inSeconds = (seconds: number): string =>
    new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
  await api.send('PATCH', policyPath, { data: { drainDeadline: inSeconds(3600) } }, mergePatch);
  await eventually(async () => expect(await drainHeard()).toBeDefined(), patience);
  expect(await accepted(second)).toBe('Accepted');
  await api.send('PATCH', policyPath, { data: { drainDeadline: inSeconds(4) } }, mergePatch);
  await eventually(async () => expect(await accepted(second)).toBe('RefusedCordoned'), patience);
  await expectEnded(second);
  await place(third, 4);
  await eventually(async () => expect(await accepted(third)).toBe('RefusedCordoned'), patience);
  await api.send('PATCH', policyPath, { data: { drainDeadline: null } }, mergePatch);
  await eventually(async () => expect(await accepted(third)).toBe('Accepted'), patience);

  await api.send('PATCH', policyPath, { data: { maxDevicesPerLease: '1' } }, mergePatch);
  await eventually(async () => expect(await accepted(third)).toBe('RefusedTooLarge'), patience);
  await expectEnded(third);
}, 120_000);
