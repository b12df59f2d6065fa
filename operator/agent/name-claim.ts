import { memberNamespace } from '../domain/lease.ts';
import { clusterUidAnnotation, heartbeatLeaseName } from '../domain/member/heartbeat.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { leaseResource } from '../runtime/leader-elector.ts';

/** An agent in another cluster goes by this member's name: this one has to end. */
export class OtherClusterError extends Error {
  override readonly name = 'OtherClusterError';
}

/** Renewals that an agent misses before its name is free for one in another cluster. */
const freeAfterIntervals = 4;

/** So long after the last acknowledged renewal was sent, the one after it was not acknowledged. */
const lookAfterIntervals = 1.5;

export type NameClaimOptions = Readonly<{
  hub: Pick<ApiClient, 'get'>;
  member: string;
  intervalMs: number;
  renewals: Readonly<{ silentMs: () => number; acknowledged: number }>;
  clock: Clock;
}>;

/**
 * Keeps two clusters from being one member: a copy of an agent's key would run the same leases twice.
 * Who begins, or was not acknowledged, looks who renews the heartbeat; while that is an agent in
 * another cluster it sends none itself, and so runs nothing. Where nothing comes back from the hub but
 * all arrives there, this also keeps the hub from hearing a member that has to stop its work.
 */
export class NameClaim {
  readonly #options: NameClaimOptions;
  /** The last renewal from another cluster, and since when it is known by the monotonic clock. */
  #other: { uid: string; renewTime: string | undefined; sinceMs: number } | undefined;

  constructor(options: NameClaimOptions) {
    this.#options = options;
  }

  /** Throws OtherClusterError when an agent in another cluster is seen to renew. */
  async mayRenew(clusterUid: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { hub, member, intervalMs, renewals, clock } = this.#options;
    const freeAfterMs = freeAfterIntervals * intervalMs;
    if (renewals.acknowledged > 0 && renewals.silentMs() < lookAfterIntervals * intervalMs)
      return true;
    const namespace = memberNamespace(member);
    const lease = await hub.get(leaseResource, heartbeatLeaseName, namespace, { signal });
    const uid = lease?.metadata.annotations?.[clusterUidAnnotation];
    if (uid === undefined || clusterUid === undefined || uid === clusterUid) {
      this.#other = undefined;
      return true;
    }
    const renewTime = lease?.spec?.renewTime;
    const sinceMs = this.#other?.uid === uid ? this.#other.sinceMs : clock.monotonicMs();
    if (this.#other?.uid === uid && this.#other.renewTime !== renewTime) {
      throw new OtherClusterError(
        `the agent in the cluster ${uid} goes by the name ${member}, this cluster is ${clusterUid}; ` +
          'end one of the two, and let this one join anew if it is to stay',
      );
    }
    this.#other = { uid, renewTime, sinceMs };
    return clock.monotonicMs() - sinceMs >= freeAfterMs;
  }
}
