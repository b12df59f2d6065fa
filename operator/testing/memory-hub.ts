import {
  type IOCluster,
  ioClusterResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import type { ApiClient, Manifest } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { IndexFunction } from '../runtime/cache.ts';
import { decodeObject } from '../runtime/decode.ts';
import { jsonEqual } from '../runtime/json.ts';
import { keyOf, type KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';
import { FakeInformer } from './fake-informer.ts';

type Stored = KubeObject & { spec?: unknown; status?: unknown };

/** What one process of the hub watches. */
type Watching = Readonly<{
  clusters: FakeInformer<IOCluster>;
  placements: FakeInformer<IOPlacement>;
}>;

/**
 * IOClusters and IOPlacements as an API server keeps them, as far as the controllers of the hub can
 * tell: server-side apply of a whole spec or status, finalizers, deletion, versions and generations.
 */
export class MemoryHub {
  readonly #objects = new Map<string, Stored>();
  readonly #nowIso: () => string;
  #version = 0;
  #uids = 0;
  #watching: readonly Watching[] = [];

  constructor(nowIso: () => string) {
    this.#nowIso = nowIso;
  }

  /** Processes that run until now hear nothing any more. */
  disconnect(): void {
    this.#watching = [];
  }

  /** Informers of a process that starts now. */
  informers(indexes: {
    clusters: Readonly<Record<string, IndexFunction<IOCluster>>>;
    placements: Readonly<Record<string, IndexFunction<IOPlacement>>>;
  }): Watching {
    const clusters = new FakeInformer(ioClusterResource, indexes.clusters);
    const placements = new FakeInformer(ioPlacementResource, indexes.placements);
    for (const cluster of this.clusters()) clusters.put(cluster);
    for (const placement of this.placements()) placements.put(placement);
    const watching = { clusters, placements };
    this.#watching = [...this.#watching, watching];
    return watching;
  }

  clusters(): readonly IOCluster[] {
    return this.#all(ioClusterResource);
  }

  placements(): readonly IOPlacement[] {
    return this.#all(ioPlacementResource);
  }

  /** An object as it is stored now. */
  read<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string,
  ): T | undefined {
    const found = this.#objects.get(idOf(resource, { name, namespace }));
    return found === undefined ? undefined : decoded(resource, found);
  }

  /** What the controllers call. */
  readonly client: Pick<ApiClient, 'apply' | 'mergePatch' | 'delete' | 'get'> = {
    get: async (resource, name, namespace = '') => this.read(resource, name, namespace),
    apply: async (resource, object, { subresource }) =>
      subresource === 'status' ? this.setStatus(resource, object) : this.put(resource, object),
    mergePatch: async (resource, name, namespace, patch) => {
      const before = this.#stored(resource, { name, namespace });
      const metadata = {
        ...before.metadata,
        ...(patch['metadata'] as Partial<Stored['metadata']>),
      };
      if (metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw new ApiError({ status: 409, reason: 'Conflict', message: `${name} has changed` });
      }
      return this.#store(resource, { ...before, metadata });
    },
    delete: async (resource, name, namespace = '') => this.delete(resource, name, namespace),
  };

  /** Creates an object, or replaces its spec. */
  put<T extends KubeObject>(resource: Resource<T>, object: Manifest | T): T {
    const before = this.#objects.get(idOf(resource, object.metadata));
    const spec = 'spec' in object ? object.spec : undefined;
    const generation = before?.metadata.generation ?? 0;
    this.#uids += 1;
    return this.#store(resource, {
      ...before,
      apiVersion: `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: {
        uid: `uid-${this.#uids}`,
        creationTimestamp: this.#nowIso(),
        ...before?.metadata,
        ...object.metadata,
        generation: jsonEqual(before?.spec, spec) ? generation : generation + 1,
      },
      spec,
    });
  }

  setStatus<T extends KubeObject>(resource: Resource<T>, object: Manifest | T): T {
    const before = this.#stored(resource, object.metadata);
    return this.#store(resource, {
      ...before,
      status: 'status' in object ? object.status : undefined,
    });
  }

  /** Marks an object as deleted; it goes with its last finalizer. */
  delete(resource: Resource, name: string, namespace: string): void {
    const before = this.#objects.get(idOf(resource, { name, namespace }));
    if (before === undefined || before.metadata.deletionTimestamp !== undefined) return;
    const metadata = { ...before.metadata, deletionTimestamp: this.#nowIso() };
    this.#store(resource, { ...before, metadata });
  }

  /** What the agent does once nothing runs any more. */
  removeFinalizers(placement: IOPlacement): void {
    const before = this.#stored(ioPlacementResource, placement.metadata);
    this.#store(ioPlacementResource, {
      ...before,
      metadata: { ...before.metadata, finalizers: [] },
    });
  }

  #stored(resource: Resource, named: { name: string; namespace?: string | undefined }): Stored {
    const found = this.#objects.get(idOf(resource, named));
    if (found !== undefined) return found;
    throw new ApiError({
      status: 404,
      reason: 'NotFound',
      message: `no ${resource.kind} ${named.name}`,
    });
  }

  #store<T extends KubeObject>(resource: Resource<T>, object: Stored): T {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata };
    const { deletionTimestamp, finalizers = [] } = metadata;
    const isGone = deletionTimestamp !== undefined && finalizers.length === 0;
    if (isGone) this.#objects.delete(idOf(resource, metadata));
    else this.#objects.set(idOf(resource, metadata), stored);
    for (const { clusters, placements } of this.#watching) {
      if (resource.kind === 'IOCluster') report(clusters, ioClusterResource, stored, isGone);
      if (resource.kind === 'IOPlacement') report(placements, ioPlacementResource, stored, isGone);
    }
    return decoded(resource, stored);
  }

  #all<T extends KubeObject>(resource: Resource<T>): readonly T[] {
    return [...this.#objects.values()]
      .filter(({ kind }) => kind === resource.kind)
      .map((stored) => decoded(resource, stored));
  }
}

function report<T extends KubeObject>(
  informer: FakeInformer<T>,
  resource: Resource<T>,
  stored: Stored,
  isGone: boolean,
): void {
  if (isGone) informer.drop(decoded(resource, stored));
  else informer.put(decoded(resource, stored));
}

const idOf = (
  { kind }: Resource,
  named: { name: string; namespace?: string | undefined },
): string => `${kind} ${keyOf({ metadata: named })}`;

function decoded<T extends KubeObject>(resource: Resource<T>, stored: Stored): T {
  return decodeObject(resource, structuredClone(stored));
}
