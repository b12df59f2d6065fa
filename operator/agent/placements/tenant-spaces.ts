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

/** The namespaces of renters on a member: one each, restricted, gone when the last lease is. */
export class TenantSpaces {
  readonly #client: ApiClient;
  readonly #placements: Informer<IOPlacement>;
  readonly #queue: TenantQueue | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ensured = new Set<string>();

  constructor(options: {
    client: ApiClient;
    placements: Informer<IOPlacement>;
    /** Absent: RayClusters run at once. */
    queue?: TenantQueue | undefined;
    clock: Clock;
    logger: Logger;
  }) {
    this.#client = options.client;
    this.#placements = options.placements;
    this.#queue = options.queue;
    this.#clock = options.clock;
    this.#logger = options.logger;
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
    this.#ensured.add(tenant);
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
