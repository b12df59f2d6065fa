import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ioMemberResource } from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { vendorFiles } from '../../hack/federation/member.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { serverOf } from '../runtime/kube-config.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';

/** As the Jobs of the chart run it; one API server is the member's and the hub's. */

let cluster: PrivateCluster;
let api: KubeApi;
let admin: ApiClient;
let directory: string;
const servers: Server[] = [];
const tunnels: string[] = [];
let memberFile: string;
let hub: readonly string[];

const member = {
  displayName: 'Main GPU',
  location: { country: 'DE' },
  offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_490_000 }],
};

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'preflight' });
  api = new KubeApi(cluster.adminKubeconfigPath);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  directory = await mkdtemp(join(tmpdir(), 'preflight-'));
  const { url, caBundle = '' } = serverOf(cluster.kubeConfig);
  await writeFile(join(directory, 'ca.pem'), caBundle);
  memberFile = await write('member.yaml', stringify(member));
  hub = [`--hub-url=${url}`, `--hub-ca-file=${join(directory, 'ca.pem')}`];
}, 90_000);

afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all([api?.close(), admin?.close()]);
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

type Ended = Readonly<{ code: number; lines: readonly string[]; stderr: string }>;

function preflight(...args: readonly string[]): Promise<Ended> {
  const main = join(checkoutDirectory, 'operator/main.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'preflight', ...args],
      { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1);
        resolve({ code, lines: stdout.trim().split('\n'), stderr });
      },
    );
  });
}

const asAdmin = (): string => `--kubeconfig=${cluster.adminKubeconfigPath}`;

/** An HTTP proxy that lets CONNECT through and remembers where to. */
async function proxy(): Promise<string> {
  const server = createServer();
  server.on('connect', (request, client, head) => {
    tunnels.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const end of [upstream, client]) end.on('error', () => end.destroy());
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function addGpuNode(): Promise<void> {
  const labels = {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
    'nvidia.com/gpu.memory': '81559',
    'nvidia.com/gpu.count': '8',
  };
  await api.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'h100-1', labels } as never,
  });
  const status = { capacity: { 'nvidia.com/gpu': '8' }, allocatable: { 'nvidia.com/gpu': '8' } };
  await api.send(
    ...(['PATCH', '/api/v1/nodes/h100-1/status', { status }] as const),
    'application/merge-patch+json',
  );
}

describe('preflight', () => {
  test('an empty cluster is warned of what is to come, and may be installed on', async () => {
    const { code, lines } = await preflight(...hub, `--member-file=${memberFile}`, asAdmin());
    expect(lines).toEqual([
      expect.stringMatching(/^ok {3}kubernetes: v1\./),
      expect.stringMatching(/^warn gpus: /),
      expect.stringMatching(/^warn labels: /),
      expect.stringMatching(/^warn device-plugin: /),
      expect.stringMatching(/^warn kuberay: the kind RayCluster is missing/),
      expect.stringMatching(/^warn runtime: /),
      expect.stringMatching(/^warn dcgm: /),
      expect.stringMatching(/^ok {3}hub: /),
      expect.stringMatching(/^ok {3}clock: /),
      expect.stringMatching(/^ok {3}member: /),
      expect.stringMatching(/^ok {3}rights: /),
    ]);
    expect(code).toBe(0);
  });

  test('a member file with faults, a hub under another CA and missing rights are failures', async () => {
    const wrong = { ...member, accepted: true, location: { country: 'Germany' } };
    const other = await startOtherAuthority();
    const { code, lines } = await preflight(
      ...[hub[0] ?? '', `--hub-ca-file=${other}`],
      `--member-file=${await write('wrong.yaml', stringify(wrong))}`,
      `--kubeconfig=${cluster.kubeconfigPathFor('nobody')}`,
    );
    expect(code).toBe(1);
    const text = lines.join('\n');
    expect(text).toMatch(/^fail hub: .*signed by a CA that is not in hub\.caBundle/m);
    expect(text).toMatch(/^fail member: accepted: is not for a data centre.*location\.country: /m);
    expect(text).toMatch(/^fail rights: .*nodes.*forbidden/m);
    expect(text).toMatch(/^warn gpus: not looked at/m);
  });

  test('the hub is asked through the proxy', async () => {
    const through = `--https-proxy=${await proxy()}`;
    const { lines } = await preflight(...hub, through, `--member-file=${memberFile}`, asAdmin());
    expect(lines).toContainEqual(expect.stringMatching(/^ok {3}hub: /));
    expect(tunnels).toEqual([new URL((hub[0] ?? '').slice('--hub-url='.length)).host]);
  });

  test('a proxy that is not there is named as what is in the way', async () => {
    const nowhere = '--https-proxy=http://127.0.0.1:1';
    const { code, lines } = await preflight(
      ...hub,
      nowhere,
      `--member-file=${memberFile}`,
      asAdmin(),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^fail hub: .*ECONNREFUSED.*hub\.proxy/));
    expect(code).toBe(1);
  });
});

