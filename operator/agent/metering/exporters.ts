import {
  maxExpositionCharacters,
  parseExposition,
  type Reading,
} from '../../domain/evidence/exposition.ts';
import { leaseLabel } from '../../domain/raycluster/manifest.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

/** A DCGM exporter: where it is asked, and the node whose devices it tells of. */
export type ExporterTarget = Readonly<{ node: string; url: string }>;

/** Finds the exporters of a member. */
export type ExporterTargets = (signal: AbortSignal) => Promise<readonly ExporterTarget[]>;

type RawPod = KubeObject & {
  spec?: {
    nodeName?: string;
    containers?: readonly { ports?: readonly { name?: string; containerPort?: number }[] }[];
  };
  status?: { phase?: string; podIP?: string };
};
type ExporterPod = KubeObject & Readonly<{ target: ExporterTarget | undefined }>;

const defaultPort = 9_400;
const pageSize = 500;
/** A member has no more nodes with GPUs. */
const maxTargets = 20_000;
/** Exporters that are asked at once, and how long for one. */
const maxConcurrent = 8;
const scrapeTimeoutMs = 5_000;

const exporterPods: Resource<ExporterPod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  decode: (raw) => {
    const pod = raw as RawPod;
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const metadata = { name, namespace, uid, resourceVersion };
    return { apiVersion: pod.apiVersion, kind: pod.kind, metadata, target: targetOf(pod) };
  },
};

/** Lists the pods of the exporter by their labels, in any namespace; never those of a lease. */
export function exporterTargets(local: Pick<ApiClient, 'list'>, selector: string): ExporterTargets {
  const labelSelector = `${selector},!${leaseLabel}`;
  return async (signal) => {
    const targets: ExporterTarget[] = [];
    let next: string | undefined;
    do {
      const options = { labelSelector, limit: pageSize, continue: next, signal };
      const page = await local.list(exporterPods, options);
      targets.push(...page.items.flatMap(({ target }) => target ?? []));
      next = page.continue;
    } while (next !== undefined && targets.length < maxTargets);
    return targets;
  };
}

/** Undefined while it does not run. */
function targetOf({ spec, status }: RawPod): ExporterTarget | undefined {
  const { nodeName, containers = [] } = spec ?? {};
  const { phase, podIP } = status ?? {};
  if (phase !== 'Running' || nodeName === undefined || podIP === undefined) return undefined;
  const ports = containers.flatMap(({ ports: of = [] }) => of);
  const port = ports.find(({ name }) => name === 'metrics')?.containerPort ?? defaultPort;
  const host = podIP.includes(':') ? `[${podIP}]` : podIP;
  return { node: nodeName, url: `http://${host}:${port}/metrics` };
}

/** Asks all, a few at a time. */
export async function askAll(
  targets: readonly ExporterTarget[],
  ask: (target: ExporterTarget) => Promise<void>,
): Promise<void> {
  const queue = targets.values();
  const worker = async (): Promise<void> => {
    for (const target of queue) await ask(target);
  };
  await Promise.all(Array.from({ length: maxConcurrent }, worker));
}

/** What an exporter says now. Throws when it does not answer, or not with metrics. */
export async function readingsOf(url: string, signal: AbortSignal): Promise<readonly Reading[]> {
  return parseExposition(await textOf(url, signal));
}

async function textOf(url: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(scrapeTimeoutMs)]);
  const response = await fetch(url, { signal: limit, redirect: 'error' });
  if (!response.ok) throw new Error(`the exporter answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxExpositionCharacters) {
      throw new Error(`the exporter sent more than ${maxExpositionCharacters} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
