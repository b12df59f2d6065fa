import type { KubeObject } from './kube-object.ts';

/** A kind as the API server serves it. `decode` checks and converts one raw object, or throws. */
export type Resource<T extends KubeObject = KubeObject> = {
  /** API group; empty for the core group. */
  group: string;
  version: string;
  kind: string;
  /** Lower-case plural, as in the URL. */
  plural: string;
  namespaced: boolean;
  decode?: (raw: unknown) => T;
};

/** `group/version`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `plural.group`, the name for metrics and logs; `plural` for the core group. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/**
 * The URL path of a collection or, with `name`, of one object.
 * Throws when a namespaced object is named without its namespace.
 */
export function resourcePath(
  resource: Resource,
  target: {
    namespace?: string | undefined;
    name?: string | undefined;
    subresource?: string | undefined;
  },
): string {
  const { namespace, name, subresource } = target;
  const root = resource.group === '' ? '/api' : `/apis/${resource.group}`;
  if (resource.namespaced && name !== undefined && (namespace ?? '') === '') {
    throw new Error(`${resource.kind} ${name}: a namespace is needed, ${resource.kind} has one`);
  }
  const parts = [`${root}/${resource.version}`];
  if (resource.namespaced && namespace !== undefined && namespace !== '') {
    parts.push('namespaces', encodeURIComponent(namespace));
  }
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** A query string with its question mark; empty without values. Empty values are left out. */
export function queryOf(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
