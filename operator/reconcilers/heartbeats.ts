import { memberNamespace, memberOfNamespace } from '../domain/lease.ts';
import {
  clusterUidAnnotation,
  heartbeatLeaseName,
  memberCordonAnnotation,
  memberDrainAnnotation,
  type MemberWishes,
  meteringAnnotation,
  type MeteringState,
  meteringStates,
  type Versions,
  versionAnnotations,
} from '../domain/member/heartbeat.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';

/** coordination.k8s.io/v1 Lease that an agent renews; versions stand in its annotations. */
export type HeartbeatLease = KubeObject & {
  spec?: { renewTime?: string; leaseDurationSeconds?: number };
};

/** Leases as heartbeats: only what the hub reads of them. */
export const heartbeatResource: Resource<HeartbeatLease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

const maximumVersionLength = 64;

/**
 * When each member was heard last, by this process' monotonic clock: a renewal counts from when it
 * was seen here, whatever the member's own clock says. After a restart every known Lease counts
 * from now, so that a new hub takes nobody for lost before it could have heard them.
 */
export class Heartbeats {
  readonly #informer: WatchedInformer<HeartbeatLease>;
  readonly #clock: Clock;
  readonly #heard = new Map<string, { renewTime: string; atMs: number }>();

  constructor(informer: WatchedInformer<HeartbeatLease>, clock: Clock) {
    this.#informer = informer;
    this.#clock = clock;
    informer.onChange(({ type, object }) => {
      const member = memberOfNamespace(object.metadata.namespace ?? '');
      if (member === undefined || object.metadata.name !== heartbeatLeaseName) return;
      if (type === 'deleted') this.#heard.delete(member);
      else this.#hear(member, object.spec?.renewTime ?? '');
    });
  }

  /** Milliseconds since the member was heard; undefined: never. */
  ageMs(member: string): number | undefined {
    const heard = this.#heard.get(member);
    return heard === undefined ? undefined : this.#clock.monotonicMs() - heard.atMs;
  }

  /** The renewal that the age counts from, as the agent wrote it. */
  renewTime(member: string): string | undefined {
    return this.#heard.get(member)?.renewTime;
  }

  /** What the agent said of its versions; empty without a heartbeat. */
  versions(member: string): Versions {
    const annotations = this.#annotations(member);
    const versions: Record<string, string> = {};
    for (const [field, annotation] of Object.entries(versionAnnotations)) {
      const value = annotations[annotation];
      if (value !== undefined) versions[field] = value.slice(0, maximumVersionLength);
    }
    return versions;
  }

  /** Whether the agent can record usage; undefined when it does not say. */
  metering(member: string): MeteringState | undefined {
    const said = this.#annotations(member)[meteringAnnotation];
    return meteringStates.find((state) => state === said);
  }

  /** Which cluster the agent says it runs in. */
  clusterUid(member: string): string | undefined {
    return this.#annotations(member)[clusterUidAnnotation]?.slice(0, maximumVersionLength);
  }

  /** What the data centre wants of its own member. */
  wishes(member: string): MemberWishes {
    const annotations = this.#annotations(member);
    const deadline = annotations[memberDrainAnnotation];
    return {
      cordoned: annotations[memberCordonAnnotation] === 'true',
      drainDeadline: Number.isNaN(Date.parse(deadline ?? '')) ? undefined : deadline,
    };
  }

  #annotations(member: string): Readonly<Record<string, string>> {
    const key = `${memberNamespace(member)}/${heartbeatLeaseName}`;
    return this.#informer.cache.get(key)?.metadata.annotations ?? {};
  }

  #hear(member: string, renewTime: string): void {
    if (this.#heard.get(member)?.renewTime === renewTime) return;
    this.#heard.set(member, { renewTime, atMs: this.#clock.monotonicMs() });
  }
}
