import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
} from '../../../crds/schema/index.ts';
import { device } from '../../../crds/schema/vectors/member-side.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { type HubConfig, readConfig } from '../../config.ts';
import { runHub } from '../../main/hub.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { startAgent, type TestAgent } from '../../testing/member-hub.ts';
import { type Renter, renterOf } from '../../testing/kubectl/renter.ts';
import { type Said, Typist } from '../../testing/kubectl/typed.ts';

/** What a renter asks of a real hub: its controllers, one member with two GPUs, no ledger. */
const member = 'fra-1';
const namespaceOfMember = `io-member-${member}`;
const patience = { withinMs: 30_000 };

let cluster: PrivateCluster;
let typist: Typist;
let renter: Renter;
let agent: TestAgent;
let folder: string;
let ended: Promise<void>;
const stop = new AbortController();

beforeAll(async () => {
  [cluster, typist, folder] = await Promise.all([
    startPrivateControlPlane({ name: 'renters' }),
    Typist.start(),
    mkdtemp(join(tmpdir(), 'clusters-')),
  ]);
  const api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/hub-rbac.yaml')]);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespaceOfMember } });
  await api.close();
  renter = await renterOf(cluster);
  const kubeconfig = cluster.kubeconfigPathFor('compute.io.net:hub');
  const flags = ['hub', '--leader-election', 'false', '--kubeconfig', kubeconfig];
  const quiet = ['--metrics-address', '127.0.0.1:0', '--log-level', 'error'];
  ended = runHub(readConfig([...flags, ...quiet], {}) as HubConfig, stop.signal);
  await offerDevices();
}, 120_000);

afterAll(async () => {
  stop.abort();
  await Promise.all([ended, agent?.stop(), typist?.stop(), renter?.close()]);
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function offerDevices(): Promise<void> {
  const { admin } = renter;
  const offers = [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_500_000 }];
  const spec = { accepted: true, location: { country: 'DE' }, offers };
  await admin.apply(ioMemberResource, { metadata: { name: member }, spec }, { manager: 'test' });
  for (const index of [0, 1]) {
    const { spec: facts } = device({ member, index, uuid: `GPU-0${index}` });
    const metadata = { name: `node-1-gpu-${index}`, namespace: namespaceOfMember };
    await admin.apply(ioDeviceResource, { metadata, spec: facts }, { manager: 'test' });
  }
  agent = startAgent(cluster, member);
  await eventually(async () => {
    const found = await admin.list(ioDeviceResource, { namespace: namespaceOfMember });
    const offered = found.items.map(({ status }) =>
      status?.conditions?.find(({ type }) => type === 'Offered'),
    );
    expect(offered).toMatchObject([{ status: 'True' }, { status: 'True' }]);
    const known = await admin.get(ioMemberResource, member);
    const conditions = known?.status?.conditions ?? [];
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Schedulable', status: 'True' }),
    );
  }, patience);
}

const say = (line: string, input?: string): Promise<Said> =>
  typist.type(line, renter.kubeconfig, input).ended;

async function must(line: string, input?: string): Promise<Said> {
  const said = await say(line, input);
  expect({ line, ...said }).toEqual({ line, ...said, code: 0 });
  return said;
}

const manifest = (name: string, replicas: number, more = '') => `apiVersion: compute.io.net/v1alpha1
kind: IOCluster
metadata: { name: ${name} }
spec:
  ray: { version: 2.52.1 }
  workerGroups: [{ name: gpu, replicas: ${replicas} }]
${more}`;

async function apply(name: string, replicas: number, more?: string): Promise<void> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, manifest(name, replicas, more));
  await must(`apply -f ${file}`);
}

const clustersNow = async () => {
  const { items } = await renter.admin.list(ioClusterResource, { namespace: renter.namespace });
  return items.map(({ metadata }) => metadata.name);
};

test('nothing is there at first, and it says what to do', async () => {
  const said = await must('io list');
  expect(said).toMatchObject({ stdout: '' });
  expect(said.stderr).toContain(`There is no IOCluster in namespace ${renter.namespace}`);
  expect(JSON.parse((await must('io list -o json')).stdout)).toMatchObject({ items: [] });
  const none = await say('io status first');
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toContain('kubectl io list -A');
});

describe('quote', () => {
  test('asks the hub about what is only in a file, and leaves nothing behind', async () => {
    const account = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n---\n';
    const text = `${manifest('two', 2)}${account}${manifest('many', 9)}`;
    // One of both has no price: exit code 1.
    const { code, stdout } = await say('io quote -f -', text);
    expect(code).toBe(1);
    const [head, two, many] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^NAME +GPUS +PER HOUR +HELD AT START +STARTS$/);
    expect(two).toMatch(/^two +2 +5\.00 USD +<none> +now$/);
    expect(many).toMatch(/^many +0 +<none> +<none> +never: /);
    expect(await clustersNow()).toEqual([]);
  });

  test('is refused as the cluster itself would be', async () => {
    const said = await say('io quote -f -', manifest('wrong', 0));
    expect(said.code).toBe(1);
    expect(said.stderr).toContain('asks for no device');
    const other = await say('io quote -f -', 'kind: Pod');
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain('has no IOCluster');
  });
});

