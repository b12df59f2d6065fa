import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '../../operator/config.ts';
import { agentFlags, apiFlags, hubFlags } from '../../operator/flags/processes.ts';
import { memberFileFaults } from '../../operator/main/member-file.ts';
import { testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { KubeApi, type Manifest } from '../federation/kube-api.ts';
import { silentProgress } from '../federation/progress.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { type ChartName, chartPath, Helm, manifestsIn } from './helm.ts';
import { leastOfHub, leastOfMember, mostOfHub, mostOfMember } from './values.ts';

const cluster = testCluster();
let directory: string;
let helm: Helm;
let api: KubeApi;
let restricted: string;

beforeAll(async () => {
  await ensureTools(['helm'], silentProgress);
  directory = await mkdtemp(join(tmpdir(), 'charts-'));
  helm = new Helm(directory);
  api = new KubeApi(cluster.adminKubeconfigPath);
  restricted = await cluster.uniqueNamespace('chart');
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  for (const metadata of [{ name: restricted, labels }, { name: 'io-system' }]) {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  }
}, 600_000);
afterAll(async () => {
  await api.close();
  await rm(directory, { recursive: true });
});

const cases: readonly (readonly [string, ChartName, object])[] = [
  ['io-member with the least values', 'io-member', leastOfMember],
  ['io-member with the most values', 'io-member', mostOfMember],
  ['io-hub with the least values', 'io-hub', leastOfHub],
  ['io-hub with the most values', 'io-hub', mostOfHub],
];

function rendered(chart: ChartName, values: object): Promise<readonly Manifest[]> {
  const namespace = chart === 'io-hub' ? 'io-system' : restricted;
  return helm.template({ chart, name: 'r', namespace, values });
}

function objectOf(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

type PodSpec = Readonly<{ containers: readonly Readonly<{ image: string; args: string[] }>[] }>;

/** Pods of Deployments and Jobs, which are ours or KubeRay's; NVIDIA's are DaemonSets. */
function podsIn(manifests: readonly Manifest[]): readonly (readonly [string, PodSpec])[] {
  const templates = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
  return templates.map((each) => {
    const { template } = each['spec'] as { template: { spec: PodSpec } };
    return [each.metadata.name, template.spec];
  });
}

describe.each(cases)('%s', (_, chart, values) => {
  test('passes the linter', async () => {
    const namespace = chart === 'io-hub' ? 'io-system' : restricted;
    const output = await helm.run(
      ...['lint', '--strict', chartPath(chart), `--namespace=${namespace}`],
      helm.valuesFlag(values),
    );
    expect(output).toContain('0 chart(s) failed');
  });

  test('makes what an API server takes', async () => {
    const manifests = await rendered(chart, values);
    for (const manifest of manifests) await api.tryApply(manifest);
    expect(manifests.length).toBeGreaterThan(14);
  }, 60_000);

  test('makes no pod of its own that is not restricted', async () => {
    const pods = podsIn(await rendered(chart, values));
    expect(pods.length).toBeGreaterThan(0);
    for (const [name, spec] of pods) {
      const metadata = { name, namespace: restricted };
      const pod = { ...spec, serviceAccountName: 'default' };
      await api.tryApply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: pod });
    }
  });

  test('gives processes flags that they understand', async () => {
    const ours = podsIn(await rendered(chart, values)).flatMap(([, { containers }]) =>
      containers.filter(({ image }) => image.includes('io-operator')),
    );
    expect(ours.length).toBeGreaterThan(0);
    for (const { args } of ours) expect(readConfig(args, {})).toBeDefined();
  });
});

test.each([
  ['the least', leastOfMember],
  ['the most', mostOfMember],
])('%s values of a member state a good IOMember', async (_, values) => {
  const manifests = await rendered('io-member', values);
  const { data } = objectOf(manifests, 'ConfigMap', 'io-member');
  const text = (data as Record<string, string>)['member.yaml'] ?? '';
  const { member } = values;
  expect(parse(text)).toEqual({
    ...{ certifications: [], offers: [] },
    ...Object.fromEntries(
      Object.entries(member).filter(([key]) => key !== 'name' && key !== 'enrolment'),
    ),
  });
  const path = join(directory, 'member.yaml');
  await writeFile(path, text);
  expect(memberFileFaults(path)).toEqual([]);
});