describe('preflight --installed', () => {
  const name = 'fra-1';
  const installed = (agentUrl: string): readonly string[] => [
    ...hub,
    ...[`--member-file=${memberFile}`, '--installed=true', `--member=${name}`, asAdmin()],
    ...['--credentials-secret=default/agent', `--agent-url=${agentUrl}`],
  ];

  test('an agent without a certificate fails, one that is connected is ok', async () => {
    await Promise.all([addGpuNode(), api.applyFiles(vendorFiles('kuberay'))]);
    const agent = createServer((_, response) => response.end('ok'));
    const url = `http://127.0.0.1:${await listening(agent)}`;
    const before = await preflight(...installed(url));
    expect(before.code).toBe(1);
    expect(before.lines).toContainEqual(expect.stringMatching(/^fail certificate: there is none/));
    expect(before.lines).toContainEqual(expect.stringMatching(/^fail connected: /));

    await storeCertificate(name);
    await connectedMember(name);
    const after = await preflight(...installed(url));
    expect(after.lines.filter((line) => !line.startsWith('ok'))).toEqual([
      expect.stringMatching(/^warn dcgm/),
    ]);
    expect(after.lines).toContainEqual(expect.stringMatching(/^ok {3}connected: /));
    expect(after.code).toBe(0);
  });
});

async function storeCertificate(name: string): Promise<void> {
  const user = `compute.io.net:member:${name}:1`;
  const path = cluster.kubeconfigPathFor(user, ['compute.io.net:members']);
  const field = (key: string): string =>
    new RegExp(`${key}: (\\S+)`).exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'agent', namespace: 'default' } },
    data: { 'tls.crt': field('client-certificate-data'), 'tls.key': field('client-key-data') },
  });
  await api.apply({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } },
    rules: [
      {
        ...{ apiGroups: ['compute.io.net'], resources: ['iomembers'], resourceNames: [name] },
        verbs: ['list', 'watch'],
      },
    ],
  });
  const apiGroup = 'rbac.authorization.k8s.io';
  await api.apply({
    ...{ apiVersion: `${apiGroup}/v1`, kind: 'ClusterRoleBinding', metadata: { name } },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  });
}

async function connectedMember(name: string): Promise<void> {
  await admin.apply(ioMemberResource, { metadata: { name }, spec: member }, { manager: 'test' });
  const condition = {
    ...{ type: 'Connected', status: 'True', reason: 'Connected', message: 'heard' },
    ...{ observedGeneration: 1, lastTransitionTime: '2026-11-25T08:00:00Z' },
  };
  await admin.mergePatch(
    ...([ioMemberResource, name, undefined] as const),
    { status: { conditions: [condition] } },
    { subresource: 'status' },
  );
}

/** The CA of another cluster. */
async function startOtherAuthority(): Promise<string> {
  const { ClusterPki } = await import('../../hack/federation/pki.ts');
  const pki = new ClusterPki(join(directory, 'other'), 'other');
  return write('other.pem', pki.caPem);
}
