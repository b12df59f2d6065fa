import type { Hash } from '../lease.ts';
import { devicesOfNode } from '../devices/from-node.ts';
import type { ModelTable } from '../devices/model-table.ts';
import type { NodeFacts } from '../devices/node-facts.ts';
import { resourceGroups } from '../devices/resource-group.ts';
import { compareText } from '../order.ts';

/** What was found out, or why it was not; a cluster that lets nobody look is no reason to stop. */
export type Answer<T> =
  | Readonly<{ kind: 'Known'; value: T }>
  | Readonly<{ kind: 'Unknown'; why: string; isForbidden: boolean }>;

/** RayCluster's CustomResourceDefinition, as far as the agent depends on it. */
export type RayClusterKind = Readonly<{
  servedVersions: readonly string[];
  /** Whether spec.authOptions is in its schema: without it dashboards are open to everybody. */
  knowsTokens: boolean;
}>;

/** An answer of the hub's API server, whatever its status: TLS and the way to it work. */
export type HubAnswer = Readonly<{
  status: number;
  /** How far the clock here is ahead of the hub's, in milliseconds; undefined: it told no time. */
  aheadMs: number | undefined;
  /** By how much that may be wrong. */
  uncertaintyMs: number;
}>;

/** What only an agent that runs can show. */
export type InstalledFacts = Readonly<{
  /** Status of the agent's /readyz and what it says. */
  ready: Answer<Readonly<{ status: number; text: string }>>;
  /** When the agent's certificate ends, in milliseconds; undefined: there is none yet. */
  certificateUntilMs: Answer<number | undefined>;
  /** Condition Connected of the IOMember; undefined: it has none. */
  connected: Answer<Readonly<{ status: string; message: string }> | undefined>;
}>;

/** All that the checks look at. */
export type PreflightFacts = Readonly<{
  nowMs: number;
  /** `v1.37.2`. */
  kubernetesVersion: Answer<string>;
  nodes: Answer<readonly NodeFacts[]>;
  /** Undefined: the cluster has no such kind. */
  rayClusterKind: Answer<RayClusterKind | undefined>;
  runtimeClasses: Answer<readonly string[]>;
  dcgmExporters: Answer<number>;
  hub: Answer<HubAnswer>;
  /** What is wrong with the member file, by field. */
  memberFile: Answer<readonly string[]>;
  /** Undefined before the chart is installed. */
  installed: InstalledFacts | undefined;
}>;

/** One line for the person who installs. */
export type Finding = Readonly<{
  level: 'ok' | 'warn' | 'fail';
  name: string;
  message: string;
  /** What to do; absent when all is well. */
  fix?: string;
}>;

export type Table = Readonly<{ models: ModelTable; hash: Hash }>;

const leastMinor = 29;
const clockWarnMs = 5_000;
const clockFailMs = 30_000;
const shownNodes = 3;
const gpuMark = 'feature.node.kubernetes.io/pci-10de.present';

/** Judges a cluster that is to become a member, or has just become one. Pure. */
export function preflight(facts: PreflightFacts, table: Table): readonly Finding[] {
  return [
    kubernetes(facts),
    gpus(facts),
    labels(facts, table),
    devicePlugin(facts),
    kubeRay(facts),
    runtimeClass(facts),
    dcgm(facts),
    hub(facts),
    clock(facts),
    memberFile(facts),
    rights(facts),
    ...(facts.installed === undefined ? [] : installed(facts.installed, facts.nowMs)),
  ];
}

/** `ok|warn|fail name: message (what to do)`. */
export const findingLine = ({ level, name, message, fix }: Finding): string =>
  `${level.padEnd(4)} ${name}: ${message}${fix === undefined ? '' : ` (${fix})`}`;

