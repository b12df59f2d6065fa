import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError } from './api-error.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  JsonPatchOperation,
  Manifest,
  PatchOptions,
  ServerVersion,
} from './api-options.ts';
import { decodeObject } from './decode.ts';
import { parseJson } from './json.ts';
import type { KubeObject } from './kube-object.ts';
import { type ListOptions, type ListPage, parseListPage } from './list-page.ts';
import { type CallOptions, Requester, type RequestRecord } from './requester.ts';
import { apiVersionOf, queryOf, type Resource, resourceName, resourcePath } from './resource.ts';
import { watchFrames, type WatchEvent, type WatchOptions } from './watch-frames.ts';

export type * from './api-options.ts';
export type { ListOptions, ListPage } from './list-page.ts';
export type { CallOptions, RequestRecord } from './requester.ts';
export type { WatchEvent, WatchOptions } from './watch-frames.ts';

/**
 * The Kubernetes API of one cluster. Every call has a time limit, at most `maxInFlight` run at
 * once, and every refusal is an ApiError. Idempotent calls repeat a bounded number of times when
 * the server asks for it by Retry-After, or when an idle connection turns out to be closed.
 * Objects come back decoded and without `metadata.managedFields`.
 */
export class ApiClient {
  readonly #requester: Requester;

  constructor(options: {
    kubeConfig: KubeConfig;
    /** Sent with every request, such as `io-operator/1.2.3 (hub)`. */
    userAgent: string;
    /** Requests at once, watches not counted; default 32. */
    maxInFlight?: number;
    /** For one attempt with its answer, in milliseconds; default 30,000. */
    timeoutMs?: number;
    /** The largest answer or watch frame in bytes; default 64 MiB. */
    maximumResponseBytes?: number;
    /** Called after every attempt, for metrics. */
    onRequest?: (record: RequestRecord) => void;
    clock?: Clock;
    random?: Random;
  }) {
    this.#requester = new Requester({
      kubeConfig: options.kubeConfig,
      userAgent: options.userAgent,
      maxInFlight: options.maxInFlight ?? 32,
      timeoutMs: options.timeoutMs ?? 30_000,
      maximumResponseBytes: options.maximumResponseBytes ?? 64 * 2 ** 20,
      onRequest: options.onRequest ?? (() => {}),
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
    });
  }

  /** Reads one object; undefined when it, or its kind, does not exist. */
  async get<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options: CallOptions = {},
  ): Promise<T | undefined> {
    try {
      const text = await this.#requester.text({
        method: 'GET',
        verb: 'get',
        resource: resourceName(resource),
        path: resourcePath(resource, { namespace, name }),
        idempotent: true,
        ...options,
      });
      return decodeObject(resource, parseJson(text));
    } catch (error) {
      if (error instanceof ApiError && error.isNotFound) return undefined;
      throw error;
    }
  }

  /** Reads one page. Without `limit` that is everything. */
  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
  ): Promise<ListPage<T>> {
    const { namespace, labelSelector, fieldSelector, limit, resourceVersion } = options;
    const query = queryOf({
      labelSelector,
      fieldSelector,
      limit,
      continue: options.continue,
      resourceVersion,
    });
    const text = await this.#requester.text({
      method: 'GET',
      verb: 'list',
      resource: resourceName(resource),
      path: resourcePath(resource, { namespace }) + query,
      idempotent: true,
      ...options,
    });
    return parseListPage(resource, parseJson(text));
  }

  /** Creates an object. Throws ApiError `AlreadyExists`. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: Manifest | T,
    options: CreateOptions = {},
  ): Promise<T> {
    const { namespace } = object.metadata;
    const path = resourcePath(resource, { namespace });
    const query = {
      fieldManager: options.manager,
      fieldValidation: options.strict === true ? 'Strict' : undefined,
      dryRun: options.dryRun === true ? 'All' : undefined,
    };
    return this.#write(resource, {
      method: 'POST',
      verb: 'create',
      path: path + queryOf(query),
      body: complete(resource, object),
      idempotent: false,
      options,
    });
  }

  /**
   * Asks a question that the server answers and does not keep, such as a SubjectAccessReview, and
   * returns its `status` as it came.
   */
  async review(resource: Resource, spec: object, options: CallOptions = {}): Promise<unknown> {
    const text = await this.#requester.text({
      method: 'POST',
      verb: 'create',
      resource: resourceName(resource),
      path: resourcePath(resource, {}),
      body: JSON.stringify({ apiVersion: apiVersionOf(resource), kind: resource.kind, spec }),
      contentType: 'application/json',
      // Asked twice, it is answered twice, and nothing is changed.
      idempotent: true,
      ...options,
    });
    const answer = parseJson(text);
    return typeof answer === 'object' && answer !== null && 'status' in answer
      ? answer.status
      : undefined;
  }

  /**
   * Asks for a token of a ServiceAccount, as `kubectl create token` does: its `token` and its
   * `expirationTimestamp`. The server may give it a shorter or longer life than was asked for.
   */
  async serviceAccountToken(
    name: string,
    namespace: string,
    expirationSeconds: number,
    options: CallOptions = {},
  ): Promise<{ token: string; expirationTimestamp: string }> {
    const text = await this.#requester.text({
      method: 'POST',
      verb: 'create',
      resource: 'serviceaccounts/token',
      path: resourcePath(serviceAccounts, { namespace, name, subresource: 'token' }),
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds },
      }),
      contentType: 'application/json',
      // Asked twice there are two tokens, of which one was never read by anybody.
      idempotent: true,
      ...options,
    });
    const { status } = parseJson(text) as { status?: Record<string, unknown> };
    const { token, expirationTimestamp } = status ?? {};
    if (typeof token !== 'string' || typeof expirationTimestamp !== 'string') {
      throw new Error(`the API server gave no token of ServiceAccount ${namespace}/${name}`);
    }
    return { token, expirationTimestamp };
  }

  /** Replaces an object; its resourceVersion is the precondition. Throws ApiError `Conflict`. */
  replace<T extends KubeObject>(
    resource: Resource<T>,
    object: Manifest | T,
    options: PatchOptions = {},
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.#write(resource, {
      method: 'PUT',
      verb: 'update',
      path: path + queryOf({ fieldManager: options.manager }),
      body: complete(resource, object),
      idempotent: false,
      options,
    });
  }

  /** Server-side apply. The object holds only what the manager owns. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Manifest | T,
    options: ApplyOptions,
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.#write(resource, {
      method: 'PATCH',
      verb: 'apply',
      path: path + queryOf({ fieldManager: options.manager, force: options.force ?? true }),
      body: complete(resource, object),
      contentType: 'application/apply-patch+yaml',
      idempotent: true,
      options,
    });
  }

  /** JSON merge patch (RFC 7386): null removes, lists are replaced whole. */
  mergePatch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string | undefined,
    patch: Record<string, unknown>,
    options: PatchOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.#write(resource, {
      method: 'PATCH',
      verb: 'patch',
      path: path + queryOf({ fieldManager: options.manager }),
      body: patch,
      contentType: 'application/merge-patch+json',
      idempotent: true,
      options,
    });
  }

  /** JSON patch (RFC 6902), for what a merge patch cannot say. */
  jsonPatch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string | undefined,
    operations: readonly JsonPatchOperation[],
    options: PatchOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.#write(resource, {
      method: 'PATCH',
      verb: 'patch',
      path: path + queryOf({ fieldManager: options.manager }),
      body: operations,
      contentType: 'application/json-patch+json',
      idempotent: false,
      options,
    });
  }

  /** Deletes an object; one that is gone already is no error. Throws on a failed precondition. */
  async delete(
    resource: Resource,
    name: string,
    namespace?: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, propagationPolicy } = options;
    try {
      await this.#requester.text({
        method: 'DELETE',
        verb: 'delete',
        resource: resourceName(resource),
        path: resourcePath(resource, { namespace, name }),
        body: JSON.stringify({ preconditions: { uid, resourceVersion }, propagationPolicy }),
        contentType: 'application/json',
        idempotent: true,
        ...options,
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
    }
  }

  /**
   * Follows a collection from `resourceVersion` on. Ends when the server ends it; throws ApiError
   * when the connection breaks, stays silent or carries nonsense. Leaving the loop closes it.
   */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const query = queryOf({
      watch: true,
      allowWatchBookmarks: true,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
    });
    const stream = await this.#requester.stream({
      resource: resourceName(resource),
      path: resourcePath(resource, { namespace: options.namespace }) + query,
      signal: options.signal,
      silenceMs: options.silenceMs,
    });
    try {
      yield* watchFrames(resource, stream.lines);
    } finally {
      stream.close();
    }
  }

  /** The API server's version, such as `v1.37.2`. */
  async serverVersion(options: CallOptions = {}): Promise<ServerVersion> {
    const text = await this.#requester.text({
      method: 'GET',
      verb: 'get',
      resource: 'version',
      path: '/version',
      idempotent: true,
      ...options,
    });
    return parseJson(text) as ServerVersion;
  }

  /** Ends every request and connection. Later calls throw. */
  close(): Promise<void> {
    return this.#requester.close();
  }

  async #write<T extends KubeObject>(
    resource: Resource<T>,
    request: {
      method: 'POST' | 'PUT' | 'PATCH';
      verb: string;
      path: string;
      body: unknown;
      contentType?: string;
      idempotent: boolean;
      options: CallOptions;
    },
  ): Promise<T> {
    const { options, body, ...rest } = request;
    const text = await this.#requester.text({
      contentType: 'application/json',
      ...rest,
      body: JSON.stringify(body),
      resource: resourceName(resource),
      ...options,
    });
    return decodeObject(resource, parseJson(text));
  }
}

const serviceAccounts: Resource = {
  ...{ group: '', version: 'v1', kind: 'ServiceAccount' },
  ...{ plural: 'serviceaccounts', namespaced: true },
};

function complete(resource: Resource, object: Manifest | KubeObject): object {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}