test('the agent goes out to no port but those of its hub, its cluster, Ray, DNS and DCGM', async () => {
  const manifests = await rendered('io-member', {
    ...leastOfMember,
    networkPolicy: { egressPorts: [16_443] },
    hub: { ...leastOfMember.hub, url: 'https://hub.example', proxy: 'http://proxy.example:3128' },
  });
  const { spec } = objectOf(manifests, 'NetworkPolicy', 'io-agent');
  const { egress } = spec as { egress: [{ ports: { port: number }[] }] };
  const ports = new Set(egress[0].ports.map(({ port }) => port));
  expect([...ports].toSorted((a, b) => a - b)).toEqual([
    ...[53, 443, 3128, 6443, 8000, 8265, 8443, 9400, 10_001, 16_443],
  ]);
});

test('an agent has the rights of Kueue, and the flag, only where there is a queue', async () => {
  const seen = async (values: object): Promise<readonly boolean[]> => {
    const manifests = await rendered('io-member', values);
    const role = manifests.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name.endsWith(':io-agent'),
    );
    const { rules } = role as Manifest & { rules: { apiGroups: string[] }[] };
    const agent = podsIn(manifests).find(([name]) => name === 'io-agent')?.[1];
    return [
      rules.some(({ apiGroups }) => apiGroups.includes('kueue.x-k8s.io')),
      agent?.containers[0]?.args.includes('--kueue-queue=gpu') === true,
    ];
  };
  expect(await seen(leastOfMember)).toEqual([false, false]);
  expect(await seen({ ...leastOfMember, kueue: { clusterQueue: 'gpu' } })).toEqual([true, true]);
});

test('the agent reads ResourceSlices only where they tell of devices', async () => {
  const reads = async (source: string): Promise<boolean> => {
    const manifests = await rendered('io-member', { ...leastOfMember, devices: { source } });
    return JSON.stringify(manifests).includes('resourceslices');
  };
  expect([await reads('labels'), await reads('dra')]).toEqual([false, true]);
});

test('the hub writes ClusterProfiles in one namespace, and only where that is asked for', async () => {
  const places = async (values: object): Promise<readonly string[]> =>
    (await rendered('io-hub', values))
      .filter((each) => JSON.stringify(each['rules'] ?? '').includes('clusterprofiles'))
      .map(({ kind, metadata }) => `${kind} in ${metadata.namespace}`);
  expect(await places(leastOfHub)).toEqual([]);
  expect(await places({ clusterProfiles: { namespace: 'fleet' } })).toEqual(['Role in fleet']);
});

test('the exporters are found by what is stated, and without that by the usual label', async () => {
  const selector = async (dcgmExporter: object): Promise<string | undefined> => {
    const pods = podsIn(await rendered('io-member', { ...leastOfMember, dcgmExporter }));
    const agent = pods.find(([name]) => name === 'io-agent')?.[1];
    return agent?.containers[0]?.args.find((arg) => arg.startsWith('--dcgm-selector='));
  };
  const usual = '--dcgm-selector=app.kubernetes.io/name=dcgm-exporter';
  expect(await selector({ enabled: false })).toBe(usual);
  expect(await selector({ enabled: true })).toBe(usual);
  expect(await selector({ selector: 'app=x' })).toBe('--dcgm-selector=app=x');
});