describe('a cluster', () => {
  test('is told stage by stage, and what it waits for', async () => {
    await apply('first', 2);
    await eventually(async () => {
      expect((await must('io status first')).stdout).toMatch(/Placed +yes/);
    }, patience);
    const { stdout } = await must('io status first');
    expect(stdout).toContain(`Cluster:   ${renter.namespace}/first, Ray 2.52.1`);
    expect(stdout).toMatch(/Status: +Starting: /);
    expect(stdout).toMatch(/Lease: +2 GPUs on fra-1 for \d+s \(lease-/);
    expect(stdout).toContain('5.00 USD an hour');
    expect(stdout).toMatch(/EVENT +AGE +TIMES +NOTE\n/);
    expect(stdout).toContain(`Next: kubectl io status -n ${renter.namespace} first --watch`);
    expect((await must('io status first -o name')).stdout).toBe('iocluster.compute.io.net/first\n');
    const { status } = JSON.parse((await must('io status first -o json')).stdout);
    expect(status.lease.member).toBe(member);
  });

  test('that waits has a place in the queue, a price and a reason', async () => {
    await apply('second', 1);
    await apply('third', 2);
    await eventually(async () => {
      expect((await must('io status third')).stdout).toMatch(
        /Queue: +2 of 2 that wait in namespace/,
      );
    }, patience);
    const { stdout } = await must('io status third');
    expect(stdout).toMatch(/Status: +Waiting: /);
    expect(stdout).toMatch(/WHY NOT +MEMBERS +DEVICES\n/);
    expect((await must('io quote second')).stdout).toMatch(
      /second +1 +2\.50 USD .*when there is room: /,
    );
  });

  test('is watched for a while, and the watch says that it goes on', async () => {
    const said = await say('io status third --watch --timeout 2s');
    expect(said).toMatchObject({ code: 1 });
    expect(said.stdout).toMatch(/ 0s {2}✓ Valid Accepted: /);
    expect(said.stdout).toMatch(/· Ready NotAdmitted: /);
    expect(said.stderr).toContain('third is not ready after 2s; it goes on without you');
  });

  test('that is suspended ends a watch', async () => {
    await must('patch ioc third --type merge -p {"spec":{"suspend":true}}');
    const said = await say('io status third --watch --timeout 20s');
    expect(said).toMatchObject({ code: 1 });
    expect(said.stdout).toContain('Ready Suspended');
  });

  test('is in the list in each format', async () => {
    const { stdout } = await must('io list');
    const [head, first] = stdout.split('\n');
    expect(head).toMatch(/^NAME +STATUS +MEMBER +WORKERS +GPUS +PER HOUR +SPENT +LEASED +AGE$/);
    expect(first).toMatch(/^first +Starting +fra-1 +0\/2 +2 +5\.00 USD +<none> +\S+ +\S+$/);
    expect(stdout).toMatch(/^second +Waiting/m);
    expect(stdout).toMatch(/^third +Suspended/m);
    expect((await must('io list -o wide')).stdout).toMatch(/RAY +LEASE +ENDPOINT +WHY\n/);
    expect((await must('io ls -o name')).stdout.split('\n')).toHaveLength(4);
  });

  test('that is not ready has no gateway: it says how to wait', async () => {
    const said = await say('io jobs list second');
    expect(said).toMatchObject({ code: 1 });
    expect(said.stderr).toContain('kubectl io status second --watch waits for it');
  });

  test('is offered by Tab, to kubectl itself', async () => {
    const { stdout } = await must('__complete io status f');
    expect(stdout).toMatch(/^first\n:4/);
    const spaces = await typist.type(['__complete', 'io', 'jobs', ''], renter.kubeconfig).ended;
    expect(spaces.stdout).toContain('submit\tSubmit a job');
  });
});

test('who may not list everything is told so', async () => {
  const said = await say('io list -A');
  expect(said).toMatchObject({ code: 1, stdout: '' });
  expect(said.stderr).toContain('ioclusters.compute.io.net is forbidden');
  expect(said.stderr).toContain('kubectl auth can-i --list');
});

test('what was spent is summed, as the hub told it', async () => {
  expect((await must('io spend')).stderr).toContain('No IOCluster in namespace');
  const spend = (settled: string) => ({
    ...{ asset: 'USDC', settled, held: '1.00', unsettled: '0.25', summary: `${settled} USDC` },
    time: '2026-11-24T12:00:00Z',
  });
  // A hub looks after those that wait for as long as there are any, also while it ends.
  await must('patch ioc second --type merge -p {"spec":{"suspend":true}}');
  await eventually(async () => {
    expect((await must('io list')).stdout).toMatch(/^second +Suspended/m);
  }, patience);
  stop.abort();
  await ended;
  for (const [name, settled] of [
    ['first', '10.10'],
    ['second', '0.05'],
  ] as const) {
    const patch = { status: { spend: spend(settled) } };
    const options = { subresource: 'status', manager: 'test' };
    await renter.admin.mergePatch(ioClusterResource, name, renter.namespace, patch, options);
  }
  const { stdout } = await must('io spend');
  expect(stdout).toMatch(/^first +USDC +10\.10 +0\.25 +1\.00/m);
  expect(stdout).toMatch(/^TOTAL +USDC +10\.15 +0\.50 +2\.00/m);
  expect(JSON.parse((await must('io spend -o json')).stdout).items).toHaveLength(2);
});
