import type { ApiClient, PatchOptions } from './api-client.ts';
import { isNotFound } from './api-error.ts';
import type { KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';

/** Whether the object carries the finalizer. */
export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/**
 * Adds the finalizer, unless it is there, and gives the object back as it then is. Only for the
 * version of the object that was read: throws ApiError `Conflict` when it has changed since, and
 * the caller is then run again on the newer one.
 */
export async function ensureFinalizer<T extends KubeObject>(
  client: Pick<ApiClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizer: string,
  options: PatchOptions = {},
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return patchFinalizers(client, resource, object, finalizers, options);
}

/**
 * Takes the finalizer away, unless it is gone. Returns undefined when the object is gone as well.
 * Throws ApiError `Conflict` when the object has changed since it was read.
 */
export async function releaseFinalizer<T extends KubeObject>(
  client: Pick<ApiClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizer: string,
  options: PatchOptions = {},
): Promise<T | undefined> {
  if (!hasFinalizer(object, finalizer)) return object;
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  try {
    return await patchFinalizers(client, resource, object, finalizers, options);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function patchFinalizers<T extends KubeObject>(
  client: Pick<ApiClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizers: readonly string[],
  options: PatchOptions,
): Promise<T> {
  const { name, namespace, resourceVersion, uid } = object.metadata;
  // A merge patch replaces the whole list, so another's finalizer would be lost or come back
  // without the precondition.
  const patch = { metadata: { finalizers, resourceVersion, uid } };
  return client.mergePatch(resource, name, namespace, patch, options);
}
