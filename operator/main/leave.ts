import { ioMemberResource } from '../../crds/schema/index.ts';
import type { LeaveConfig } from '../config.ts';
import { drainUntil, type Held, heldLine, leaveStep } from '../domain/member/leaving.ts';
import { managedByLabels, tenantLabel } from '../domain/raycluster/manifest.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import { sleep, systemClock } from '../runtime/clock.ts';
import { loadKubeConfig } from '../runtime/kube-config.ts';
import { type KubeObject, splitKey } from '../runtime/kube-object.ts';
import { messageOf } from '../runtime/logger.ts';
import type { Resource } from '../runtime/resource.ts';
import { version } from '../version.ts';
import { rayClusterResource } from '../agent/placements/ray-cluster.ts';
import { agentCredentials, hubAsAgent, secretResource } from './agent-credentials.ts';
import { deleteUnusedDefinitions } from './definitions.ts';
import { stopAgent, untilReported } from './leave-agent.ts';

const lookEveryMs = 1_000;
/** Namespaces end once their pods have. */
const goneWithinMs = 120_000;
const pageSize = 500;

const managed = Object.entries(managedByLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

type ConfigMap = KubeObject & Readonly<{ data?: Readonly<Record<string, string>> }>;
const configMapResource: Resource<ConfigMap> = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
};
const namespaceResource: Resource = {
  ...{ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * `io-operator leave`: asks for a drain by the data centre's policy, which the agent announces to the
 * hub, waits until all leases are off or the deadline is over, removes what was made for leases, stops
 * the agent and then deletes its key: in this order, since an agent that runs makes both anew. It may be
 * run again, and needs no hub. 1: something could not be removed.
 */
export async function runLeave(config: LeaveConfig, signal: AbortSignal): Promise<number> {
  const local = new ApiClient({
    kubeConfig: loadKubeConfig(config.kubeconfig),
    userAgent: `io-operator/${version} (leave)`,
  });
  try {
    await askForDrain(config, local);
    await waitUntilReleased(config, local, signal);
    if (signal.aborted) return 1;
    await removeTenants(local, signal);
    await untilReported(config, say, signal);
    const isStopped = await stopAgent(config, local, say, signal);
    const isGone = (await removeTenants(local, signal)) && isStopped;
    const { namespace, name } = splitKey(config['credentials-secret']);
    await local.delete(secretResource, name, namespace);
    say(`the key of ${config.member} is deleted`);
    if (isGone) await removeDefinitions(config, local);
    return isGone ? 0 : 1;
  } finally {
    await local.close();
  }
}

async function askForDrain(config: LeaveConfig, local: ApiClient): Promise<void> {
  const key = config['policy-config-map'];
  const { namespace, name } = splitKey(key);
  const policy = await local.get(configMapResource, name, namespace);
  if (policy === undefined) {
    say(`there is no ConfigMap ${key}: no agent hears of a drain`);
    return;
  }
  const nowMs = systemClock.now();
  const wantedMs = nowMs + config['deadline-seconds'] * 1000;
  const drainDeadline = drainUntil(policy.data?.['drainDeadline'], nowMs, wantedMs);
  await local.mergePatch(configMapResource, name, namespace, {
    data: { cordoned: 'true', drainDeadline },
  });
  say(`${config.member} is drained until ${drainDeadline}`);
}

async function waitUntilReleased(
  config: LeaveConfig,
  local: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + config['deadline-seconds'] * 1000;
  let said = '';
  while (!signal.aborted) {
    const [rayClusters, drained] = await Promise.all([
      countRayClusters(local),
      isDrained(config, local),
    ]);
    const held: Held = {
      ...{ rayClusters, drained },
      isLate: systemClock.monotonicMs() >= deadlineMs,
    };
    const line = heldLine(held);
    if (line !== said) say(line);
    said = line;
    if (leaveStep(held) === 'Go') {
      if (rayClusters > 0) say('the deadline is over: what is left is removed now');
      return;
    }
    await sleep(systemClock, lookEveryMs, signal);
  }
}

/** RayClusters of leases; a cluster without KubeRay has none. */
async function countRayClusters(local: ApiClient): Promise<number> {
  try {
    const page = { labelSelector: managed, limit: pageSize };
    return (await local.list(rayClusterResource, page)).items.length;
  } catch (error) {
    if (error instanceof ApiError && error.isNotFound) return 0;
    throw error;
  }
}

/** What the hub says of the drain; undefined when it cannot be asked. */
async function isDrained(config: LeaveConfig, local: ApiClient): Promise<boolean | undefined> {
  const { 'hub-url': url, member, 'credentials-secret': secret } = config;
  if (url === undefined) return undefined;
  try {
    const credentials = await agentCredentials(local, secret);
    if (credentials === undefined) return undefined;
    const hub = hubAsAgent({ ...config, 'hub-url': url }, credentials, 'leave');
    try {
      const fieldSelector = `metadata.name=${member}`;
      const [found] = (await hub.list(ioMemberResource, { fieldSelector })).items;
      // A member that the hub has removed already holds nothing.
      if (found === undefined) return true;
      const drained = found.status?.conditions?.find(({ type }) => type === 'Drained');
      return drained?.status === 'True';
    } finally {
      await hub.close();
    }
  } catch {
    // Also a refusal: a member that was put out has no leases that it could release.
    return undefined;
  }
}

/** Takes away the kinds that came with the agent, where nobody else has objects of them. */
async function removeDefinitions(config: LeaveConfig, local: ApiClient): Promise<void> {
  for (const { name, outcome } of await deleteUnusedDefinitions(local, config.definitions ?? [])) {
    if (outcome === 'Deleted') say(`definition ${name} is deleted`);
    if (outcome === 'InUse') say(`definition ${name} stays: there are objects of it`);
  }
}

/** Deletes the namespaces of tenants with all that is in them; whether they are gone. */
async function removeTenants(local: ApiClient, signal: AbortSignal): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + goneWithinMs;
  const labelSelector = `${managed},${tenantLabel}`;
  for (;;) {
    const { items } = await local.list(namespaceResource, { labelSelector, limit: pageSize });
    if (items.length === 0) {
      say('no namespace of a tenant is left');
      return true;
    }
    // While the agent runs it may make one anew: each look deletes what it sees.
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      try {
        await local.delete(namespaceResource, metadata.name);
        say(`namespace ${metadata.name} is deleted`);
      } catch (error) {
        say(`namespace ${metadata.name} cannot be deleted: ${messageOf(error)}`);
      }
    }
    if (signal.aborted || systemClock.monotonicMs() >= deadlineMs) {
      say(`${items.length} namespaces have not ended: kubectl get namespaces -l ${tenantLabel}`);
      return false;
    }
    await sleep(systemClock, lookEveryMs, signal);
  }
}
