import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { modelTable } from '../devices/model-table.ts';
import type { NodeFacts } from '../devices/node-facts.ts';
import {
  type Answer,
  type Finding,
  findingLine,
  type InstalledFacts,
  preflight,
  type PreflightFacts,
} from './preflight.ts';

const known = <T>(value: T): Answer<T> => ({ kind: 'Known', value });
const unknown = (why: string, isForbidden = false): Answer<never> => ({
  ...{ kind: 'Unknown', why, isForbidden },
});

const gpuNode: NodeFacts = {
  name: 'h100-1',
  uid: 'u1',
  ready: true,
  schedulable: true,
  labels: {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3',
    'nvidia.com/gpu.memory': '81559',
    'nvidia.com/gpu.count': '8',
  },
  capacity: { 'nvidia.com/gpu': '8' },
  allocatable: { 'nvidia.com/gpu': '8' },
};
const { labels } = gpuNode;
const bareNode: NodeFacts = {
  ...gpuNode,
  name: 'cpu-1',
  labels: {},
  capacity: {},
  allocatable: {},
};
const withoutPlugin = { ...gpuNode, name: 'h100-2', capacity: {}, allocatable: {} };
const hub = { status: 403, aheadMs: 200, uncertaintyMs: 600 };
const nowMs = Date.parse('2026-11-25T08:00:00Z');

const good: PreflightFacts = {
  nowMs,
  kubernetesVersion: known('v1.37.2'),
  nodes: known([gpuNode, bareNode]),
  rayClusterKind: known({ servedVersions: ['v1alpha1', 'v1'], knowsTokens: true }),
  runtimeClasses: known(['nvidia']),
  dcgmExporters: known(4),
  hub: known(hub),
  memberFile: known([]),
  installed: undefined,
};
const running: InstalledFacts = {
  ready: known({ status: 200, text: 'ok' }),
  certificateUntilMs: known(nowMs + 30 * 86_400_000),
  connected: known({ status: 'True', message: 'heard' }),
};

const judge = (facts: Partial<PreflightFacts>): ReadonlyMap<string, Finding> =>
  new Map(
    preflight(
      { ...good, ...facts },
      { models: modelTable, hash: (text) => createHash('sha256').update(text).digest('hex') },
    ).map((finding) => [finding.name, finding]),
  );