describe('whatever the hub asks for, the agent of the chart', () => {
  const tenant = `t${randomBytes(5).toString('hex')}`;
  const applyPatch = 'application/apply-patch+yaml';
  let made: readonly Manifest[] = [];
  let asAgent: KubeApi;

  beforeAll(async () => {
    const kinds = /^(ValidatingAdmission|ClusterRole)/;
    // As a cluster of 1.30 and later says it.
    const served = '--api-versions=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy';
    const text = await helm.run(
      ...['template', 'r', chartPath('io-member'), `--namespace=${restricted}`, served],
      helm.valuesFlag(leastOfMember),
    );
    made = manifestsIn(text).filter(
      ({ kind, metadata }) => kinds.test(kind) && metadata.name.includes('io-agent'),
    );
    expect(made).toHaveLength(9);
    for (const manifest of [...made, namespace(`io-tenant-${tenant}`)]) await api.apply(manifest);
    asAgent = new KubeApi(cluster.kubeconfigPathFor(agent()));
  });
  afterAll(async () => {
    for (const manifest of made) await api.send('DELETE', await api.pathOf(manifest));
    await api.send('DELETE', `/api/v1/namespaces/io-tenant-${tenant}`);
    await asAgent?.close();
  });

  const namespace = (name: string, more: object = {}): Manifest => {
    const labels = {
      ...{ 'app.kubernetes.io/managed-by': 'io-operator', 'compute.io.net/tenant': tenant },
      ...{ 'pod-security.kubernetes.io/enforce': 'restricted', ...more },
    };
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } as never };
  };
  const account = (inNamespace: string): Manifest => ({
    ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
    metadata: { name: 'io-ray', namespace: inNamespace },
  });
  const binding = (inNamespace: string, ...subjects: readonly string[]): Manifest => ({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
    metadata: { name: 'io-agent-tenant', namespace: inNamespace },
    roleRef: {
      ...{ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'io-agent-tenant' },
    },
    subjects: subjects.map((name) => ({
      ...{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name },
    })),
  });
  const agent = (): string => `system:serviceaccount:${restricted}:io-agent`;
  const tried = async (verb: 'apply' | 'delete', manifest: Manifest) => {
    const path = `${await api.pathOf(manifest)}?dryRun=All`;
    return verb === 'delete'
      ? asAgent.send('DELETE', path)
      : asAgent.send('PATCH', `${path}&fieldManager=test&force=true`, manifest, applyPatch);
  };

  test.each<[string, 'apply' | 'delete', () => Manifest]>([
    ['takes over a namespace of the data centre', 'apply', () => namespace(restricted)],
    ['deletes one', 'delete', () => namespace(restricted)],
    [
      'lifts the limits of a renter',
      'apply',
      () =>
        namespace(`io-tenant-${tenant}`, { 'pod-security.kubernetes.io/enforce': 'privileged' }),
    ],
    ['works in another namespace than that of a renter', 'apply', () => account(restricted)],
    ['reads secrets of the data centre', 'apply', () => binding(restricted, agent())],
    [
      'lets others read the tokens of a renter',
      'apply',
      () => binding(`io-tenant-${tenant}`, agent(), 'somebody'),
    ],
  ])(
    'never %s',
    async (_, verb, manifest) => {
      // A policy that was just created holds a moment later.
      await eventually(
        async () => {
          const { status, body } = await tried(verb, manifest());
          const why = expect.stringContaining("ValidatingAdmissionPolicy 'io-agent-");
          expect([status, body['message']]).toEqual([403, why]);
        },
        { withinMs: 20_000 },
      );
    },
    30_000,
  );

  test.each<[string, 'apply' | 'delete', () => Manifest]>([
    ['makes the namespace of a renter', 'apply', () => namespace(`io-tenant-${tenant}`)],
    ['works there', 'apply', () => account(`io-tenant-${tenant}`)],
    ['reads its tokens', 'apply', () => binding(`io-tenant-${tenant}`, agent())],
    ['deletes it', 'delete', () => namespace(`io-tenant-${tenant}`)],
  ])('%s', async (_, verb, manifest) => {
    const { status, body } = await tried(verb, manifest());
    expect([status < 300, body['message']]).toEqual([true, undefined]);
  });
});

/** Flags that no value gives; `extraArgs` can. Why they have none is beside them. */
const withoutValue = {
  // What defaults are good for, and what only a person who measures changes.
  ...{ 'log-level': 'extraArgs', 'shutdown-timeout-seconds': 'extraArgs' },
  ...{ concurrency: 'extraArgs', 'heartbeat-seconds': 'extraArgs' },
  ...{ 'report-seconds': 'extraArgs', 'evidence-seconds': 'extraArgs' },
  ...{ 'leader-election-lease-seconds': 'extraArgs', 'member-lost-seconds': 'extraArgs' },
  ...{ 'hold-hours': 'extraArgs', 'budget-grace-seconds': 'extraArgs' },
  ...{ 'money-poll-seconds': 'extraArgs', 'payout-batch-seconds': 'extraArgs' },
  ...{ 'require-stake': 'extraArgs', 'co-staking': 'extraArgs' },
  'solana-max-priority-fee': 'extraArgs',
  // Pods are known by their account and by their name, and two replicas need an election.
  ...{ kubeconfig: 'in a pod', identity: 'in a pod', 'leader-election': 'in a pod' },
  'gateway-id': 'in a pod',
  // An agent of the chart joins.
  'hub-kubeconfig': 'joins',
  // It may hold a key, which a command line would show.
  'solana-rpc-url': 'environment',
  // Held by others than the hub: docs/operations.md.
  ...{ 'solana-adjudicator-key-file': 'elsewhere', 'solana-auditor-key-file': 'elsewhere' },
  // A program that the image does not have, and a folder that lies where it is looked for.
  ...{ 'solana-signer': 'not in the image', 'console-directory': 'in the image' },
} as const;

