import { memberNamespace } from '../domain/lease.ts';
import {
  clusterUidAnnotation,
  heartbeatLabel,
  heartbeatLeaseName,
  memberCordonAnnotation,
  memberDrainAnnotation,
  type MemberWishes,
  meteringAnnotation,
  type MeteringState,
  versionAnnotations,
  type Versions,
} from '../domain/member/heartbeat.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { type Clock, microTime, sleep } from '../runtime/clock.ts';
import { Deadline } from '../runtime/deadline.ts';
import { leaseResource } from '../runtime/leader-elector.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

/** After this many missed renewals the Lease itself says that the member is late. */
const leaseDurationIntervals = 4;

/** A renewal that is not answered by then is given up; the next one is due. */
const answerWithinShare = 0.8;

/** Renews the member's heartbeat Lease on the hub: one small write per interval, for all devices. */
export function heartbeat(options: {
  hub: ApiClient;
  member: string;
  intervalMs: number;
  versions: () => Promise<Versions>;
  /** Undefined: the agent meters nothing. */
  metering: () => MeteringState | undefined;
  /** What the data centre wants of its own member. */
  wishes: () => MemberWishes;
  /** uid of the namespace kube-system here; undefined while it is not known. */
  clusterUid: () => Promise<string | undefined>;
  /** Told of every renewal that the hub acknowledged, with the moment in which it was sent. */
  acknowledged: (sentMs: number) => void;
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
  const within = async (
    ms: number,
    signal: AbortSignal,
    work: (limit: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const deadline = new Deadline(clock, signal, ms, 'Timeout');
    try {
      await work(deadline.signal);
    } finally {
      deadline.clear();
    }
  };
  return {
    name: 'heartbeat',
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          const said = {
            ...annotationsOf(await options.versions(), options.metering()),
            ...ownAnnotations(await options.clusterUid(), options.wishes()),
          };
          const sentMs = clock.monotonicMs();
          await within(intervalMs * answerWithinShare, signal, (limit) => beat(said, limit));
          options.acknowledged(sentMs);
        } catch (error) {
          if (signal.aborted) return;
          logger.warn(errorFields(error), 'the heartbeat did not reach the hub');
        }
        await sleep(clock, intervalMs, signal);
      }
    },
  };
}

function ownAnnotations(
  clusterUid: string | undefined,
  { cordoned, drainDeadline }: MemberWishes,
): Record<string, string> {
  return {
    ...(clusterUid === undefined ? {} : { [clusterUidAnnotation]: clusterUid }),
    ...(cordoned ? { [memberCordonAnnotation]: 'true' } : {}),
    ...(drainDeadline === undefined ? {} : { [memberDrainAnnotation]: drainDeadline }),
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
