import type { IOPlacement } from '../../../crds/schema/index.ts';
import { tenantNamespace } from '../../domain/lease.ts';
import {
  managedByLabels,
  rayServiceAccount,
  tenantLabel,
} from '../../domain/raycluster/manifest.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';

const manager = 'compute.io.net/agent-tenants';

/** An unused namespace is kept through one whole sweep: a renter often comes back at once. */
const sweepEveryMs = 60_000;

const namespaces: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
const serviceAccounts: Resource = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

/** What makes the queue of a namespace. */
type TenantQueue = Readonly<{ ensure: (namespace: string, signal: AbortSignal) => Promise<void> }>;
const roleBindings: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
};
const selfReviews: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};

/** A ClusterRole that the data centre's administrator made: what the agent may do there, and only there. */
const tenantRole = 'io-agent-tenant';

/** The namespaces of renters on a member: one each, restricted, gone when the last lease is. */
export class TenantSpaces {
  readonly #client: ApiClient;
  readonly #placements: Informer<IOPlacement>;
  readonly #queue: TenantQueue | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #readsTokens: boolean;
  readonly #ensured = new Set<string>();
  #user: string | undefined;

  constructor(options: {
    client: ApiClient;
    placements: Informer<IOPlacement>;
    /** Absent: RayClusters run at once. */
    queue?: TenantQueue | undefined;
    /** Whether the agent lets itself read the tokens of the Ray clusters there. */
    readsTokens: boolean;
    clock: Clock;
    logger: Logger;
  }) {
    this.#client = options.client;
    this.#placements = options.placements;
    this.#queue = options.queue;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#readsTokens = options.readsTokens;
  }

  /** Makes the namespace, its service account and its place in the queue; once, until `forget`. */
  async ensure(tenant: string, signal: AbortSignal): Promise<void> {
    if (this.#ensured.has(tenant)) return;
    const name = tenantNamespace(tenant);
    const labels = { ...managedByLabels, [tenantLabel]: tenant };
    const restricted = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'latest',
    };
    await this.#client.apply(
      namespaces,
      { metadata: { name, labels: { ...labels, ...restricted } } },
      { manager, signal },
    );
    await this.#client.apply(
      serviceAccounts,
      {
        metadata: { name: rayServiceAccount, namespace: name, labels },
        automountServiceAccountToken: false,
      },
      { manager, signal },
    );
    await this.#queue?.ensure(name, signal);
    if (await this.#mayReadTokens(name, labels, signal)) this.#ensured.add(tenant);
  }

  /** A cluster runs without it too; then its renter has no way to its dashboard. */
  async #mayReadTokens(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!this.#readsTokens) return true;
    try {
      this.#user ??= userIn(await this.#client.review(selfReviews, {}, { signal }));
      await this.#client.apply(
        roleBindings,
        {
          metadata: { name: tenantRole, namespace, labels },
          roleRef: { apiGroup: roleBindings.group, kind: 'ClusterRole', name: tenantRole },
          subjects: [{ apiGroup: roleBindings.group, kind: 'User', name: this.#user }],
        },
        { manager, signal },
      );
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const text = 'the agent may not read the tokens of Ray clusters; apply the chart’s roles';
      this.#logger.warn({ namespace, ...errorFields(error) }, text);
      return false;
    }
  }

  /** The namespace may be gone: the next `ensure` makes it again. */
  forget(tenant: string): void {
    this.#ensured.delete(tenant);
  }

  /** Until aborted: deletes namespaces that no placement has used for a whole sweep. */
  async sweep(signal: AbortSignal): Promise<void> {
    let unused = new Set<string>();
    for (;;) {
      await sleep(this.#clock, sweepEveryMs, signal);
      if (signal.aborted) return;
      try {
        unused = await this.#sweepOnce(unused, signal);
      } catch (error) {
        // The member's API server may be away; nothing is lost by a sweep that comes later.
        if (!signal.aborted) this.#logger.warn(errorFields(error), 'namespaces were not swept');
      }
    }
  }

  async #sweepOnce(before: ReadonlySet<string>, signal: AbortSignal): Promise<Set<string>> {
    const labelSelector = `app.kubernetes.io/managed-by=io-operator,${tenantLabel}`;
    const { items } = await this.#client.list(namespaces, { labelSelector });
    const used = new Set(this.#placements.cache.list().map(({ spec }) => spec.tenant));
    const unused = new Set<string>();
    for (const namespace of items) {
      const tenant = namespace.metadata.labels?.[tenantLabel] ?? '';
      if (used.has(tenant) || namespace.metadata.deletionTimestamp !== undefined) continue;
      if (before.has(tenant)) await this.#delete(namespace, tenant, signal);
      else unused.add(tenant);
    }
    return unused;
  }

  async #delete(namespace: KubeObject, tenant: string, signal: AbortSignal): Promise<void> {
    this.forget(tenant);
    const { name, uid } = namespace.metadata;
    await this.#client.delete(namespaces, name, undefined, { uid, signal });
  }
}

/** Who the agent is here, as its own API server says: an account of a pod, or a user. */
function userIn(status: unknown): string {
  const { userInfo } = (status ?? {}) as { userInfo?: { username?: unknown } };
  const username = userInfo?.username;
  if (typeof username === 'string' && username !== '') return username;
  throw new Error('the API server does not say who the agent is');
}
