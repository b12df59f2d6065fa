import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { eventually } from '../../operator/testing/eventually.ts';
import { type ControlPlane, removeCluster } from '../federation/control-plane.ts';
import { federationTools } from '../federation/index.ts';
import { expectSuccess, KubeApi, type Manifest } from '../federation/kube-api.ts';
import { startMember } from '../federation/member.ts';
import { gpuKinds } from '../federation/member-profiles.ts';
import { silentProgress } from '../federation/progress.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { chartPath, Helm, manifestsIn } from './helm.ts';
import { runHook } from './hook-process.ts';
import { objectsWith } from './leftovers.ts';
import { leastOfMember } from './values.ts';

/** Helm on a member's cluster with simulated nodes, whose API server also stands in for the hub's. */

const BUILD_AND_START_MS = 1_800_000;
const patience = { withinMs: 60_000 };
const namespace = 'io-member';
const ofRelease = 'app.kubernetes.io/instance=gpu';
const rayKinds = ['rayclusters', 'rayjobs', 'rayservices'].map((name) => `${name}.ray.io`);
const definition = (name: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;

let directory: string;
let plane: ControlPlane;
let api: KubeApi;
let helm: Helm;

beforeAll(async () => {
  await ensureTools(federationTools(), silentProgress);
  directory = await ownedRunDirectory('charts');
  plane = await startMember({
    directory: join(directory, 'member'),
    ...{ kubeRay: false, devicePlugin: false },
    profile: {
      ...{ name: 'fra-1', displayName: 'x', certifications: [], offers: [], cpuNodes: 1 },
      location: { country: 'DE', region: 'x', city: 'x', latitude: '1', longitude: '1' },
      gpuPools: [{ ...gpuKinds.hopper, name: 'h100', nodes: 2, gpusPerNode: 8 }],
    },
  });
  api = new KubeApi(plane.adminKubeconfigPath);
  helm = new Helm(join(directory, 'helm'), plane.adminKubeconfigPath);
}, BUILD_AND_START_MS);
afterAll(async () => {
  await api?.close();
  if (directory !== undefined) await removeCluster(directory);
});

const values = (more: object = {}): object => ({
  ...leastOfMember,
  hub: { url: plane.server, caBundle: plane.caPem },
  // No volume is provisioned here, so a pod that wants one would wait for ever.
  metering: { enabled: false },
  ...more,
});

const install = (...more: readonly string[]): Promise<string> =>
  helm.run(
    ...['install', 'gpu', chartPath('io-member'), `--namespace=${namespace}`, ...more],
    helm.valuesFlag(values()),
  );

const workload = (kind: string, name: string, inNamespace: string): Manifest => ({
  ...{ apiVersion: 'apps/v1', kind, metadata: { name, namespace: inNamespace } },
  spec: {
    selector: { matchLabels: { name } },
    template: {
      metadata: { labels: { name } },
      spec: { containers: [{ name: 'x', image: 'x' }] },
    },
  },
});

/** Those with a label; kinds that are new are not served at once. */
async function settledObjects(label: string): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await eventually(async () => {
    found = await objectsWith(api, label);
  }, patience);
  return found;
}

async function withdraw(manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    expectSuccess(await api.send('DELETE', await api.pathOf(manifest)), 'withdraw');
  }
}

