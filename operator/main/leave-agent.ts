import type { LeaveConfig } from '../config.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { sleep, systemClock } from '../runtime/clock.ts';
import { type KubeObject, splitKey } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';

/** The end of a member's agent: it tells what it has recorded, and then stops before its key goes. */

const lookEveryMs = 1_000;
const reportedWithinMs = 60_000;
const answerWithinMs = 2_000;
/** What ended a moment ago is counted a second later. */
const quietLooks = 3;
/** Longer than the chart's terminationGracePeriodSeconds. */
const stoppedWithinMs = 90_000;
const pageSize = 500;

type Deployment = KubeObject & {
  metadata: { generation?: number };
  spec?: { selector?: { matchLabels?: Readonly<Record<string, string>> } };
  status?: { observedGeneration?: number; replicas?: number };
};
const deploymentResource: Resource<Deployment> = {
  ...{ group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
};
type Pod = KubeObject & { status?: { phase?: string } };
const podResource: Resource<Pod> = {
  ...{ group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
};

type Say = (text: string) => void;

/**
 * Waits until the hub has all usage that the agent has recorded, for a minute at most: what is in the
 * spool then is lost with its volume, and is not paid.
 */
export async function untilReported(
  config: Pick<LeaveConfig, 'agent-url'>,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const url = config['agent-url'];
  if (url === undefined) return;
  const deadlineMs = systemClock.monotonicMs() + reportedWithinMs;
  let quiet = 0;
  for (;;) {
    const waiting = await reportsWaiting(url);
    if (waiting === undefined) {
      say('the agent does not answer: whether all usage was reported is not known');
      return;
    }
    quiet = waiting === 0 ? quiet + 1 : 0;
    if (quiet >= quietLooks) {
      say('all usage is reported');
      return;
    }
    if (signal.aborted) return;
    if (systemClock.monotonicMs() >= deadlineMs) {
      say(`${waiting} reports of usage did not reach the hub: they are lost with the spool`);
      return;
    }
    await sleep(systemClock, lookEveryMs, signal);
  }
}

/** Undefined: it does not answer. */
async function reportsWaiting(url: string): Promise<number | undefined> {
  try {
    const within = AbortSignal.timeout(answerWithinMs);
    const response = await fetch(new URL('/metrics', url), { signal: within });
    const found = /^io_spool_reports_waiting(?:\{[^}]*\})? (\S+)$/m.exec(await response.text());
    // An agent that meters nothing has nothing to report.
    return Number(found?.[1] ?? 0);
  } catch {
    return undefined;
  }
}

/**
 * Scales the agent's Deployment to nothing and waits until no pod of it is left, so that nobody makes
 * the Secret or a namespace anew. False: a pod is still there, as one on a dead node is.
 */
export async function stopAgent(
  config: Pick<LeaveConfig, 'agent-deployment'>,
  local: ApiClient,
  say: Say,
  signal: AbortSignal,
): Promise<boolean> {
  const key = config['agent-deployment'];
  if (key === undefined) return true;
  const { namespace, name } = splitKey(key);
  if ((await local.get(deploymentResource, name, namespace)) === undefined) {
    say(`there is no Deployment ${key}: no agent runs`);
    return true;
  }
  const none = { spec: { replicas: 0 } };
  await local.mergePatch(deploymentResource, name, namespace, none, { subresource: 'scale' });
  const deadlineMs = systemClock.monotonicMs() + stoppedWithinMs;
  for (;;) {
    const left = await agentPods(local, key);
    if (left.length === 0) {
      say('the agent is stopped');
      return true;
    }
    if (signal.aborted) return false;
    if (systemClock.monotonicMs() >= deadlineMs) {
      say(`the agent does not stop, its key may come back: look at ${left.join(', ')}`);
      return false;
    }
    await sleep(systemClock, lookEveryMs, signal);
  }
}

/** What may still be an agent: pods that have not ended, and what the Deployment has yet to do. */
async function agentPods(local: ApiClient, key: string): Promise<readonly string[]> {
  const { namespace, name } = splitKey(key);
  const deployment = await local.get(deploymentResource, name, namespace);
  if (deployment === undefined) return [];
  const { metadata, spec, status = {} } = deployment;
  const isBehind = (status.observedGeneration ?? 0) < (metadata.generation ?? 0);
  const labelSelector = Object.entries(spec?.selector?.matchLabels ?? {})
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
  const { items } = await local.list(podResource, { namespace, labelSelector, limit: pageSize });
  const pods = items.filter((pod) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''));
  return [
    ...(isBehind || (status.replicas ?? 0) > 0 ? [`Deployment ${key}`] : []),
    ...pods.map((pod) => `Pod ${namespace}/${pod.metadata.name}`),
  ];
}
