import { type Condition, type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import {
  clusterManager,
  clusterProfile,
  type ProfileFacts,
  type ProfileProperty,
  propertyPrefix,
} from '../../domain/interop/cluster-profile.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { isNotFound } from '../../runtime/api-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { jsonDigest, jsonEqual } from '../../runtime/json.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { apiVersionOf, type Resource } from '../../runtime/resource.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { withConditions } from '../with-conditions.ts';

type ProfileStatus = {
  conditions?: readonly Condition[];
  version?: { kubernetes?: string };
  properties?: readonly ProfileProperty[];
};

/** multicluster.x-k8s.io/v1alpha1 ClusterProfile: only what this hub states of it. */
export type ClusterProfile = KubeObject & {
  spec?: { displayName?: string; clusterManager?: { name?: string } };
  status?: ProfileStatus;
};

export const clusterProfileResource: Resource<ClusterProfile> = {
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  namespaced: true,
};

const managerLabel = 'x-k8s.io/cluster-manager';
const specManager = 'compute.io.net/cluster-profile';
const statusManager = 'compute.io.net/cluster-profile-status';
/** What others changed in a profile is put right within twice this time. */
const recheckMs = 10 * 60_000;
/** How soon a hub notices that somebody has installed the kind, or made the namespace. */
const missingMs = 60_000;

export type ClusterProfileOptions = Readonly<{
  client: ApiClient;
  members: WatchedInformer<IOMember>;
  /** Where the profiles lie; somebody else makes it. */
  namespace: string;
  clock: Clock;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/**
 * Keeps one ClusterProfile for each accepted member, by its name, so that tools which know the
 * cluster inventory API see the federation. Keys are members. A profile of another cluster manager is left
 * alone. While the kind is not installed nothing is written, and the hub works on.
 */
export function clusterProfileController(options: ClusterProfileOptions): Controller {
  const reconciler = new Reconciler(options);
  return new Controller({
    name: 'cluster-profile',
    reconcile: (member, { signal, logger }) => reconciler.reconcile(member, signal, logger),
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: recheckMs,
  }).watch(options.members);
}

class Reconciler {
  readonly #options: ClusterProfileOptions;
  readonly #statuses: StatusWriter;
  /** What was found to stand, or written, last: a member changes with every lease. */
  readonly #stands = new Map<string, Readonly<{ digest: string; atMs: number }>>();
  #isMissing = false;

  constructor(options: ClusterProfileOptions) {
    this.#options = options;
    this.#statuses = new StatusWriter({ client: options.client, manager: statusManager });
  }

  async reconcile(name: string, signal: AbortSignal, logger: Logger): Promise<Result> {
    const member = this.#options.members.cache.get(name);
    const facts = member === undefined ? undefined : clusterProfile(member);
    const digest = jsonDigest([member?.metadata.uid, facts]);
    const atMs = this.#options.clock.monotonicMs();
    const last = this.#stands.get(name);
    if (last?.digest === digest && atMs - last.atMs < recheckMs) return undefined;
    const { client, namespace } = this.#options;
    const current = await client.get(clusterProfileResource, name, namespace, { signal });
    if (isForeign(current)) {
      logger.warn({}, 'the ClusterProfile of this name is another cluster manager’s');
      return undefined;
    }
    if (member === undefined || facts === undefined) await this.#remove(current, signal);
    else if (!(await this.#write(member, facts, current, signal))) {
      return { requeueAfterMs: missingMs };
    }
    if (member === undefined) this.#stands.delete(name);
    else this.#stands.set(name, { digest, atMs });
    return undefined;
  }

  async #remove(current: ClusterProfile | undefined, signal: AbortSignal): Promise<void> {
    if (current === undefined) return;
    const { name, namespace, uid } = current.metadata;
    await this.#options.client.delete(clusterProfileResource, name, namespace, { uid, signal });
  }

  /** False: there is nowhere to write to. */
  async #write(
    member: IOMember,
    facts: ProfileFacts,
    current: ClusterProfile | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const profile = await this.#writeSpec(member, facts, current, signal);
      await this.#writeStatus(profile, facts, signal);
      this.#isMissing = false;
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const { logger, namespace } = this.#options;
      if (!this.#isMissing) {
        const need = `the CRD ${clusterProfileResource.plural}.${clusterProfileResource.group}`;
        logger.warn(
          { namespace },
          `no ClusterProfile is written: ${need} or its namespace is missing`,
        );
      }
      this.#isMissing = true;
      return false;
    }
  }

  async #writeSpec(
    { metadata: { name, uid = '' } }: IOMember,
    { displayName }: ProfileFacts,
    current: ClusterProfile | undefined,
    signal: AbortSignal,
  ): Promise<ClusterProfile> {
    const { client, namespace } = this.#options;
    const spec = { displayName, clusterManager: { name: clusterManager } };
    const stands =
      jsonEqual(current?.spec, spec) &&
      current?.metadata.labels?.[managerLabel] === clusterManager &&
      current.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
    if (stands && current !== undefined) return current;
    const owner = { apiVersion: apiVersionOf(ioMemberResource), kind: ioMemberResource.kind };
    const metadata = {
      ...{ name, namespace, labels: { [managerLabel]: clusterManager } },
      // The garbage collector takes a profile whose member went while no hub ran.
      ownerReferences: [{ ...owner, name, uid }],
    };
    const manifest = { metadata, spec };
    return client.apply(clusterProfileResource, manifest, { manager: specManager, signal });
  }

  async #writeStatus(
    profile: ClusterProfile,
    { healthy, kubernetes, properties }: ProfileFacts,
    signal: AbortSignal,
  ): Promise<void> {
    const own = ownPart(profile.status ?? {});
    const { generation } = profile.metadata;
    const now = this.#options.clock.now();
    const status: ProfileStatus = {
      conditions: withConditions(own.conditions, [healthy], generation, now),
      ...(kubernetes === undefined ? {} : { version: { kubernetes } }),
      properties,
    };
    const seen = { ...profile, status: own };
    await this.#statuses.applyStatus(clusterProfileResource, seen, status, { signal });
  }
}

const isForeign = (current: ClusterProfile | undefined): boolean =>
  current !== undefined && current.spec?.clusterManager?.name !== clusterManager;

/** The rest of the status, such as how to reach the cluster, is what others add. */
function ownPart({ conditions = [], version, properties = [] }: ProfileStatus): ProfileStatus {
  return {
    conditions: conditions.filter(({ type }) => type === 'ControlPlaneHealthy'),
    ...(version?.kubernetes === undefined ? {} : { version: { kubernetes: version.kubernetes } }),
    properties: properties
      .filter(({ name }) => name.startsWith(propertyPrefix))
      .map(({ name, value }) => ({ name, value })),
  };
}