describe('preflight', () => {
  test('a cluster with all that is needed has nothing but ok, before and after', () => {
    for (const installed of [undefined, running]) {
      expect(new Set([...judge({ installed }).values()].map(({ level }) => level))).toEqual(
        new Set(['ok']),
      );
    }
  });

  const verdicts: readonly [string, Partial<PreflightFacts>, string, Finding['level'], RegExp][] = [
    ['an old Kubernetes', { kubernetesVersion: known('v1.28.15') }, 'kubernetes', 'fail', /1\.29/],
    [
      'the oldest that works',
      { kubernetesVersion: known('v1.29.0-gke.1') },
      'kubernetes',
      'ok',
      /29/,
    ],
    ['no API server', { kubernetesVersion: unknown('timeout') }, 'kubernetes', 'fail', /timeout/],
    ['no GPU yet', { nodes: known([bareNode]) }, 'gpus', 'warn', /GPU feature discovery/],
    [
      'no GPU at the end',
      { nodes: known([bareNode]), installed: running },
      'gpus',
      'fail',
      /none of 1 node/,
    ],
    [
      'a node with hardware and no label',
      {
        nodes: known([
          { ...bareNode, labels: { 'feature.node.kubernetes.io/pci-10de.present': 'true' } },
        ]),
      },
      'gpus',
      'ok',
      /1 node/,
    ],
    [
      'labels without memory',
      {
        nodes: known([{ ...gpuNode, labels: { ...labels, 'nvidia.com/gpu.memory': '' } }]),
        installed: running,
      },
      'labels',
      'fail',
      /h100-1.*nvidia\.com\/gpu\.memory/,
    ],
    [
      'labels that count otherwise, before',
      { nodes: known([{ ...gpuNode, labels: { ...labels, 'nvidia.com/gpu.count': '3' } }]) },
      'labels',
      'warn',
      /count/,
    ],
    ['no device plugin yet', { nodes: known([withoutPlugin]) }, 'device-plugin', 'warn', /nvidia/],
    [
      'no device plugin at the end',
      { nodes: known([withoutPlugin]), installed: running },
      'device-plugin',
      'fail',
      /no node offers/,
    ],
    [
      'a device plugin that is missing on one node',
      { nodes: known([gpuNode, withoutPlugin]), installed: running },
      'device-plugin',
      'warn',
      /h100-2/,
    ],
    ['no KubeRay yet', { rayClusterKind: known(undefined) }, 'kuberay', 'warn', /installs KubeRay/],
    [
      'no KubeRay at the end',
      { rayClusterKind: known(undefined), installed: running },
      'kuberay',
      'fail',
      /missing/,
    ],
    [
      'an old KubeRay',
      { rayClusterKind: known({ servedVersions: ['v1alpha1'], knowsTokens: false }) },
      'kuberay',
      'fail',
      /not v1/,
    ],
    [
      'a KubeRay without tokens',
      { rayClusterKind: known({ servedVersions: ['v1'], knowsTokens: false }) },
      'kuberay',
      'fail',
      /authOptions/,
    ],
    [
      'no RuntimeClass, GPUs all the same',
      { runtimeClasses: known([]) },
      'runtime',
      'ok',
      /default/,
    ],
    [
      'no RuntimeClass and no GPU',
      { runtimeClasses: known([]), nodes: known([bareNode]) },
      'runtime',
      'warn',
      /container toolkit/,
    ],
    ['no DCGM exporter', { dcgmExporters: known(0) }, 'dcgm', 'warn', /dcgmExporter\.enabled/],
    ['no way to the hub', { hub: unknown('connect ECONNREFUSED') }, 'hub', 'fail', /hub\.proxy/],
    ['a proxy that fails', { hub: known({ ...hub, status: 502 }) }, 'hub', 'fail', /502/],
    [
      '5.5 s and an uncertainty of 0.6 s',
      { hub: known({ ...hub, aheadMs: 5_500 }) },
      'clock',
      'ok',
      /./,
    ],
    ['6 s', { hub: known({ ...hub, aheadMs: 6_000 }) }, 'clock', 'warn', /6 s ahead/],
    ['31 s behind', { hub: known({ ...hub, aheadMs: -31_000 }) }, 'clock', 'fail', /31 s behind/],
    ['a hub without a time', { hub: known({ ...hub, aheadMs: undefined }) }, 'clock', 'warn', /./],
    [
      'a member file with a fault',
      { memberFile: known(['spec.location.country: must be NL']) },
      'member',
      'fail',
      /location\.country.*values member/,
    ],
    ['no member file', { memberFile: unknown('ENOENT') }, 'member', 'fail', /ENOENT/],
    [
      'a right that is missing',
      { nodes: unknown('list nodes is forbidden', true) },
      'rights',
      'fail',
      /list nodes/,
    ],
    ['what is unseen for another reason', { nodes: unknown('timeout') }, 'rights', 'ok', /./],
    [
      'an agent that waits',
      { installed: { ...running, ready: known({ status: 503, text: 'not accepted' }) } },
      'agent',
      'fail',
      /not accepted/,
    ],
    [
      'no certificate',
      { installed: { ...running, certificateUntilMs: known(undefined) } },
      'certificate',
      'fail',
      /member accept/,
    ],
    [
      'a certificate that ran out this moment',
      { installed: { ...running, certificateUntilMs: known(nowMs) } },
      'certificate',
      'fail',
      /run out/,
    ],
    [
      'a lost connection',
      {
        installed: {
          ...running,
          connected: known({ status: 'False', message: 'silent for 50 s' }),
        },
      },
      'connected',
      'fail',
      /silent for 50 s/,
    ],
  ];
  test.each(verdicts)('%s', (_, facts, name, level, text) => {
    const finding = judge(facts).get(name);
    expect(finding).toMatchObject({ level });
    expect(findingLine(finding as Finding)).toMatch(text);
  });

  test('a line reads level, name, message and what to do', () => {
    const finding: Finding = { level: 'ok', name: 'gpus', message: '2 nodes' };
    expect(findingLine(finding)).toBe('ok   gpus: 2 nodes');
    expect(findingLine({ ...finding, level: 'fail', fix: 'look' })).toBe(
      'fail gpus: 2 nodes (look)',
    );
  });
});
