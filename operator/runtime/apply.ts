import type { ApiClient, Manifest } from './api-client.ts';
import { jsonDigest } from './json.ts';
import { type KubeObject, keyOf } from './kube-object.ts';
import { type Resource, resourceName } from './resource.ts';

/**
 * Server-side apply that remembers what it applied: as long as the object's resourceVersion and
 * the intent are the same as after the last apply, nothing is sent. One field manager each.
 */
export class Applier {
  readonly #client: Pick<ApiClient, 'apply'>;
  readonly #manager: string;
  readonly #maximumEntries: number;
  readonly #applied = new Map<string, { resourceVersion: string; digest: string }>();

  constructor(options: {
    client: Pick<ApiClient, 'apply'>;
    manager: string;
    /** Objects to remember; the one unused for longest is forgotten first. Default 20,000. */
    maximumEntries?: number;
  }) {
    this.#client = options.client;
    this.#manager = options.manager;
    this.#maximumEntries = options.maximumEntries ?? 20_000;
  }

  /**
   * Applies `intent`, which holds only owned fields, and gives the object back. `current` is the
   * object as a cache knows it; without it the apply is always sent. `force` (default true) takes
   * fields from other managers, else a field of another manager is an ApiError `Conflict`.
   */
  async apply<T extends KubeObject>(
    resource: Resource<T>,
    intent: Manifest,
    options: {
      current?: T | undefined;
      force?: boolean | undefined;
      subresource?: 'status' | undefined;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<T> {
    const { current, force, subresource, signal } = options;
    const key = `${resourceName(resource)}/${subresource ?? ''}/${keyOf(intent)}`;
    const digest = jsonDigest(intent);
    const last = this.#applied.get(key);
    if (
      current !== undefined &&
      last?.digest === digest &&
      last.resourceVersion === current.metadata.resourceVersion
    ) {
      return current;
    }
    this.#applied.delete(key);
    const applied = await this.#client.apply(resource, intent, {
      manager: this.#manager,
      force,
      subresource,
      signal,
    });
    this.#remember(key, { resourceVersion: applied.metadata.resourceVersion ?? '', digest });
    return applied;
  }

  /** The object is gone: what was applied to it says nothing about its successor. */
  forget(resource: Resource, object: Manifest | KubeObject): void {
    for (const subresource of ['', 'status']) {
      this.#applied.delete(`${resourceName(resource)}/${subresource}/${keyOf(object)}`);
    }
  }

  #remember(key: string, entry: { resourceVersion: string; digest: string }): void {
    this.#applied.set(key, entry);
    for (const oldest of this.#applied.keys()) {
      if (this.#applied.size <= this.#maximumEntries) break;
      this.#applied.delete(oldest);
    }
  }
}