function kubernetes({ kubernetesVersion }: PreflightFacts): Finding {
  const name = 'kubernetes';
  if (kubernetesVersion.kind === 'Unknown') {
    const fix = 'the API server of this cluster has to be reachable from its pods';
    return fail(name, `its version is not known: ${kubernetesVersion.why}`, fix);
  }
  const version = kubernetesVersion.value;
  const [, major, minor] = /^v?([0-9]{1,3})\.([0-9]{1,4})/.exec(version) ?? [];
  if (major === undefined) {
    return warn(name, `version ${version} is not understood`, `1.${leastMinor} or newer is needed`);
  }
  const isOld = Number(major) < 1 || (Number(major) === 1 && Number(minor) < leastMinor);
  return isOld
    ? fail(name, `${version} is too old`, `upgrade to 1.${leastMinor} or newer`)
    : ok(name, version);
}

function gpus(facts: PreflightFacts): Finding {
  const name = 'gpus';
  if (facts.nodes.kind === 'Unknown') return unseen(name, facts.nodes);
  const nodes = facts.nodes.value.filter(isGpuNode);
  if (nodes.length > 0) return ok(name, `${counted(nodes, 'node')} with NVIDIA GPUs`);
  const message = `none of ${counted(facts.nodes.value, 'node')} has a GPU that can be seen`;
  // Before the labels are written nobody can tell.
  return late(facts, name, message, {
    before: 'if there are GPUs, GPU feature discovery will label their nodes',
    after: 'look at the pods of GPU feature discovery and of the device plugin',
  });
}

function labels(facts: PreflightFacts, { models, hash }: Table): Finding {
  const name = 'labels';
  if (facts.nodes.kind === 'Unknown') return unseen(name, facts.nodes);
  const nodes = facts.nodes.value.filter(isGpuNode);
  const faults = nodes.flatMap((node) => {
    const { problems } = devicesOfNode(node, { member: '-', table: models, sha256Hex: hash });
    // A device plugin that is missing is told by its own check.
    const [first] = problems.filter(({ reason }) => !awaitsPlugin.includes(reason));
    return first === undefined ? [] : [`${node.name}: ${first.message}`];
  });
  if (faults.length === 0) {
    return nodes.length === 0
      ? warn(name, 'no node to look at', 'see gpus')
      : ok(name, 'NVIDIA’s labels are complete where there are some');
  }
  const more = faults.length > shownNodes ? ` and ${faults.length - shownNodes} more` : '';
  return late(facts, name, `${faults.slice(0, shownNodes).join('; ')}${more}`, {
    before: 'GPU feature discovery writes them once it runs',
    after: 'restart GPU feature discovery on those nodes; they are not rented until then',
  });
}

const awaitsPlugin: readonly string[] = ['NoDevicePlugin', 'NoCapacity'];

function devicePlugin(facts: PreflightFacts): Finding {
  const name = 'device-plugin';
  if (facts.nodes.kind === 'Unknown') return unseen(name, facts.nodes);
  const nodes = facts.nodes.value.filter(isGpuNode);
  const serving = nodes.filter(hasDevices);
  const missing = nodes.filter((node) => !hasDevices(node));
  if (nodes.length > 0 && missing.length === 0) {
    return ok(name, 'all GPU nodes offer NVIDIA’s resources');
  }
  if (serving.length > 0) {
    const names = namesOf(missing);
    return warn(name, `no GPU can be used on ${names}`, 'look at the device plugin’s pods there');
  }
  return late(facts, name, 'no node offers nvidia.com/gpu', {
    before: 'the chart installs the device plugin unless nvidia.devicePlugin.enabled is false',
    after: 'look at the logs of the device plugin: driver and container toolkit are its own',
  });
}

