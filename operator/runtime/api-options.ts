import type { CallOptions } from './requester.ts';

/** An object to create, replace or apply: it need not repeat apiVersion and kind. */
export type Manifest = {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: { name: string; namespace?: string | undefined; [field: string]: unknown };
  [field: string]: unknown;
};

/** How to create. */
export type CreateOptions = CallOptions & {
  manager?: string | undefined;
  /** Refuses fields that the kind does not have, which are dropped otherwise. */
  strict?: boolean | undefined;
  /** Everything but the writing. */
  dryRun?: boolean | undefined;
};

/** How to apply. `force` takes fields from other managers; default true. */
export type ApplyOptions = CallOptions & {
  /** Field manager, such as `compute.io.net/io-cluster`. */
  manager: string;
  force?: boolean | undefined;
  subresource?: 'status' | undefined;
};

/** How to patch. */
export type PatchOptions = CallOptions & {
  manager?: string | undefined;
  subresource?: string | undefined;
};

/** How to delete: preconditions and what happens to dependents. */
export type DeleteOptions = CallOptions & {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
};

/** One step of RFC 6902. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

/** What an API server says of itself. */
export type ServerVersion = { gitVersion: string; major: string; minor: string; platform: string };