describe('a chart that looks first', () => {
  test('brings nothing that runs already, however it is named', async () => {
    const theirs = [
      workload('Deployment', 'my-kuberay-operator', 'default'),
      workload('DaemonSet', 'nvdp-nvidia-device-plugin', 'default'),
      workload('DaemonSet', 'nvdp-nvidia-device-plugin-gpu-feature-discovery', 'default'),
      workload('DaemonSet', 'metrics-dcgm-exporter', 'default'),
    ];
    for (const manifest of theirs) await api.apply(manifest);
    const made = await install('--dry-run=server');
    expect(made).toContain('operator: Deployment default/my-kuberay-operator is used');
    expect(made).toContain('plugin: DaemonSet default/nvdp-nvidia-device-plugin is used');
    expect(made).toMatch(/discovery: DaemonSet default\/nvdp-\S+-gpu-feature-discovery is used/);
    expect(made).toContain('exporter: DaemonSet default/metrics-dcgm-exporter is used');
    expect(made).not.toMatch(/kind: (DaemonSet|CustomResourceDefinition)/);
    expect(made).not.toContain('--definitions');
    await withdraw(theirs);
  }, 60_000);

  test('takes another vendor’s device plugin for none of NVIDIA’s', async () => {
    const theirs = [
      workload('DaemonSet', 'amdgpu-device-plugin', 'default'),
      workload('DaemonSet', 'nvidia-mps-control-daemon', 'default'),
    ];
    for (const manifest of theirs) await api.apply(manifest);
    const made = await install('--dry-run=server');
    expect(made).toContain("NVIDIA's device plugin: installed by this release");
    await withdraw(theirs);
  }, 60_000);

  test('leaves to the GPU operator what that is set to bring', async () => {
    const policies = policyDefinition();
    const policy = {
      ...{ apiVersion: 'nvidia.com/v1', kind: 'ClusterPolicy', metadata: { name: 'gpus' } },
      spec: { devicePlugin: { enabled: true }, dcgmExporter: { enabled: false } },
    };
    await api.apply(policies);
    await eventually(() => api.apply(policy), patience);
    const made = await install('--dry-run=server');
    expect(made).toContain('plugin: ClusterPolicy gpus of the GPU operator is used');
    expect(made).toContain('discovery: ClusterPolicy gpus of the GPU operator is used');
    expect(made).toContain('exporter: installed by this release');
    expect(made).toContain('--dcgm-selector=app.kubernetes.io/name=dcgm-exporter');
    await api.apply({ ...policy, spec: { dcgmExporter: { enabled: true } } });
    // By the labels that the GPU operator gives its own.
    expect(await install('--dry-run=server')).toContain('--dcgm-selector=app=nvidia-dcgm-exporter');
    await withdraw([policies]);
  }, 60_000);
});

/** The GPU operator's own has a thousand fields, of which none matters here. */
const policyDefinition = (): Manifest => ({
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: 'clusterpolicies.nvidia.com' },
  spec: {
    ...{ group: 'nvidia.com', scope: 'Cluster' },
    names: { kind: 'ClusterPolicy', plural: 'clusterpolicies' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
});

describe('the life of a release in a bare cluster', () => {
  /** The manifests of one hook of the release, as Helm keeps them. */
  const hook = async (component: string): Promise<readonly Manifest[]> =>
    manifestsIn(await helm.run('get', 'hooks', 'gpu', `--namespace=${namespace}`)).filter(
      ({ metadata }) => {
        const { labels } = metadata as { labels?: Record<string, string> };
        return labels?.['app.kubernetes.io/component'] === component;
      },
    );
  const run = async (component: string) =>
    runHook({
      ...{ plane, api, manifests: await hook(component) },
      directory: join(directory, 'hooks', component),
    });

  beforeAll(async () => {
    for (const name of rayKinds) {
      expectSuccess(await api.send('DELETE', definition(name)), name);
      await eventually(async () => expect(await api.get(definition(name))).toBeUndefined(), {
        withinMs: 60_000,
      });
    }
  }, 120_000);

  test('an install brings what is missing, and its hooks leave nothing', async () => {
    const notes = await install('--create-namespace', '--wait', '--timeout=2m');
    expect(notes.match(/: installed by this release/g)).toHaveLength(4);
    expect(notes).toContain('kubectl io member accept fra-1');
    expect(notes).toContain('member.offers is empty');
    const objects = await settledObjects(ofRelease);
    expect(objects).toContain('deployments io-member/io-agent');
    expect(objects).toContain('deployments io-member/kuberay-operator');
    expect(objects).toContain('daemonsets kube-system/io-dcgm-exporter');
    for (const name of rayKinds) expect(objects).toContain(`customresourcedefinitions /${name}`);
    expect(objects.filter((each) => /preflight|leave|test/.test(each))).toEqual([]);
  }, 240_000);

  test('helm test runs to its end', async () => {
    const said = await helm.run('test', 'gpu', `--namespace=${namespace}`, '--timeout=1m');
    expect(said).toMatch(/Phase:\s+Succeeded/);
  }, 120_000);

  test('an upgrade changes what was asked for, and keeps what the release brought', async () => {
    const before = await settledObjects(`${ofRelease},app.kubernetes.io/component`);
    const notes = await helm.run(
      ...['upgrade', 'gpu', chartPath('io-member'), `--namespace=${namespace}`, '--wait'],
      helm.valuesFlag(values({ policy: { maxDevicesPerLease: 4 } })),
    );
    expect(notes.match(/: installed by this release/g)).toHaveLength(4);
    const path = `/api/v1/namespaces/${namespace}/configmaps/io-member-policy`;
    expect(await api.get(path)).toMatchObject({ data: { maxDevicesPerLease: '4' } });
    const isRevision = (each: string): boolean => /^(pods|replicasets|controllerrev)/.test(each);
    const after = await settledObjects(`${ofRelease},app.kubernetes.io/component`);
    expect(after.filter((each) => !isRevision(each))).toEqual(
      before.filter((each) => !isRevision(each)),
    );
  }, 240_000);

  test('preflight may look at all that it asks for', async () => {
    const { code, said } = await run('preflight');
    expect(said).toMatch(/^ok +rights: /m);
    expect(said).toMatch(/^ok +hub: /m);
    expect(said).toMatch(/^ok +member: /m);
    expect({ code, fails: said.match(/^fail.*$/gm) }).toEqual({ code: 0, fails: null });
  }, 90_000);

  test('the test may look at all that it asks for, and sees that no agent runs', async () => {
    const { code, said } = await run('test');
    expect(said).toMatch(/^ok +rights: /m);
    expect(said).toMatch(/^fail certificate: there is none yet/m);
    expect(code).toBe(1);
  }, 90_000);

  test('leave may take away all that it has to, definitions too', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'io-operator', 'compute.io.net/tenant': 't' };
    const metadata = { name: 'io-t', labels };
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
    const secret = `/api/v1/namespaces/${namespace}/secrets/io-agent-credentials`;
    await api.apply({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: 'io-agent-credentials', namespace },
    });
    const agent = `/apis/apps/v1/namespaces/${namespace}/deployments/io-agent`;
    expect(await api.get(agent)).toMatchObject({ status: { replicas: 1 } });
    const { code, said } = await run('leave');
    expect(code).toBe(0);
    expect(said).toContain('the agent is stopped');
    expect(await api.get(agent)).toMatchObject({ spec: { replicas: 0 } });
    expect(await api.get('/api/v1/namespaces/io-t')).toBeUndefined();
    expect(await api.get(secret)).toBeUndefined();
    for (const name of rayKinds) {
      await eventually(
        async () => expect(await api.get(definition(name))).toBeUndefined(),
        patience,
      );
    }
  }, 120_000);

  test('an uninstall leaves nothing', async () => {
    await helm.run('uninstall', 'gpu', `--namespace=${namespace}`, '--wait', '--timeout=2m');
    await eventually(async () => expect(await objectsWith(api, ofRelease)).toEqual([]), patience);
    expect(await objectsWith(api, 'app.kubernetes.io/managed-by=Helm')).toEqual([]);
    expect(await objectsWith(api, 'owner=helm')).toEqual([]);
  }, 240_000);
});