function kubeRay(facts: PreflightFacts): Finding {
  const name = 'kuberay';
  const { rayClusterKind } = facts;
  if (rayClusterKind.kind === 'Unknown') return unseen(name, rayClusterKind);
  if (rayClusterKind.value === undefined) {
    return late(facts, name, 'the kind RayCluster is missing', {
      before: 'the chart installs KubeRay unless kuberay.enabled is false',
      after: 'install KubeRay 1.6, or set kuberay.enabled to true',
    });
  }
  const { servedVersions, knowsTokens } = rayClusterKind.value;
  if (!servedVersions.includes('v1')) {
    const served = servedVersions.join(', ');
    return fail(name, `RayCluster is served as ${served}, not v1`, 'upgrade KubeRay to 1.6');
  }
  return knowsTokens
    ? ok(name, 'RayCluster v1 is served')
    : fail(name, 'RayCluster has no spec.authOptions', 'upgrade KubeRay and its CRDs to 1.6');
}

function runtimeClass({ runtimeClasses, nodes }: PreflightFacts): Finding {
  const name = 'runtime';
  if (runtimeClasses.kind === 'Unknown') return unseen(name, runtimeClasses);
  const nvidia = runtimeClasses.value.filter((each) => each.startsWith('nvidia'));
  if (nvidia.length > 0) return ok(name, `RuntimeClass ${nvidia.join(', ')}`);
  const works = nodes.kind === 'Known' && nodes.value.some(hasDevices);
  return works
    ? ok(name, 'no RuntimeClass of NVIDIA; the default runtime serves GPUs')
    : warn(
        name,
        'no RuntimeClass of NVIDIA',
        'install NVIDIA’s container toolkit on the nodes, as default runtime or with a RuntimeClass',
      );
}

function dcgm(facts: PreflightFacts): Finding {
  const name = 'dcgm';
  const { dcgmExporters } = facts;
  if (dcgmExporters.kind === 'Unknown') return unseen(name, dcgmExporters);
  if (dcgmExporters.value > 0) return ok(name, `${dcgmExporters.value} exporters are found`);
  const fix =
    facts.installed === undefined
      ? 'the chart installs it unless dcgmExporter.enabled is false'
      : 'set dcgmExporter.enabled, or dcgmExporter.selector to the labels of your own';
  return warn(name, 'no DCGM exporter: GPUs that break are noticed later', fix);
}

function hub({ hub: answer }: PreflightFacts): Finding {
  const name = 'hub';
  if (answer.kind === 'Unknown') {
    const fix = 'let pods out to the hub on 443, or set hub.proxy and hub.caBundle';
    return fail(name, answer.why, fix);
  }
  const { status } = answer.value;
  if (status < 500) return ok(name, 'it answers, and its certificate is trusted');
  return fail(name, `something answers ${status}`, 'look at hub.url, and at the proxy on the way');
}

