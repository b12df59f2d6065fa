import {
  ioDeviceResource,
  ioMemberResource,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { deviceController, deviceIndexes } from '../agent/devices/index.ts';
import { nodeResource } from '../agent/devices/node.ts';
import { heartbeat } from '../agent/heartbeat.ts';
import { placementController, placementIndexes } from '../agent/placements/index.ts';
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
import { Manager } from '../runtime/manager.ts';
import { version } from '../version.ts';
import { clientFor, type Foundation, foundation, healthServer } from './process.ts';

/** Runs the agent of a member until the signal is aborted. */
export async function runAgent(config: AgentConfig, signal: AbortSignal): Promise<void> {
  const base = foundation(config);
  const { logger, metrics } = base;
  const { member, concurrency } = config;
  const hub = clientFor(config['hub-kubeconfig'], 'agent', base);
  const local = clientFor(config.kubeconfig, 'agent', base);
  const clock = systemClock;
  const informers = agentInformers(member, hub, local, base);
  const tenants = new TenantSpaces({
    client: local,
    placements: informers.placements,
    clock,
    logger,
  });
  const events = new EventRecorder({
    client: local,
    component: 'compute.io.net/agent',
    instance: member,
    clock,
    metrics,
    logger,
  });
  const shared = { member, hub, local, clock, concurrency, events, metrics, logger, ...informers };
  const health = healthServer(() => manager, base);
  const manager = new Manager({
    logger,
    clock,
    shutdownTimeoutMs: config['shutdown-timeout-seconds'] * 1000,
    events: [events],
    closers: [hub, local, health],
  });
  manager
    .addController(deviceController(shared))
    .addController(placementController({ ...shared, tenants }))
    .addRunnable({ name: 'tenant-sweep', run: (stop) => tenants.sweep(stop) })
    .addRunnable(
      heartbeat({
        hub,
        member,
        intervalMs: config['heartbeat-seconds'] * 1000,
        versions: memberVersions({ local, agent: version }),
        clock,
        logger,
      }),
    );
  const port = await health.listen(config['metrics-address']);
  logger.info({ port, member }, 'agent starts');
  await manager.start(signal);
}

function agentInformers(
  member: string,
  hub: ApiClient,
  local: ApiClient,
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
    nodes: new Informer({ ...common, client: local, resource: nodeResource }),
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
