import type { IOMember } from '../../../crds/schema/index.ts';
import { memberNamespace } from '../../domain/lease.ts';
import {
  invitationName,
  joinRequestName,
  renewalRequestName,
} from '../../domain/member/invitation.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Resource } from '../../runtime/resource.ts';
import { accessManifests } from './access.ts';

/** An API server has heard of a changed binding after this time, and lets nobody else's calls in. */
const bindingLagMs = 5_000;

const revoked = 'revoked';

type Granted = Readonly<{ intent: string; enrolment: number; sinceMs: number }>;

/** What exists on the hub for a member, as this process made it. */
export class MemberRights {
  readonly #client: ApiClient;
  readonly #manager: string;
  readonly #clock: Clock;
  /** What was applied for a member by this process, or that nothing is left of it. */
  readonly #granted = new Map<string, Granted | typeof revoked>();

  constructor(options: { client: ApiClient; manager: string; clock: Clock }) {
    this.#client = options.client;
    this.#manager = options.manager;
    this.#clock = options.clock;
  }

  /**
   * Applied once a process, and again when a manifest of ours has changed. The bindings name one
   * user, so raising the enrolment replaces the user that was let in before.
   */
  async grant({ metadata: { name }, spec }: IOMember, signal: AbortSignal): Promise<void> {
    const { enrolment } = spec;
    const manifests = accessManifests({ member: name, enrolment }, memberNamespace(name));
    const intent = JSON.stringify(manifests);
    const before = this.#granted.get(name);
    const known = before === revoked ? undefined : before;
    if (known?.intent === intent) return;
    for (const [resource, manifest] of [
      [namespaces, manifests.namespace],
      // A role first: without the right to bind, a binding to a role that is not there is refused.
      [clusterRoles, manifests.clusterRole],
      [clusterRoleBindings, manifests.clusterRoleBinding],
      [roles, manifests.role],
      [roleBindings, manifests.roleBinding],
    ] as const) {
      await this.#client.apply(resource, manifest, { manager: this.#manager, signal });
    }
    const sinceMs = known?.enrolment === enrolment ? known.sinceMs : this.#clock.monotonicMs();
    this.#granted.set(name, { intent, enrolment, sinceMs });
  }

  /** Whether only this enrolment of the member could write on the hub so many milliseconds ago. */
  wasAlone(member: string, enrolment: number, agoMs: number): boolean {
    const granted = this.#granted.get(member);
    if (granted === undefined || granted === revoked || granted.enrolment !== enrolment) {
      return false;
    }
    return this.#clock.monotonicMs() - agoMs >= granted.sinceMs + bindingLagMs;
  }

  /** The bindings go; the namespace stays, since placements in it have still to be released. */
  async revoke(name: string, signal: AbortSignal): Promise<void> {
    if (this.#granted.get(name) === revoked) return;
    const { roleBinding, clusterRoleBinding } = accessManifests(
      // Whoever is bound: the names are the same.
      { member: name, enrolment: 1 },
      memberNamespace(name),
    );
    const { metadata } = roleBinding;
    await this.#client.delete(roleBindings, metadata.name, metadata.namespace, { signal });
    const cluster = clusterRoleBinding.metadata.name;
    await this.#client.delete(clusterRoleBindings, cluster, undefined, { signal });
    this.#granted.set(name, revoked);
  }

  /** Deletes all that was made for a member, and says whether it is gone. May be called again. */
  async takeDown(member: IOMember, signal: AbortSignal): Promise<boolean> {
    const { name } = member.metadata;
    await this.revoke(name, signal);
    const namespace = memberNamespace(name);
    const left = await this.#client.get(namespaces, namespace, undefined, { signal });
    if (left === undefined) return true;
    if (left.metadata.deletionTimestamp !== undefined) return false;
    for (const request of requestsOf(member)) {
      await this.#client.delete(signingRequests, request, undefined, { signal });
    }
    // What an invitation consists of is owned by its role.
    for (const role of [
      invitationName(name),
      accessManifests({ member: name, enrolment: 1 }, namespace).clusterRole.metadata.name,
    ]) {
      await this.#client.delete(clusterRoles, role, undefined, { signal });
    }
    await this.#client.delete(namespaces, namespace, undefined, { signal });
    return false;
  }

  /** The member is gone: one of the same name that comes later is another. */
  forget(member: string): void {
    this.#granted.delete(member);
  }
}

/** The requests for certificates that a member may have left; the API server drops older ones. */
function requestsOf({ metadata: { name: member }, spec, status }: IOMember): ReadonlySet<string> {
  const enrolments = [spec.enrolment, status?.request?.enrolment, status?.credential?.enrolment];
  return new Set([
    renewalRequestName(member),
    ...enrolments.flatMap((enrolment) =>
      enrolment === undefined ? [] : [joinRequestName({ member, enrolment })],
    ),
  ]);
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
const signingRequests = clusterKind(
  ...(['certificates.k8s.io', 'v1', 'CertificateSigningRequest'] as const),
  'certificatesigningrequests',
);
