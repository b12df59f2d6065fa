import {
  type IOMember,
  type IOMemberStatus,
  ioMemberResource,
} from '../../../crds/schema/index.ts';
import { memberNamespace, memberOfNamespace } from '../../domain/lease.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import type { Resource } from '../../runtime/resource.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { StatusWriter } from '../../runtime/status.ts';
import type { FederationState } from '../federation-state.ts';
import { withConditions } from '../with-conditions.ts';
import { accessManifests } from './access.ts';
import { decide, type Decision } from './decide.ts';
import type { HeartbeatLease, Heartbeats } from '../heartbeats.ts';

const manager = 'compute.io.net/io-member';

/** Counts of devices are written at most this often; conditions at once. */
const countEveryMs = 5_000;

const revoked = 'revoked';

export type IOMemberOptions = Readonly<{
  client: ApiClient;
  members: Informer<IOMember>;
  heartbeats: Informer<HeartbeatLease>;
  /** Made from `heartbeats`, shared by all that ask who is heard. */
  heard: Heartbeats;
  state: FederationState;
  events: EventRecorder;
  clock: Clock;
  memberLostMs: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** Gives accepted members their namespace and rights, and says who is heard and what they have. */
export function ioMemberController(options: IOMemberOptions): Controller {
  const reconciler = new Reconciler(options);
  return new Controller({
    name: 'io-member',
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(options.members)
    .watch(options.heartbeats, (lease) => {
      const member = memberOfNamespace(lease.metadata.namespace ?? '');
      return member === undefined ? [] : [member];
    });
}

class Reconciler {
  readonly #options: IOMemberOptions;
  readonly #statuses: StatusWriter;
  readonly #own: OwnWrites<IOMember>;
  readonly #countedAtMs = new Map<string, number>();
  /** What was applied for a member by this process, or `revoked`. */
  readonly #granted = new Map<string, string>();

  constructor(options: IOMemberOptions) {
    this.#options = options;
    this.#own = new OwnWrites(options.members.cache);
    this.#statuses = new StatusWriter({ client: options.client, manager: `${manager}-status` });
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const { heard } = this.#options;
    const member = this.#own.get(name);
    if (member === undefined) return this.#revoke(name, signal);
    const decision = decide(
      {
        member,
        heartbeatAgeMs: heard.ageMs(name),
        versions: heard.versions(name),
        metering: heard.metering(name),
        products: this.#options.state.inventory.member(name)?.products() ?? [],
      },
      this.#options.memberLostMs,
    );
    if (decision.access === 'grant') await this.#grant(member, decision, signal);
    else await this.#revoke(name, signal);
    await this.#writeStatus(member, decision, signal);
    const { requeueAfterMs = countEveryMs } = decision;
    return { requeueAfterMs: Math.min(requeueAfterMs, countEveryMs) };
  }

  /** Applied once a process, and again when a manifest of ours has changed. */
  async #grant(member: IOMember, decision: Decision, signal: AbortSignal): Promise<void> {
    const { name } = member.metadata;
    const manifests = accessManifests(
      { member: name, enrolment: member.spec.enrolment },
      decision.namespace,
    );
    const intent = JSON.stringify(manifests);
    if (this.#granted.get(name) === intent) return;
    for (const [resource, manifest] of [
      [namespaces, manifests.namespace],
      [clusterRoles, manifests.clusterRole],
      [clusterRoleBindings, manifests.clusterRoleBinding],
      [roles, manifests.role],
      [roleBindings, manifests.roleBinding],
    ] as const) {
      await this.#options.client.apply(resource, manifest, { manager, signal });
    }
    this.#granted.set(name, intent);
  }

  /** The bindings go; the namespace stays, since placements in it have still to be released. */
  async #revoke(name: string, signal: AbortSignal): Promise<void> {
    if (this.#granted.get(name) === revoked) return;
    const { client } = this.#options;
    const { roleBinding, clusterRoleBinding } = accessManifests(
      // Whoever is bound: the names are the same.
      { member: name, enrolment: 1 },
      memberNamespace(name),
    );
    const { metadata } = roleBinding;
    await client.delete(roleBindings, metadata.name, metadata.namespace, { signal });
    const cluster = clusterRoleBinding.metadata.name;
    await client.delete(clusterRoleBindings, cluster, undefined, { signal });
    this.#granted.set(name, revoked);
  }

  async #writeStatus(member: IOMember, decision: Decision, signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#options;
    const { name, generation } = member.metadata;
    const conditions = withConditions(
      member.status?.conditions,
      decision.conditions,
      generation,
      clock.now(),
    );
    const sameConditions = conditions === member.status?.conditions;
    const countedAgo = clock.monotonicMs() - (this.#countedAtMs.get(name) ?? -countEveryMs);
    if (sameConditions && countedAgo < countEveryMs) return;
    const status: IOMemberStatus = {
      observedGeneration: generation ?? 0,
      ...(member.spec.accepted ? { namespace: decision.namespace } : {}),
      conditions: [...conditions],
      capacity: [...decision.capacity],
      devices: decision.devices,
      versions: decision.versions,
    };
    this.#own.wrote(await this.#statuses.applyStatus(ioMemberResource, member, status, { signal }));
    this.#countedAtMs.set(name, clock.monotonicMs());
    for (const condition of conditions) {
      const previous = member.status?.conditions?.find(({ type }) => type === condition.type);
      if (condition.type === 'Schedulable' || previous?.status === condition.status) continue;
      const type = condition.status === 'True' ? 'Normal' : 'Warning';
      events.event(member, { type, reason: condition.reason, message: condition.message });
    }
  }
}

const clusterKind = (group: string, version: string, kind: string, plural: string): Resource => ({
  group,
  version,
  kind,
  plural,
  namespaced: false,
});
const rbac = 'rbac.authorization.k8s.io';
const namespaces = clusterKind('', 'v1', 'Namespace', 'namespaces');
const clusterRoles = clusterKind(rbac, 'v1', 'ClusterRole', 'clusterroles');
const clusterRoleBindings = clusterKind(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings');
const roles: Resource = { ...clusterKind(rbac, 'v1', 'Role', 'roles'), namespaced: true };
const roleBindings: Resource = {
  ...clusterKind(rbac, 'v1', 'RoleBinding', 'rolebindings'),
  namespaced: true,
};