test.each([
  ['io-agent', 'io-member', { ...mostOfMember, extraArgs: [] }, agentFlags],
  ['io-hub', 'io-hub', { ...mostOfHub, hub: {} }, hubFlags],
  ['io-api', 'io-hub', mostOfHub, apiFlags],
] as const)(
  'every flag of %s has a value, or none for a reason',
  async (name, chart, values, of) => {
    const pods = podsIn(await rendered(chart, values));
    const args = pods.find(([each]) => each === name)?.[1].containers[0]?.args ?? [];
    const given = new Set(args.map((arg) => /^--([a-z-]+)=/.exec(arg)?.[1]));
    const left = Object.keys(of.shape).filter((flag) => !given.has(flag));
    expect(left.filter((flag) => !Object.hasOwn(withoutValue, flag))).toEqual([]);
  },
);

test('what is switched off is not there', async () => {
  const off = { enabled: false };
  const manifests = await rendered('io-member', {
    ...{ ...leastOfMember, hub: { url: 'https://hub.example' }, metering: off, preflight: off },
    ...{ leave: off, kuberay: off, dcgmExporter: off, networkPolicy: off, join: {} },
    nvidia: { devicePlugin: off, gpuFeatureDiscovery: off },
  });
  const components = manifests.map((each) => {
    const { labels } = each.metadata as { labels?: Record<string, string> };
    return labels?.['app.kubernetes.io/component'];
  });
  expect(new Set(components)).toEqual(new Set(['agent', 'test']));
  const kinds = new Set(manifests.map(({ kind }) => kind));
  for (const kind of ['NetworkPolicy', 'PersistentVolumeClaim', 'Secret']) {
    expect(kinds).not.toContain(kind);
  }
});

