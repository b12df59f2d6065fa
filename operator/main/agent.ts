import {
  ioDeviceResource,
  ioMemberResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { createAgentMetrics } from '../adapters/prometheus/agent-metrics.ts';
import {
  gpuSliceSelector,
  resourceSliceIndex,
  resourceSliceResource,
} from '../agent/devices/dra.ts';
import { deviceController, deviceIndexes } from '../agent/devices/index.ts';
import { nodeResource } from '../agent/devices/node.ts';
import { clusterUid } from '../agent/cluster-uid.ts';
import { Fences } from '../agent/fencing/fences.ts';
import { fencing } from '../agent/fencing/index.ts';
import { Renewals } from '../agent/fencing/renewals.ts';
import { heartbeat } from '../agent/heartbeat.ts';
import { NameClaim } from '../agent/name-claim.ts';
import { MemberQueue } from '../agent/kueue/index.ts';
import type { Metering } from '../agent/metering/index.ts';
import { type Pod, podIndexes, podResource, podSelector } from '../agent/metering/pod.ts';
import {
  placementController,
  placementIndexes,
  type PlacementOptions,
} from '../agent/placements/index.ts';
import { rayClusterResource } from '../agent/placements/ray-cluster.ts';
import { TenantSpaces } from '../agent/placements/tenant-spaces.ts';
import { memberVersions } from '../agent/versions.ts';
import type { AgentConfig } from '../config.ts';
import { memberNamespace } from '../domain/lease.ts';
import { managedByLabels } from '../domain/raycluster/manifest.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { EventRecorder } from '../runtime/events.ts';
import { Informer } from '../runtime/informer.ts';
import { Manager, type Runnable } from '../runtime/manager.ts';
import { version } from '../version.ts';
import { deviceHealth, healthRunnables, retiredWorkers } from './agent-health.ts';
import { hubAccess } from './agent-join.ts';
import { meteringConfig, startMetering, watchSights } from './agent-metering.ts';
import { type AgentPolicy, agentPolicy } from './agent-policy.ts';
import { agentTunnel } from './agent-tunnel.ts';
import { clientFor, type Foundation, foundation, healthServer } from './process.ts';

/** Runs the agent of a member until the signal is aborted. */
export async function runAgent(config: AgentConfig, signal: AbortSignal): Promise<void> {
  const metered = meteringConfig(config);
  const base = foundation(config);
  const { logger } = base;
  const { member, concurrency } = config;
  const clock = systemClock;
  const agentMetrics = createAgentMetrics();
  const { sights, apiRequest } = watchSights(clock, base.metrics);
  const metrics = {
    ...base.metrics,
    apiRequest,
    text: async () => `${await base.metrics.text()}${await agentMetrics.text()}`,
  };
  const local = clientFor(config.kubeconfig, 'agent', { logger, metrics });
  const access = hubAccess(config, local, base);
  const hub = clientFor(access.kubeconfig, 'agent', base);
  const informers = agentInformers(member, access.gate(hub), { local, sights }, base);
  const renewals = await Renewals.open({
    ...{ clock, logger },
    directory: metered?.spoolDirectory ?? config['state-directory'],
  });
  const fences = new Fences({
    renewals,
    askHub: (leaseId, stop) =>
      hub.get(ioPlacementResource, leaseId, memberNamespace(member), { signal: stop }),
    clock,
    logger,
  });
  const events = new EventRecorder({
    ...{ client: local, component: 'compute.io.net/agent', instance: member },
    ...{ clock, metrics, logger },
  });
  const gpus = deviceHealth(config, { ...informers, local, clock, logger });
  const metering =
    metered === undefined
      ? undefined
      : await startMetering(config, access, metered, {
          ...{ ...informers, local, sights, clock, logger },
          metrics: agentMetrics,
          isFenced: (leaseId) => fences.isFenced(leaseId),
          isBroken: (device) => gpus?.isBroken(device) === true,
        });
  const retired = retiredWorkers(gpus, informers, metering);
  fences.onFence((leaseId, atSeconds) => metering?.meter.fence(leaseId, atSeconds));
  const policies = agentPolicy(config, local, base, agentMetrics);
  const shared = {
    ...{ member, hub, local, clock, concurrency, events, metrics, logger, fences, renewals },
    ...{ ...informers, policies, refusals: agentMetrics },
    policy: () => policies.watch.current(),
    ...{ health: gpus, retired },
  };
  const health = healthServer(() => manager, { logger, metrics });
  const manager = new Manager({
    logger,
    clock,
    shutdownTimeoutMs: config['shutdown-timeout-seconds'] * 1000,
    events: [events],
    closers: [hub, local, health, ...(metering === undefined ? [] : [metering])],
  });
  addWork(manager, config, shared, metering);
  const tunnels = agentTunnel(config, access, metered, { ...shared, metrics: agentMetrics });
  const more = [...access.runnables(hub), ...healthRunnables(gpus)];
  for (const runnable of tunnels === undefined ? more : [...more, tunnels]) {
    manager.addRunnable(runnable);
  }
  const port = await health.listen(config['metrics-address']);
  logger.info({ port, member, metering: metering !== undefined }, 'agent starts');
  await manager.start(signal);
}

type Shared = Omit<PlacementOptions, 'tenants' | 'queue' | 'meter'> &
  Parameters<typeof deviceController>[0] &
  Readonly<{
    local: ApiClient;
    placements: Informer<IOPlacement>;
    pods: Informer<Pod>;
    fences: Fences;
    renewals: Renewals;
    policies: AgentPolicy;
  }>;

function addWork(
  manager: Manager,
  config: AgentConfig,
  shared: Shared,
  metering: Metering | undefined,
): void {
  const { member, local, clock, logger, placements, fences, policies } = shared;
  const name = config['kueue-queue'];
  const queue = name === undefined ? undefined : new MemberQueue({ client: local, name, clock });
  const readsTokens = metering !== undefined && config.tunnel;
  const tenants = new TenantSpaces({
    client: local,
    placements,
    queue,
    clock,
    logger,
    readsTokens,
  });
  const meter = metering === undefined ? {} : { meter: metering.meter };
  const placed = placementController({ ...shared, tenants, queue, ...meter });
  policies.judge(placements, placed);
  manager
    .addController(
      deviceController({
        ...{ ...shared, uuids: metering?.uuids },
        resourceSlices: config['device-source'] === 'dra' ? shared.resourceSlices : undefined,
      }),
    )
    .addController(placed)
    .addRunnable(
      fencing({
        ...{ fences, local, clock, logger },
        resource: rayClusterResource,
        rayClusters: shared.rayClusters,
        released: (leaseId) => placed.enqueue(`${memberNamespace(member)}/${leaseId}`),
      }),
    )
    .addRunnable({ name: 'tenant-sweep', run: (stop) => tenants.sweep(stop) })
    .addRunnable(heartbeats(config, shared, metering));
  if (metering === undefined) return;
  manager.addInformer(shared.pods);
  for (const runnable of metering.runnables) manager.addRunnable(runnable);
}

/** Begin when the agent has joined and knows what it has to announce, whatever else is not synced. */
function heartbeats(
  config: AgentConfig,
  { member, hub, local, clock, logger, renewals, policies, members }: Shared,
  metering: Metering | undefined,
): Runnable {
  const intervalMs = config['heartbeat-seconds'] * 1000;
  const claim = new NameClaim({ hub, member, intervalMs, renewals, clock });
  const beats = heartbeat({
    ...{ hub, member, intervalMs, clock, logger },
    versions: memberVersions({ local, agent: version }),
    metering: () => metering?.meter.state,
    wishes: () => policies.watch.memberWishes(),
    clusterUid: clusterUid(local),
    mayRenew: (uid, stop) => claim.mayRenew(uid, stop),
    acknowledged: (sentMs) => renewals.acknowledge(sentMs),
  });
  return {
    ...beats,
    run: async (signal, context) => {
      const isReady = (await policies.known(signal)) && (await members.waitForSync(signal));
      if (isReady) await beats.run(signal, context);
    },
  };
}

type Sights = ReturnType<typeof watchSights>['sights'];

function agentInformers(
  member: string,
  hub: Pick<ApiClient, 'list' | 'watch'>,
  { local, sights }: Readonly<{ local: ApiClient; sights: Sights }>,
  { metrics, logger }: Foundation,
) {
  const namespace = memberNamespace(member);
  const common = { metrics, logger };
  return {
    members: new Informer({
      ...common,
      client: hub,
      resource: ioMemberResource,
      fieldSelector: `metadata.name=${member}`,
    }),
    devices: new Informer({
      ...common,
      client: hub,
      resource: ioDeviceResource,
      namespace,
      indexes: deviceIndexes,
    }),
    placements: new Informer({
      ...common,
      client: hub,
      resource: ioPlacementResource,
      namespace,
      indexes: placementIndexes,
    }),
    nodes: new Informer({ ...common, client: sights.nodes.over(local), resource: nodeResource }),
    /** Started only with --device-source dra. */
    resourceSlices: new Informer({
      ...common,
      client: local,
      resource: resourceSliceResource,
      fieldSelector: gpuSliceSelector,
      indexes: resourceSliceIndex,
    }),
    /** Started only when there is metering. */
    pods: new Informer({
      ...common,
      client: sights.pods.over(local),
      resource: podResource,
      labelSelector: podSelector,
      indexes: podIndexes,
    }),
    rayClusters: new Informer({
      ...common,
      client: local,
      resource: rayClusterResource,
      labelSelector: Object.entries(managedByLabels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
      indexes: { name: ({ metadata }) => [metadata.name] },
    }),
  };
}
