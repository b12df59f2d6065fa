import type { IODevice, IOPlacement } from '../../crds/schema/index.ts';
import { BrokenWorkers } from '../agent/devices/broken-workers.ts';
import { DeviceHealthWatch } from '../agent/devices/health.ts';
import type { Node } from '../agent/devices/node.ts';
import { exporterTargets, readingsOf } from '../agent/metering/exporters.ts';
import type { Metering } from '../agent/metering/index.ts';
import type { Pod } from '../agent/metering/pod.ts';
import type { AgentConfig } from '../config.ts';
import { memberNamespace } from '../domain/lease.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

/** Looks at the health of GPUs. Undefined: --health-seconds is 0, and nobody does. */
export function deviceHealth(
  config: AgentConfig,
  options: Readonly<{
    local: ApiClient;
    devices: Informer<IODevice>;
    nodes: Informer<Node>;
    clock: Clock;
    logger: Logger;
  }>,
): DeviceHealthWatch | undefined {
  const { local, devices, nodes, clock, logger } = options;
  const seconds = config['health-seconds'];
  if (seconds === 0) return undefined;
  return new DeviceHealthWatch({
    targets: exporterTargets(local, config['dcgm-selector']),
    read: readingsOf,
    devices: devices.cache,
    namespace: memberNamespace(config.member),
    nodes: nodes.cache,
    intervalMs: seconds * 1000,
    clock,
    logger,
  });
}

/**
 * Which pods of a placement have to go since their device broke. Pods are watched, and so known, only
 * where use is metered.
 */
export function retiredWorkers(
  health: DeviceHealthWatch | undefined,
  { pods }: Readonly<{ pods: Informer<Pod> }>,
  metering: Metering | undefined,
): ((placement: IOPlacement) => ReadonlyMap<string, readonly string[]>) | undefined {
  if (health === undefined || metering === undefined) return undefined;
  const { meter } = metering;
  health.onChange(({ metadata }, { state }, pod) =>
    meter.healthChanged(metadata.name, state === 'Broken', pod),
  );
  const hit = (device: string) => meter.podOn(device);
  const workers = new BrokenWorkers({ health, pods: pods.cache, hit });
  return (placement) => workers.of(placement);
}

export const healthRunnables = (health: DeviceHealthWatch | undefined): readonly Runnable[] =>
  health === undefined ? [] : [{ name: 'device-health', run: (stop) => health.run(stop) }];