describe('the life of a hub with a database', () => {
  const inNamespace = '--namespace=io-system';
  const nonce = '/api/v1/namespaces/io-system/secrets/io-api-nonce';
  const hubValues = {
    database: { existingSecret: 'database' },
    api: { tlsSecret: 'api-tls', publicDomain: 'api.example' },
  };

  test('an install migrates first, and trusts whom the API server trusts', async () => {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'io-system' } });
    const notes = await helm.run(
      ...['install', 'hub', chartPath('io-hub'), inNamespace, '--wait', '--timeout=2m'],
      helm.valuesFlag(hubValues),
    );
    expect(notes).toContain('kubectl io member invite NAME --api-url https://api.example');
    const authority = '/api/v1/namespaces/io-system/configmaps/io-api-client-ca';
    const { data } = (await api.get(authority)) as { data: Record<string, string> };
    expect(data['ca.crt']?.trim()).toBe(plane.caPem.trim());
    const objects = await settledObjects('app.kubernetes.io/instance=hub');
    expect(objects).toContain('deployments io-system/io-hub');
    expect(objects).toContain('deployments io-system/io-api');
    expect(objects).toContain('customresourcedefinitions /ioclusters.compute.io.net');
    expect(objects.filter((each) => each.includes('migrate'))).toEqual([]);
  }, 240_000);

  test('an upgrade keeps what all replicas have to know', async () => {
    const before = (await api.get(nonce)) as { data: object };
    await helm.run(
      ...['upgrade', 'hub', chartPath('io-hub'), inNamespace, '--wait', '--timeout=2m'],
      helm.valuesFlag({ ...hubValues, hub: { replicas: 3 } }),
    );
    expect(await api.get(nonce)).toMatchObject({ data: before.data });
  }, 240_000);

  test('an uninstall leaves the definitions, and with them what everybody has', async () => {
    await helm.run('uninstall', 'hub', inNamespace, '--wait', '--timeout=2m');
    const left = async (): Promise<readonly string[]> => {
      const found = await settledObjects('app.kubernetes.io/instance=hub');
      return found.filter((each) => !each.startsWith('customresourcedefinitions'));
    };
    await eventually(async () => expect(await left()).toEqual([]), patience);
    expect(await api.get(definition('ioclusters.compute.io.net'))).toBeDefined();
  }, 240_000);
});
