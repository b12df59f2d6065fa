import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '../../operator/config.ts';
import { memberFileFaults } from '../../operator/main/member-file.ts';
import { testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { KubeApi, type Manifest } from '../federation/kube-api.ts';
import { silentProgress } from '../federation/progress.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { type ChartName, chartPath, Helm } from './helm.ts';
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

test('the agent goes out to no port but those of its hub, its cluster, DNS and DCGM', async () => {
  const manifests = await rendered('io-member', {
    ...leastOfMember,
    networkPolicy: { egressPorts: [16_443] },
    hub: { ...leastOfMember.hub, url: 'https://hub.example', proxy: 'http://proxy.example:3128' },
  });
  const { spec } = objectOf(manifests, 'NetworkPolicy', 'io-agent');
  const { egress } = spec as { egress: [{ ports: { port: number }[] }] };
  const ports = new Set(egress[0].ports.map(({ port }) => port));
  expect([...ports].toSorted((a, b) => a - b)).toEqual([53, 443, 3128, 6443, 8443, 9400, 16_443]);
});

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
    ['a switch', { kuberay: { enabled: 'maybe' } }, /\/kuberay\/enabled/],
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
