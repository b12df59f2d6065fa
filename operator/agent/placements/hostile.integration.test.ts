import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decodeIOPlacement,
  ioPlacementResource,
  ioPlacementSchema,
  type IOPlacementSpec,
  violationsOf,
} from '../../../crds/schema/index.ts';
import { type ApiResponse, KubeApi } from '../../../hack/federation/kube-api.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import { openPolicy } from '../../domain/member/policy.ts';
import { clusterUidLabel, rayClusterManifest } from '../../domain/raycluster/manifest.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Informer } from '../../runtime/informer.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { sha256 } from '../../runtime/sha256.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { buildPlacementGroup, buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { eventually } from '../../testing/eventually.ts';
import { refusalOf } from './decide-refusal.ts';
import { TenantSpaces } from './tenant-spaces.ts';

/** What a hub in wrong hands gets to run here: nothing with a way to the machine below. */

type Template = { metadata: { labels: object }; spec: PodSpec };
type PodSpec = { containers: Record<string, unknown>[]; [field: string]: unknown };
type RayCluster = {
  headGroupSpec: RayGroup;
  workerGroupSpecs: readonly RayGroup[];
};
type RayGroup = { rayStartParams: Record<string, string>; template: Template };

const tenant = randomBytes(8).toString('hex');
const namespace = tenantNamespace(tenant);
let api: KubeApi;
let client: ApiClient;

beforeAll(async () => {
  const cluster = testCluster();
  api = new KubeApi(cluster.adminKubeconfigPath);
  client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  const logger = silentLogger;
  const placements = new Informer({ client, resource: ioPlacementResource });
  const spaces = new TenantSpaces({
    ...{ client, placements, clock: systemClock, logger },
    readsTokens: false,
  });
  await spaces.ensure(tenant, AbortSignal.timeout(30_000));
  await eventually(
    async () => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
      expect(await api.get(path)).toBeDefined();
    },
    { withinMs: 30_000 },
  );
});
afterAll(async () => {
  await api?.send('DELETE', `/api/v1/namespaces/${namespace}`);
  await Promise.all([api?.close(), client?.close()]);
});

function rayCluster(facts: object): RayCluster {
  const spec = { ...buildPlacementSpec({ tenant }), ...facts } as IOPlacementSpec;
  return rayClusterManifest({
    ...{ name: spec.leaseId, namespace, clusterUid: 'uid-1', spec, live: [] },
    ...{ productOf: () => 'NVIDIA-H100-80GB-HBM3', hash: sha256 },
  }).spec as RayCluster;
}

/** As KubeRay 1.6 writes it: sorted, and without quotes of its own. */
function script(head: boolean, params: Readonly<Record<string, string>>): string {
  const flags = Object.keys(params)
    .toSorted()
    .map((key) => {
      const value = params[key] ?? '';
      if (!['true', 'false'].includes(value.toLowerCase())) return ` --${key}=${value} `;
      return value.toLowerCase() === 'true' ? ` --${key} ` : '';
    });
  return `ulimit -n 65536; ray start ${head ? '--head ' : ''}${flags.join('')}`;
}

/** The pods of all groups, as KubeRay makes them of the templates. */
function podsOf({ headGroupSpec, workerGroupSpecs }: RayCluster) {
  return [headGroupSpec, ...workerGroupSpecs].map(({ template, rayStartParams }, index) => {
    const [container, ...others] = template.spec.containers;
    const args = [script(index === 0, rayStartParams)];
    const shell = { ...container, command: ['/bin/bash', '-c', '--'], args };
    return {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: `pod-${index}`, namespace, labels: template.metadata.labels },
      spec: { ...template.spec, containers: [shell, ...others] },
    };
  });
}

const dryRun = (pod: object): Promise<ApiResponse> =>
  api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);

function isTaken(facts: object): boolean {
  const spec = { ...buildPlacementSpec({ tenant }), ...facts };
  const metadata = { name: spec.leaseId, labels: { [clusterUidLabel]: 'uid-1' } };
  const placement = decodeIOPlacement({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement', metadata, spec },
  });
  const refusal = refusalOf({
    ...{ member: 'fra-1', placement, rayCluster: { metadata: {} } as never, applied: undefined },
    ...{ device: () => undefined, earlierLease: () => undefined, fence: 'Clear' },
    ...{ policy: openPolicy, nowMs: 0, hash: sha256 },
  });
  return refusal === undefined;
}

const group = (facts: object) => ({ workerGroups: [{ ...buildPlacementGroup(), ...facts }] });
const onNode = (node: string) => ({ devices: [0, 1, 2, 3].map((i) => ({ name: `${i}`, node })) });
const one = { replicas: 1, minReplicas: 1, maxReplicas: 1 };
const autoscaling = { idleTimeoutSeconds: 60, upscalingMode: 'Default' };

