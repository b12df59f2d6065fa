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
import { OtherClusterError } from './name-claim.ts';

/** After this many missed renewals the Lease itself says that the member is late. */
const leaseDurationIntervals = 4;

/** A renewal that is not answered by then is given up; the next one is due. */
const answerWithinShare = 0.8;

/** One that failed is followed by the next so soon: a lost packet is no silence. */
const retryShare = 0.2;

/** What the member's own API server does not say by then is said by the next renewal. */
const factsWithinShare = 0.1;

type HeartbeatOptions = Readonly<{
  hub: Pick<ApiClient, 'apply'>;
  member: string;
  intervalMs: number;
  versions: () => Promise<Versions>;
  /** Undefined: the agent meters nothing. */
  metering: () => MeteringState | undefined;
  /** What the data centre wants of its own member. */
  wishes: () => MemberWishes;
  /** uid of the namespace kube-system here; undefined while it is not known. */
  clusterUid: () => Promise<string | undefined>;
  /** Whether this agent may renew now, asked before; throws where another one has the name. */
  mayRenew?: (clusterUid: string | undefined, signal: AbortSignal) => Promise<boolean>;
  /** Told of every renewal that the hub acknowledged, with the moment in which it was sent. */
  acknowledged: (sentMs: number) => void;
  clock: Clock;
  logger: Logger;
}>;

/** Renews the member's heartbeat Lease on the hub: one small write per interval, for all devices. */
export function heartbeat(options: HeartbeatOptions): Runnable {
  const { intervalMs, clock, logger } = options;
  const renewed = renewal(options);
  return {
    name: 'heartbeat',
    // What it says is true before anything is synced, and fencing counts from it.
    needsLeadership: false,
    run: async (signal) => {
      while (!signal.aborted) {
        const beganMs = clock.monotonicMs();
        const isRenewed = await renewed(signal).catch((error: unknown) => {
          if (error instanceof OtherClusterError) throw error;
          if (!signal.aborted) {
            logger.warn(errorFields(error), 'the heartbeat did not reach the hub');
          }
          return false;
        });
        const passedMs = clock.monotonicMs() - beganMs;
        await sleep(clock, isRenewed ? intervalMs - passedMs : intervalMs * retryShare, signal);
      }
    },
  };
}

/** Renews once; true: the hub has acknowledged it. */
function renewal(options: HeartbeatOptions): (signal: AbortSignal) => Promise<boolean> {
  const { intervalMs, clock, metering, wishes, mayRenew, acknowledged } = options;
  const facts = latest(
    clock,
    async () => ({ versions: await options.versions(), clusterUid: await options.clusterUid() }),
    { versions: {}, clusterUid: undefined },
  );
  return async (signal) => {
    const { versions, clusterUid } = await facts(intervalMs * factsWithinShare, signal);
    const limit = new Deadline(clock, signal, intervalMs * answerWithinShare, 'Timeout');
    try {
      if ((await mayRenew?.(clusterUid, limit.signal)) === false) return false;
      const said = {
        ...annotationsOf(versions, metering()),
        ...ownAnnotations(clusterUid, wishes()),
      };
      const sentMs = clock.monotonicMs();
      await send(options, said, limit.signal);
      acknowledged(sentMs);
      return true;
    } finally {
      limit.clear();
    }
  };
}

async function send(
  { hub, member, intervalMs, clock }: HeartbeatOptions,
  annotations: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
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
  const options = { manager: 'compute.io.net/agent-heartbeat', urgent: true, signal };
  await hub.apply(leaseResource, manifest, options);
}

/** Asks in its own time, one question at once: who needs the answer gets the last one in time. */
function latest<T>(
  clock: Clock,
  ask: () => Promise<T>,
  initially: T,
): (withinMs: number, signal: AbortSignal) => Promise<T> {
  let known = initially;
  let asking: Promise<void> | undefined;
  return async (withinMs, signal) => {
    asking ??= ask()
      .then(
        (answer) => void (known = answer),
        () => undefined,
      )
      .finally(() => (asking = undefined));
    const answered = new AbortController();
    const late = sleep(clock, withinMs, AbortSignal.any([signal, answered.signal]));
    await Promise.race([asking, late]);
    answered.abort();
    return known;
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
