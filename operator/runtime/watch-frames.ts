import { ApiError, errorOfStatus } from './api-error.ts';
import { DecodeError, decodeObject } from './decode.ts';
import type { KubeObject } from './kube-object.ts';
import { type Resource, resourceName } from './resource.ts';

/** What to watch, from which version on. */
export type WatchOptions = {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion: string;
  /** The server ends the watch after this long. */
  timeoutSeconds: number;
  signal: AbortSignal;
  /** Without a byte for this long the watch throws ApiError `WatchSilent`; default 120,000. */
  silenceMs?: number | undefined;
};

/** One event. `UNDECODABLE` stands for an object whose kind's decoder refused it. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; resourceVersion: string }
  | { type: 'UNDECODABLE'; of: 'ADDED' | 'MODIFIED' | 'DELETED'; error: DecodeError }
  | { type: 'ERROR'; error: ApiError };

/** Decodes the lines of a watch. Throws ApiError `Malformed` on what is not a frame. */
export async function* watchFrames<T extends KubeObject>(
  resource: Resource<T>,
  lines: AsyncIterable<string>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  for await (const line of lines) yield parseFrame(resource, line);
}

/** One frame of a watch. Throws ApiError `Malformed`. */
export function parseFrame<T extends KubeObject>(
  resource: Resource<T>,
  line: string,
): WatchEvent<T> {
  const frame = parse(resource, line);
  const { type, object } = frame;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      try {
        return { type, object: decodeObject(resource, object) };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        return { type: 'UNDECODABLE', of: type, error };
      }
    case 'BOOKMARK': {
      const version = (object as KubeObject | undefined)?.metadata?.resourceVersion;
      if (version === undefined) throw malformed(resource, 'a bookmark without resourceVersion');
      return { type, resourceVersion: version };
    }
    case 'ERROR':
      return { type, error: errorOfStatus(object, `watch of ${resourceName(resource)}`) };
    default:
      throw malformed(resource, `an event of type ${String(type).slice(0, 32)}`);
  }
}

function parse(resource: Resource, line: string): { type?: unknown; object?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw malformed(resource, `${line.length} characters that are not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw malformed(resource, 'no object');
  return value;
}

function malformed(resource: Resource, what: string): ApiError {
  return new ApiError({
    status: 0,
    reason: 'Malformed',
    message: `watch of ${resourceName(resource)}: the server sent ${what}`,
  });
}
