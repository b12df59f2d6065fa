import { ApiError } from './api-error.ts';
import { DecodeError, decodeObject } from './decode.ts';
import type { KubeObject } from './kube-object.ts';
import type { CallOptions } from './requester.ts';
import { type Resource, resourceName } from './resource.ts';

/** What to list. */
export type ListOptions = CallOptions & {
  /** All namespaces when undefined. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects in a page. */
  limit?: number | undefined;
  /** Token of the page before. */
  continue?: string | undefined;
  resourceVersion?: string | undefined;
};

/** One page. `failures` are objects that could not be decoded; the others are in `items`. */
export type ListPage<T extends KubeObject = KubeObject> = {
  items: T[];
  failures: DecodeError[];
  /** Of the whole list: a watch starts here. */
  resourceVersion: string;
  /** Token of the next page; undefined on the last. */
  continue?: string;
};

/** Decodes a list answer, item by item. Throws ApiError `Malformed` when it is not a list. */
export function parseListPage<T extends KubeObject>(
  resource: Resource<T>,
  raw: unknown,
): ListPage<T> {
  const list = raw as
    | { items?: unknown; metadata?: { resourceVersion?: unknown; continue?: unknown } }
    | null
    | undefined;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string' || !isItems(list?.items)) {
    throw new ApiError({
      status: 0,
      reason: 'Malformed',
      message: `list of ${resourceName(resource)}: expected items and metadata.resourceVersion`,
    });
  }
  const items: T[] = [];
  const failures: DecodeError[] = [];
  for (const item of list?.items ?? []) {
    try {
      items.push(decodeObject(resource, item));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      failures.push(error);
    }
  }
  const token = list?.metadata?.continue;
  return {
    items,
    failures,
    resourceVersion,
    ...(typeof token === 'string' && token !== '' ? { continue: token } : {}),
  };
}

function isItems(value: unknown): value is unknown[] | null | undefined {
  return Array.isArray(value) || value === null || value === undefined;
}
