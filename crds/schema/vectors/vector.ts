import { computeApiVersion } from '../group.ts';

/** A manifest as somebody wrote it, right or wrong. */
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
};

/** A manifest that both the API server and zod take. */
export type GoodVector = Readonly<{ name: string; object: Manifest }>;

/**
 * A manifest that cannot be right. The API server refuses it at `path`, and for nothing else, with
 * text that contains `message`. zod refuses it at the same path; with the same text when `by` is
 * `rule`, since then both sides have the rule from one place. `api` is what zod cannot see.
 */
export type BadVector = Readonly<{
  name: string;
  object: Manifest;
  path: string;
  message: string;
  by: 'rule' | 'schema' | 'api';
}>;

/**
 * A change of a stored object: `from` is created, its status set, then `spec` or `status` is merged
 * into it. With `message` the API server refuses it at `path`; without, it takes it.
 */
export type TransitionVector = Readonly<{
  name: string;
  from: Manifest;
  status?: object;
  change: Readonly<{ spec?: object; status?: object }>;
  refused?: Readonly<{ path: string; message: string }>;
}>;

/** A manifest of a kind. */
export const manifest = (kind: string, name: string, spec: unknown): Manifest => ({
  apiVersion: computeApiVersion,
  kind,
  metadata: { name },
  spec,
});

/** Splits `path: message` of a table; the path ends at the first colon. */
function bad(by: BadVector['by']) {
  return (name: string, object: Manifest, refusal: string): BadVector => {
    const [path = ''] = refusal.split(': ', 1);
    return { name, object, path, message: refusal.slice(path.length + 2), by };
  };
}

export const byRule = bad('rule');

export const bySchema = bad('schema');

export const byApi = bad('api');
