import { ioMemberResource } from '../../crds/schema/index.ts';
import { nodeResource } from '../agent/devices/node.ts';
import type { PreflightConfig } from '../config.ts';
import { modelTable } from '../domain/devices/model-table.ts';
import type { NodeFacts } from '../domain/devices/node-facts.ts';
import {
  type Answer,
  findingLine,
  type InstalledFacts,
  preflight,
  type PreflightFacts,
  type RayClusterKind,
} from '../domain/member/preflight.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import { systemClock } from '../runtime/clock.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import { messageOf } from '../runtime/logger.ts';
import type { Resource } from '../runtime/resource.ts';
import { sha256 } from '../runtime/sha256.ts';
import { version } from '../version.ts';
import { type AgentCredentials, agentCredentials, hubAsAgent } from './agent-credentials.ts';
import { askHub } from './hub-probe.ts';
import { memberFileFaults } from './member-file.ts';

const pageSize = 500;
/** More nodes than Kubernetes supports. */
const maxPages = 20;
const answerWithinMs = 5_000;

/** `io-operator preflight`: one line for each check on stdout; 1 when one of them failed. */
export async function runPreflight(config: PreflightConfig): Promise<number> {
  const local = new ApiClient({
    kubeConfig: loadKubeConfig(config.kubeconfig),
    userAgent: `io-operator/${version} (preflight)`,
    timeoutMs: 10_000,
  });
  try {
    const facts = await gather(config, local);
    const findings = preflight(facts, { models: modelTable, hash: sha256 });
    for (const finding of findings) process.stdout.write(`${findingLine(finding)}\n`);
    return findings.some(({ level }) => level === 'fail') ? 1 : 0;
  } finally {
    await local.close();
  }
}

async function gather(config: PreflightConfig, local: ApiClient): Promise<PreflightFacts> {
  const [kubernetesVersion, nodes, rayClusterKind, runtimeClasses, dcgmExporters, hub, installed] =
    await Promise.all([
      answer(async () => (await local.serverVersion()).gitVersion),
      answer(() => listNodes(local)),
      answer(async () => (await local.get(crdResource, 'rayclusters.ray.io'))?.rayCluster),
      answer(async () => {
        const { items } = await local.list(runtimeClassResource);
        return items.map(({ metadata }) => metadata.name);
      }),
      answer(async () => {
        const labelSelector = config['dcgm-selector'];
        return (await local.list(podResource, { labelSelector, limit: pageSize })).items.length;
      }),
      answer(() => askHub(config, systemClock)),
      config.installed ? gatherInstalled(config, local) : undefined,
    ]);
  const memberFile = await answer(async () => memberFileFaults(config['member-file']));
  return {
    nowMs: systemClock.now(),
    ...{ kubernetesVersion, nodes, rayClusterKind, runtimeClasses, dcgmExporters, hub, memberFile },
    installed,
  };
}

async function gatherInstalled(config: PreflightConfig, local: ApiClient): Promise<InstalledFacts> {
  const credentials = await answer(async () =>
    agentCredentials(local, given(config, 'credentials-secret')),
  );
  const [ready, connected] = await Promise.all([
    answer(() => agentHealth(given(config, 'agent-url'))),
    answer(() => connectedCondition(config, credentials)),
  ]);
  const certificateUntilMs: Answer<number | undefined> =
    credentials.kind === 'Unknown'
      ? credentials
      : { kind: 'Known', value: credentials.value?.untilMs };
  return { ready, certificateUntilMs, connected };
}

async function connectedCondition(
  config: PreflightConfig,
  credentials: Answer<AgentCredentials | undefined>,
): Promise<Readonly<{ status: string; message: string }> | undefined> {
  if (credentials.kind === 'Unknown' || credentials.value === undefined) {
    throw new Error('without a certificate nobody may ask it');
  }
  const name = given(config, 'member');
  const hub = hubAsAgent(config, credentials.value, 'preflight');
  try {
    // By name: of the list of members an agent may see its own.
    const fieldSelector = `metadata.name=${name}`;
    const { items } = await hub.list(ioMemberResource, { fieldSelector });
    return items[0]?.status?.conditions?.find(({ type }) => type === 'Connected');
  } finally {
    await hub.close();
  }
}

async function agentHealth(url: string): Promise<Readonly<{ status: number; text: string }>> {
  const response = await fetch(new URL('/readyz?verbose', url), {
    signal: AbortSignal.timeout(answerWithinMs),
  });
  const text = (await response.text()).slice(0, 1_024).trim().replaceAll('\n', '; ');
  return { status: response.status, text };
}

/** All nodes, with the label by which node feature discovery tells NVIDIA's hardware. */
async function listNodes(local: ApiClient): Promise<readonly NodeFacts[]> {
  const nodes: NodeFacts[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const more = next === undefined ? {} : { continue: next };
    const page = await local.list(labelledNodes, { limit: pageSize, ...more });
    nodes.push(
      ...page.items.map((node) => ({
        ...node,
        ...{ name: node.metadata.name, uid: node.metadata.uid ?? '' },
      })),
    );
    next = page.continue;
    if (next === undefined) break;
  }
  return nodes;
}

async function answer<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'Known', value: await ask() };
  } catch (error) {
    const isForbidden = error instanceof ApiError && error.status === 403;
    return { kind: 'Unknown', why: messageOf(error), isForbidden };
  }
}

function given(
  config: PreflightConfig,
  flag: 'member' | 'agent-url' | 'credentials-secret',
): string {
  const value = config[flag];
  if (value === undefined) throw new Error(`--${flag} is not given`);
  return value;
}

const labelledNodes: typeof nodeResource = {
  ...nodeResource,
  decode: (raw) => {
    const node = (nodeResource.decode ?? ((same) => same as never))(raw);
    const { metadata } = raw as KubeObject;
    return { ...node, labels: metadata.labels ?? {} };
  },
};

type Crd = KubeObject & Readonly<{ rayCluster: RayClusterKind }>;
type RawCrd = KubeObject & {
  spec?: {
    versions?: readonly {
      name: string;
      served?: boolean;
      schema?: { openAPIV3Schema?: { properties?: { spec?: { properties?: object } } } };
    }[];
  };
};

/** Decoding keeps what is judged: KubeRay's definitions have a megabyte each. */
const crdResource: Resource<Crd> = {
  ...{ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  ...{ plural: 'customresourcedefinitions', namespaced: false },
  decode: (raw) => {
    const { apiVersion, kind, metadata, spec } = raw as RawCrd;
    const served = (spec?.versions ?? []).filter((each) => each.served === true);
    const v1 = served.find(({ name }) => name === 'v1')?.schema?.openAPIV3Schema?.properties;
    return {
      ...{ apiVersion, kind, metadata: { name: metadata.name } },
      rayCluster: {
        servedVersions: served.map(({ name }) => name),
        knowsTokens: Object.hasOwn(v1?.spec?.properties ?? {}, 'authOptions'),
      },
    };
  },
};

const runtimeClassResource: Resource = {
  ...{ group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' },
  ...{ plural: 'runtimeclasses', namespaced: false },
};
const podResource: Resource = {
  ...{ group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
};
