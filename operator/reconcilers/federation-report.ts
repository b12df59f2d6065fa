import type { IODevice, IOPlacement } from '../../crds/schema/index.ts';
import type { FederationMetrics } from '../ports/federation-metrics.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Runnable } from '../runtime/manager.ts';
import { isConditionTrue } from '../runtime/status.ts';

/** Counting 600,000 devices takes a moment: it is done at this interval, not at every change. */
const everyMs = 10_000;

/** Keeps the gauges of devices by model and state, and of leases by member. */
export function federationReport(options: {
  devices: Informer<IODevice>;
  placements: Informer<IOPlacement>;
  metrics: FederationMetrics;
  clock: Clock;
}): Runnable {
  const { devices, placements, metrics, clock } = options;
  return {
    name: 'federation-report',
    run: async (signal) => {
      while (!signal.aborted) {
        metrics.devices(countDevices(devices.cache.list()));
        metrics.leases(countLeases(placements.cache.list()));
        await sleep(clock, everyMs, signal);
      }
    },
  };
}

/** A device is in one state: the furthest that it has come. */
function stateOf({ status }: IODevice): string {
  if (!isConditionTrue(status?.conditions, 'Verified')) return 'unverified';
  if (!isConditionTrue(status?.conditions, 'Healthy')) return 'unhealthy';
  if (isConditionTrue(status?.conditions, 'Leased')) return 'leased';
  return isConditionTrue(status?.conditions, 'Offered') ? 'free' : 'not-offered';
}

function countDevices(devices: readonly IODevice[]) {
  const counts = new Map<string, { model: string; state: string; count: number }>();
  for (const device of devices) {
    const model = device.status?.model ?? 'unknown';
    const state = stateOf(device);
    const entry = counts.get(`${model}/${state}`) ?? { model, state, count: 0 };
    entry.count += 1;
    counts.set(`${model}/${state}`, entry);
  }
  return [...counts.values()];
}

function countLeases(placements: readonly IOPlacement[]) {
  const counts = new Map<string, number>();
  for (const { spec } of placements) counts.set(spec.member, (counts.get(spec.member) ?? 0) + 1);
  return [...counts].map(([member, count]) => ({ member, count }));
}
