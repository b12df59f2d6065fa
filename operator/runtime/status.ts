import type { ApiClient, Manifest } from './api-client.ts';
import { jsonEqual } from './json.ts';
import type { KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';

export { isConditionTrue, setCondition } from './conditions.ts';

/** A kind with a status subresource. */
export type WithStatus = KubeObject & { status?: unknown };

/**
 * Writes the whole status that `manager` owns by server-side apply on the status subresource, and
 * gives the object back. Writes nothing when `current` says the same already. When the object was
 * deleted meanwhile that is an ApiError `NotFound`.
 */
export async function applyStatus<T extends WithStatus>(
  client: Pick<ApiClient, 'apply'>,
  resource: Resource<T>,
  current: T,
  status: T['status'],
  options: { manager: string; signal?: AbortSignal | undefined },
): Promise<T> {
  if (jsonEqual(current.status, status)) return current;
  const { name, namespace, uid } = current.metadata;
  // The uid keeps an apply from creating, or writing into, another object of the same name.
  const manifest: Manifest = { metadata: { name, namespace, uid }, status };
  return client.apply(resource, manifest, {
    manager: options.manager,
    force: true,
    subresource: 'status',
    signal: options.signal,
  });
}

/** `applyStatus` for one manager. */
export class StatusWriter {
  readonly #client: Pick<ApiClient, 'apply'>;
  readonly #manager: string;

  constructor(options: { client: Pick<ApiClient, 'apply'>; manager: string }) {
    this.#client = options.client;
    this.#manager = options.manager;
  }

  /** Like the function, with this writer's client and manager. */
  applyStatus<T extends WithStatus>(
    resource: Resource<T>,
    current: T,
    status: T['status'],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const { signal } = options;
    return applyStatus(this.#client, resource, current, status, { manager: this.#manager, signal });
  }
}