describe('values that are wrong are refused with their name', () => {
  const location = { country: 'DE' };
  const { hub, member } = leastOfMember;
  const priced = (onDemandMicroUsdPerHour: unknown): object => ({
    member: { ...member, offers: [{ model: 'L4', onDemandMicroUsdPerHour }] },
  });
  test.each<[string, object, RegExp]>([
    ['a country', { member: { ...member, location: { country: 'Germany' } } }, /country/],
    ['no name', { member: { location } }, /\/member\/name/],
    ['a name', { member: { name: 'Fra 1', location } }, /\/member\/name/],
    ['enrolment 0', { member: { ...member, enrolment: 0 } }, /\/member\/enrolment/],
    ['a hub without TLS', { hub: { url: 'http://hub.example' } }, /\/hub\/url/],
    ['a hub with a path', { hub: { url: 'https://hub.example/x' } }, /\/hub\/url/],
    ['metering without an api', { hub: { url: hub.url } }, /hub\.apiUrl is needed/],
    ['a misspelled value', { policy: { cordon: true } }, /additional properties 'cordon'/],
    ['a source of devices', { devices: { source: 'nvml' } }, /\/devices\/source/],
    ['a certificate for ever', { hub: { ...hub, certificateHours: 0 } }, /certificateHours/],
    ['a word as a flag', { extraArgs: ['verbose'] }, /\/extraArgs\/0/],
    ['a switch', { kuberay: { enabled: 'maybe' } }, /\/kuberay\/enabled/],
    ['a queue', { kueue: { clusterQueue: 'GPU queue' } }, /\/kueue\/clusterQueue/],
    ['a quantity', { policy: { maxMemoryPerPod: 'much' } }, /\/policy\/maxMemoryPerPod/],
    ['root', { podSecurity: { runAsUser: 0 } }, /\/podSecurity\/runAsUser/],
    ['an unquoted Norway', { member: { ...member, location: { country: false } } }, /country/],
    ['a selector that is no text', { nodeSelector: { gpu: true } }, /\/nodeSelector\/gpu/],
    ['a price as text', priced('2'), /onDemandMicroUsdPerHour/],
    ['a price below nothing', priced(-1), /onDemandMicroUsdPerHour/],
  ])('io-member: %s', async (_, change, message) => {
    await expect(rendered('io-member', { ...leastOfMember, ...change })).rejects.toThrow(message);
  });

  test.each<[string, object, RegExp]>([
    ['a database without TLS for its api', { api: { publicDomain: 'x' } }, /api\.tlsSecret is/],
    ['a database without a name of its api', { api: { tlsSecret: 'x' } }, /api\.publicDomain is/],
    ['no replica', { hub: { replicas: 0 } }, /\/hub\/replicas/],
    ['a genesis within an hour', { database: { genesis: '2026-11-01T00:30:00Z' } }, /genesis/],
    ['a word as a flag', { hub: { extraArgs: ['verbose'] } }, /\/hub\/extraArgs\/0/],
    ['keys without a Secret', { solana: { roles: ['slasher'] } }, /solana\.existingSecret is/],
    ['certificates of an hour less', { members: { certificateHours: 0 } }, /certificateHours/],
    ['a namespace', { clusterProfiles: { namespace: 'My Fleet' } }, /clusterProfiles\/namespace/],
    ['a chain', { solana: { chain: 'main' } }, /\/solana\/chain/],
    ['a price as text', { rewards: { ioPriceMicroUsd: '5' } }, /ioPriceMicroUsd/],
    ['a role of another', { solana: { roles: ['adjudicator'] } }, /\/solana\/roles\/0/],
  ])('io-hub: %s', async (_, change, message) => {
    const database = { existingSecret: 'database' };
    const base = { database, memberSigner: { existingSecret: 'signer' } };
    await expect(rendered('io-hub', { ...base, ...change })).rejects.toThrow(message);
  });

  test('io-hub: another namespace than that of invitations', async () => {
    const release = { chart: 'io-hub', name: 'r', namespace: 'other', values: {} } as const;
    await expect(helm.template(release)).rejects.toThrow(/in the namespace io-system/);
  });
});

type Schema = {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
};

/** Paths of values that nobody describes, or that take anything by mistake. */
function faultsOf(schema: Schema, path: string): readonly string[] {
  const undescribed = schema.description === undefined ? [`${path} has no description`] : [];
  const open = schema.properties !== undefined && schema.additionalProperties !== false;
  return [
    ...undescribed,
    ...(open ? [`${path} takes values of any name`] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
      faultsOf(each, `${path}.${name}`),
    ),
    ...(schema.items === undefined ? [] : faultsOf(schema.items, `${path}[]`)),
  ];
}

/** Paths of all values, with those that are objects of free form as one. */
function pathsOf(value: unknown, schema: Schema | undefined, path: string): readonly string[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || schema?.properties === undefined) return [path];
  return Object.entries(value).flatMap(([name, each]) =>
    pathsOf(each, schema.properties?.[name], `${path}.${name}`),
  );
}

describe.each(['io-member', 'io-hub'] as const)('the schema of %s', (chart) => {
  const text = (file: string): string => readFileSync(join(chartPath(chart), file), 'utf8');
  const schema = JSON.parse(text('values.schema.json')) as Schema;

  test('describes every value, and takes no other', () => {
    expect(faultsOf(schema, chart)).toEqual([]);
  });

  test('and the defaults know the same values', () => {
    const known = (of: Schema, path: string): readonly string[] =>
      of.properties === undefined
        ? [path]
        : Object.entries(of.properties).flatMap(([name, each]) => known(each, `${path}.${name}`));
    const isOpen = (path: string): boolean =>
      /\.global$|\.member\.(location|accountRef)(\.|$)/.test(path);
    const shown = pathsOf(parse(text('values.yaml')), schema, chart).filter(
      (each) => !isOpen(each),
    );
    const described = known(schema, chart).filter((each) => !isOpen(each));
    expect([...shown].toSorted()).toEqual([...described].toSorted());
  });
});
