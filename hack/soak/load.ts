import { type IOCluster, ioClusterResource } from '../../crds/schema/index.ts';
import { ApiError } from '../../operator/runtime/api-error.ts';
import { below, pick, type RandomSource } from '../../operator/testing/seeded-random.ts';
import type { World } from '../federation/world.ts';

const MOST_CLUSTERS = 12;
const MOST_REPLICAS = 3;
/** The namespaces of the renters; each has an IOAccount of that name. */
const RENTERS = ['renter-a', 'renter-b', 'renter-c'] as const;

/** Makes namespaces and accounts, and pays `amount` USDC into each. */
export async function createRenters(world: World, amount: string): Promise<void> {
  for (const renter of RENTERS) {
    await world.mustKubectl(['create', 'namespace', renter]);
    const account = {
      apiVersion: 'compute.io.net/v1alpha1',
      kind: 'IOAccount',
      metadata: { name: renter, namespace: renter },
      spec: { kind: 'Renter' },
    };
    await world.mustKubectl(['apply', '-f', '-'], JSON.stringify(account));
    await world.operator.money?.cli([
      'deposit',
      `--database-url-file=${world.operator.money.ownerUrlFile}`,
      `--account=${renter}/${renter}`,
      `--amount=${amount}`,
      `--reference=soak-${renter}`,
    ]);
  }
}

/** What renters do, one thing at a time: they apply, scale, suspend, resume and delete. */
export class Load {
  readonly #world: World;
  readonly #random: RandomSource;
  #made = 0;

  constructor(world: World, random: RandomSource) {
    this.#world = world;
    this.#random = random;
  }

  /** How many IOClusters were made so far. */
  get made(): number {
    return this.#made;
  }

  /** One step. What the API server refuses, such as scaling what is being deleted, is not done. */
  async step(): Promise<void> {
    const clusters = (await this.#clusters()).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const dice = this.#random();
    try {
      if (clusters.length < 3 || (dice < 0.35 && clusters.length < MOST_CLUSTERS)) {
        await this.#create();
      } else if (dice < 0.65) {
        await this.#scale(pick(this.#random, clusters));
      } else if (dice < 0.8) {
        const cluster = pick(this.#random, clusters);
        await this.#patch(cluster, { spec: { suspend: !cluster.spec.suspend } });
      } else {
        const { name, namespace } = pick(this.#random, clusters).metadata;
        await this.#world.hub.delete(ioClusterResource, name, namespace);
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.isTransient) throw error;
    }
  }

  /** Deletes all that is left. */
  async removeAll(): Promise<void> {
    for (const { metadata } of await this.#clusters()) {
      await this.#world.hub.delete(ioClusterResource, metadata.name, metadata.namespace);
    }
  }

  async #clusters(): Promise<readonly IOCluster[]> {
    return (await this.#world.hub.list(ioClusterResource)).items;
  }

  async #create(): Promise<void> {
    const renter = pick(this.#random, RENTERS);
    this.#made += 1;
    await this.#world.hub.create(ioClusterResource, {
      metadata: { name: `soak-${this.#made}`, namespace: renter },
      spec: {
        accountRef: { name: renter },
        ray: { version: '2.52.1' },
        workerGroups: [
          {
            name: 'gpu',
            replicas: 1 + below(this.#random, MOST_REPLICAS),
            devicesPerWorker: 1 + below(this.#random, 2),
          },
        ],
      },
    });
  }

  async #scale({ metadata, spec }: IOCluster): Promise<void> {
    const value = 1 + below(this.#random, MOST_REPLICAS);
    if (value === spec.workerGroups[0]?.replicas) return;
    await this.#world.hub.jsonPatch(ioClusterResource, metadata.name, metadata.namespace, [
      { op: 'replace', path: '/spec/workerGroups/0/replicas', value },
    ]);
  }

  async #patch({ metadata }: IOCluster, patch: Record<string, unknown>): Promise<void> {
    await this.#world.hub.mergePatch(ioClusterResource, metadata.name, metadata.namespace, patch);
  }
}