describe('whatever the hub sends, pods are restricted', () => {
  test('in a namespace that holds them to it', async () => {
    const [pod] = podsOf(rayCluster({}));
    expect((await dryRun({ ...pod })).status).toBe(201);
    for (const way of [
      { hostNetwork: true },
      { hostPID: true },
      { volumes: [{ name: 'host', hostPath: { path: '/' } }] },
      { securityContext: { runAsNonRoot: false } },
    ]) {
      const { status, body } = await dryRun({ ...pod, spec: { ...pod?.spec, ...way } });
      expect([status, body['message']]).toEqual([
        403,
        expect.stringMatching(/violates PodSecurity/),
      ]);
    }
  });

  test.each<[string, object, 'taken' | 'refused']>([
    ['nothing special', {}, 'taken'],
    ['an autoscaler', { autoscaling }, 'taken'],
    ['a checkpoint', { checkpoint: { command: ['sh', '-c', 'id'], timeoutSeconds: 5 } }, 'taken'],
    ['quoted JSON', group({ rayStartParams: { resources: `'{"a": 1}'` } }), 'taken'],
    ['a command', group({ rayStartParams: { 'num-cpus': '$(mount /dev/sda /mnt)' } }), 'refused'],
    [
      'a variable of Kubernetes',
      group({ rayStartParams: { 'num-cpus': '$(RAY_AUTH_TOKEN)' } }),
      'refused',
    ],
    ['a tenant of its own', { tenant: 'kube-system' }, 'refused'],
    ['an image that is a path', { ray: { version: '2.52.1', image: '/etc/passwd:1' } }, 'refused'],
    [
      'an image of many words',
      { ray: { version: '2.52.1', image: 'a:1 --privileged' } },
      'refused',
    ],
    ['a node that is none', group({ ...one, ...onNode('../master') }), 'taken'],
    ['a node by pattern', group({ ...one, ...onNode('*') }), 'taken'],
    ['a group that is a path', group({ name: '../../x' }), 'refused'],
    ['devices of another kind', group({ resourceName: 'example.com/kvm' }), 'refused'],
    ['pages of memory as devices', group({ resourceName: 'hugepages-1Gi' }), 'refused'],
    ['fields that are not of the schema', { hostNetwork: true, volumes: [] }, 'taken'],
    [
      'fields in a group that are not of the schema',
      group({ hostNetwork: true, securityContext: { privileged: true } }),
      'taken',
    ],
    ['a version with options', { ray: { version: '2.5;id', image: 'ray:1.0' } }, 'refused'],
  ])('%s', async (_, facts, verdict) => {
    expect(isTaken(facts)).toBe(verdict === 'taken');
    // And even if it were taken: a pod that is restricted, or one that the API server calls invalid.
    for (const pod of podsOf(rayCluster(facts))) {
      const { status, body } = await dryRun(pod);
      expect(JSON.stringify([status, body['message']])).toMatch(/^\[(201|422),(?!.*PodSecurity)/);
    }
  });
});

/** Texts of these characters. */
const textOf = (characters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), maxLength });

const shellWords = 'a\'"\\$`;&|<>(){}*?!#~ \n';

/** Parameters of which the schema takes some: what means something to shells is among them. */
const nasty = fc.oneof(
  textOf('aZ0-_./:=,+@%', 20),
  textOf('a0{}[]" :,-%', 20).map((text) => `'${text}'`),
  textOf(shellWords, 4).map((text) => `'${text}'`),
  textOf(shellWords, 4).map((text) => `"${text}"`),
  fc
    .array(fc.constantFrom('a', '{', '}', ' ', String.raw`\"`, ',', ':'), { maxLength: 20 })
    .map((parts) => `"${parts.join('')}"`),
  textOf(shellWords, 8),
);

function isValid(value: string): boolean {
  const spec = { ...buildPlacementSpec(), ...group({ rayStartParams: { key: value } }) };
  const metadata = { name: spec.leaseId };
  const object = { apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement', metadata, spec };
  return violationsOf(ioPlacementSchema, object).length === 0;
}

/** What the shell makes of a value that is in quotes. */
function literal(value: string): string {
  if (value.startsWith("'")) return value.slice(1, -1);
  if (value.startsWith('"')) return value.slice(1, -1).replaceAll(String.raw`\"`, '"');
  return value;
}

test('a parameter that is taken is one argument for the shell, letter by letter', () => {
  const values = fc
    .sample(nasty, { numRuns: 3_000, seed: 7 })
    .filter((value) => !/^(true|false)$/i.test(value));
  const taken = values.filter(isValid);
  expect(taken.length).toBeGreaterThan(500);
  expect(taken.length).toBeLessThan(values.length);
  const ray = `ray() { shift; printf '%s\\0' "$@"; printf 'end\\0'; }\n`;
  const lines = taken.map((value) => script(false, { key: value }).replace(/^.*?; /, ''));
  const output = execFileSync('/bin/bash', ['-c', '--', ray + lines.join('\n')], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const expected = taken.map((value) => `--key=${literal(value)}\0end\0`);
  expect(output).toBe(expected.join(''));
});
