import {
  type IOCluster,
  ioClusterResource,
  type IODevice,
  ioDeviceResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import type { ApiClient } from '../../operator/runtime/api-client.ts';
import { clientOf, type Pod, podResource, type RayCluster, rayClusterResource } from './clients.ts';
import type { Federation } from './index.ts';
import { type KubectlResult, kubectl, mustKubectl } from './kubectl.ts';
import type { Operator } from './operator.ts';

const LEASE_LABEL = 'compute.io.net/lease';
const CLUSTER_UID_LABEL = 'compute.io.net/cluster-uid';

/** A RayCluster and the member that it was found on. */
export type OnMember<T> = { readonly member: string; readonly object: T };

/** A federation with the product on it, as an administrator of everything sees it. */
export class World {
  readonly federation: Federation;
  readonly operator: Operator;
  readonly hub: ApiClient;
  readonly #members: ReadonlyMap<string, ApiClient>;

  constructor(federation: Federation, operator: Operator) {
    this.federation = federation;
    this.operator = operator;
    this.hub = clientOf(federation.hub.adminKubeconfigPath);
    this.#members = new Map(
      federation.members.map(({ profile, controlPlane }) => [
        profile.name,
        clientOf(controlPlane.adminKubeconfigPath),
      ]),
    );
  }

  get memberNames(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** The client of a member; throws when there is no such member. */
  member(name: string): ApiClient {
    const client = this.#members.get(name);
    if (client !== undefined) return client;
    throw new Error(`no member ${name}, only ${this.memberNames.join(', ')}`);
  }

  /** kubectl on the hub; a refusal is a result. */
  kubectl(args: readonly string[], input?: string): Promise<KubectlResult> {
    return kubectl(this.federation.hub.adminKubeconfigPath, args, input);
  }

  /** kubectl on the hub; a refusal is an error. */
  mustKubectl(args: readonly string[], input?: string): Promise<string> {
    return mustKubectl(this.federation.hub.adminKubeconfigPath, args, input);
  }

  /** The IOCluster; undefined when there is none. */
  cluster(namespace: string, name: string): Promise<IOCluster | undefined> {
    return this.hub.get(ioClusterResource, name, namespace);
  }

  /** The placements of an IOCluster, by its uid; more than one would be a fault. */
  async placements(clusterUid: string): Promise<readonly IOPlacement[]> {
    const labelSelector = `${CLUSTER_UID_LABEL}=${clusterUid}`;
    return (await this.hub.list(ioPlacementResource, { labelSelector })).items;
  }

  async allPlacements(): Promise<readonly IOPlacement[]> {
    return (await this.hub.list(ioPlacementResource)).items;
  }

  async devices(): Promise<readonly IODevice[]> {
    return (await this.hub.list(ioDeviceResource)).items;
  }

  /** RayClusters of the product on all members, or those of one lease. */
  async rayClusters(lease?: string): Promise<readonly OnMember<RayCluster>[]> {
    return this.#onMembers(async (client) => {
      const labelSelector = lease === undefined ? LEASE_LABEL : `${LEASE_LABEL}=${lease}`;
      return (await client.list(rayClusterResource, { labelSelector })).items;
    });
  }

  /** Pods of the product on all members, or those of one lease. */
  async pods(lease?: string): Promise<readonly OnMember<Pod>[]> {
    return this.#onMembers(async (client) => {
      const labelSelector = lease === undefined ? LEASE_LABEL : `${LEASE_LABEL}=${lease}`;
      return (await client.list(podResource, { labelSelector })).items;
    });
  }

  /** Closes the clients; the clusters go on. */
  async close(): Promise<void> {
    await Promise.all([this.hub, ...this.#members.values()].map((client) => client.close()));
  }

  async #onMembers<T>(
    list: (client: ApiClient) => Promise<readonly T[]>,
  ): Promise<readonly OnMember<T>[]> {
    const found = await Promise.all(
      [...this.#members].map(async ([member, client]) =>
        (await list(client)).map((object) => ({ member, object })),
      ),
    );
    return found.flat();
  }
}
