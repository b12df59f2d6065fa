import { memberNamespace } from '../domain/lease.ts';
import {
  heartbeatLabel,
  heartbeatLeaseName,
  meteringAnnotation,
  type MeteringState,
  versionAnnotations,
  type Versions,
} from '../domain/member/heartbeat.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { type Clock, microTime, sleep } from '../runtime/clock.ts';
import { leaseResource } from '../runtime/leader-elector.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

/** After this many missed renewals the Lease itself says that the member is late. */
const leaseDurationIntervals = 4;

/** Renews the member's heartbeat Lease on the hub: one small write per interval, for all devices. */
export function heartbeat(options: {
  hub: ApiClient;
  member: string;
  intervalMs: number;
  versions: () => Promise<Versions>;
  /** Undefined: the agent meters nothing. */
  metering: () => MeteringState | undefined;
  clock: Clock;
  logger: Logger;
}): Runnable {
  const { hub, member, intervalMs, clock, logger } = options;
  const beat = async (annotations: Record<string, string>, signal: AbortSignal): Promise<void> => {
    const manifest = {
      metadata: {
        name: heartbeatLeaseName,
        namespace: memberNamespace(member),
        labels: { [heartbeatLabel]: 'true' },
        annotations,
      },
      spec: {
        holderIdentity: member,
        leaseDurationSeconds: Math.ceil((intervalMs * leaseDurationIntervals) / 1000),
        renewTime: microTime(clock.now()),
      },
    };
    await hub.apply(leaseResource, manifest, { manager: 'compute.io.net/agent-heartbeat', signal });
  };
  return {
    name: 'heartbeat',
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          await beat(annotationsOf(await options.versions(), options.metering()), signal);
        } catch (error) {
          if (signal.aborted) return;
          logger.warn(errorFields(error), 'the heartbeat did not reach the hub');
        }
        await sleep(clock, intervalMs, signal);
      }
    },
  };
}

function annotationsOf(
  versions: Versions,
  metering: MeteringState | undefined,
): Record<string, string> {
  const annotations: Record<string, string> =
    metering === undefined ? {} : { [meteringAnnotation]: metering };
  for (const [field, annotation] of Object.entries(versionAnnotations)) {
    const version = versions[field as keyof Versions];
    if (version !== undefined && version !== '') annotations[annotation] = version;
  }
  return annotations;
}