function clock({ hub: answer }: PreflightFacts): Finding {
  const name = 'clock';
  if (answer.kind === 'Unknown' || answer.value.aheadMs === undefined) {
    return warn(name, 'not compared, since the hub told no time', 'see hub');
  }
  const { aheadMs, uncertaintyMs } = answer.value;
  const offMs = Math.max(0, Math.abs(aheadMs) - uncertaintyMs);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const message = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the hub`;
  const fix = 'let NTP set the clock of the nodes: usage of the wrong second is not paid';
  if (offMs > clockFailMs) return fail(name, message, fix);
  return offMs > clockWarnMs ? warn(name, message, fix) : ok(name, 'as the hub’s');
}

function memberFile({ memberFile: answer }: PreflightFacts): Finding {
  const name = 'member';
  if (answer.kind === 'Unknown') {
    return fail(
      name,
      `the member file cannot be read: ${answer.why}`,
      'look at the values member.*',
    );
  }
  const [first] = answer.value;
  if (first === undefined) return ok(name, 'what the data centre states is well-formed');
  return fail(name, answer.value.join('; '), 'correct the values member.*');
}

/** What could not be looked at because nobody allowed it. */
function rights(facts: PreflightFacts): Finding {
  const name = 'rights';
  const answers = { ...facts, ...facts.installed };
  const forbidden = Object.values(answers).flatMap((answer) =>
    isAnswer(answer) && answer.kind === 'Unknown' && answer.isForbidden ? [answer.why] : [],
  );
  return forbidden.length === 0
    ? ok(name, 'this pod may look at all of it')
    : fail(name, forbidden.join('; '), 'apply the chart’s roles as they are');
}

function installed(facts: InstalledFacts, nowMs: number): readonly Finding[] {
  return [agentReady(facts), certificate(facts, nowMs), connected(facts)];
}

function agentReady({ ready }: InstalledFacts): Finding {
  const name = 'agent';
  const fix = 'kubectl logs of the agent’s pod says what it waits for';
  if (ready.kind === 'Unknown') return fail(name, `it does not answer: ${ready.why}`, fix);
  const { status, text } = ready.value;
  return status === 200 ? ok(name, 'ready') : fail(name, `not ready: ${text}`, fix);
}

function certificate({ certificateUntilMs }: InstalledFacts, nowMs: number): Finding {
  const name = 'certificate';
  if (certificateUntilMs.kind === 'Unknown')
    return fail(name, certificateUntilMs.why, 'see rights');
  const untilMs = certificateUntilMs.value;
  const fix = 'an administrator of the hub lets the member in: kubectl io member accept NAME';
  if (untilMs === undefined) return fail(name, 'there is none yet', fix);
  const days = Math.floor((untilMs - nowMs) / 86_400_000);
  return untilMs <= nowMs
    ? fail(name, 'it has run out', 'join anew: kubectl io member invite NAME on the hub')
    : ok(name, `valid for ${days} more days`);
}

function connected({ connected: answer }: InstalledFacts): Finding {
  const name = 'connected';
  const fix = 'kubectl describe iomember NAME on the hub says more';
  if (answer.kind === 'Unknown') return fail(name, `the hub does not tell: ${answer.why}`, fix);
  const { value } = answer;
  if (value === undefined) return fail(name, 'the hub has not heard the agent', fix);
  return value.status === 'True'
    ? ok(name, 'the hub hears the agent')
    : fail(name, value.message, fix);
}

const isGpuNode = (node: NodeFacts): boolean =>
  node.labels['nvidia.com/gpu.present'] === 'true' ||
  node.labels[gpuMark] === 'true' ||
  resourceGroups(node).length > 0;

const hasDevices = ({ allocatable }: NodeFacts): boolean =>
  Object.entries(allocatable).some(
    ([name, quantity]) => /^nvidia\.com\/(gpu|mig-)/.test(name) && Number(quantity) > 0,
  );

function namesOf(nodes: readonly NodeFacts[]): string {
  const names = nodes.map(({ name }) => name).toSorted(compareText);
  const more = names.length > shownNodes ? ` and ${names.length - shownNodes} more` : '';
  return `${names.slice(0, shownNodes).join(', ')}${more}`;
}

function isAnswer(value: unknown): value is Answer<unknown> {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

const counted = (items: readonly unknown[], word: string): string =>
  `${items.length} ${word}${items.length === 1 ? '' : 's'}`;

/** What the chart itself brings can only be missing once it is installed. */
const late = (
  facts: PreflightFacts,
  name: string,
  message: string,
  fix: Readonly<{ before: string; after: string }>,
): Finding =>
  facts.installed === undefined ? warn(name, message, fix.before) : fail(name, message, fix.after);

const ok = (name: string, message: string): Finding => ({ level: 'ok', name, message });
const warn = (name: string, message: string, fix: string): Finding => ({
  ...{ level: 'warn', name, message, fix },
});
const fail = (name: string, message: string, fix: string): Finding => ({
  ...{ level: 'fail', name, message, fix },
});
const unseen = (name: string, { why }: Readonly<{ why: string }>): Finding =>
  warn(name, `not looked at: ${why}`, 'see rights');
