import type { KubeObject, ObjectKey, ObjectMeta } from './kube-object.ts';
import { objectKey } from './kube-object.ts';
import { messageOf } from './logger.ts';
import { apiVersionOf, type Resource, resourceName } from './resource.ts';

/** An object that the API server sent and that is not what its kind should be. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  /** The object's key; empty when it has no name either. */
  readonly key: ObjectKey;
  readonly resourceVersion: string;

  constructor(message: string, key: ObjectKey, resourceVersion: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.key = key;
    this.resourceVersion = resourceVersion;
  }
}

const maximumReasonLength = 512;

/**
 * Turns what the API server sent into a `T`: drops `metadata.managedFields`, fills in apiVersion
 * and kind (items of a built-in list lack them) and runs the resource's decoder. The raw object
 * is changed, not copied. Throws DecodeError.
 */
export function decodeObject<T extends KubeObject>(resource: Resource<T>, raw: unknown): T {
  const what = resourceName(resource);
  if (typeof raw !== 'object' || raw === null) {
    throw new DecodeError(`${what}: expected an object, got ${typeof raw}`, '', '');
  }
  const object = raw as Record<string, unknown>;
  const metadata = object['metadata'] as (ObjectMeta & { managedFields?: unknown }) | undefined;
  if (typeof metadata?.name !== 'string') {
    throw new DecodeError(`${what}: metadata.name is missing`, '', '');
  }
  delete metadata.managedFields;
  object['apiVersion'] ??= apiVersionOf(resource);
  object['kind'] ??= resource.kind;
  if (resource.decode === undefined) return object as T;
  try {
    return resource.decode(object);
  } catch (error) {
    const key = objectKey(metadata.name, metadata.namespace);
    throw new DecodeError(
      `${what} ${key}: ${messageOf(error).slice(0, maximumReasonLength)}`,
      key,
      metadata.resourceVersion ?? '',
      error,
    );
  }
}
