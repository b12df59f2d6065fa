import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { type ManifestText, readManifests } from './manifest.ts';

const FIELD_MANAGER = 'io-operator-hack';
const APPLY_CONTENT_TYPE = 'application/apply-patch+yaml';
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS = 8;
const POLL_MS = 50;

/** Any Kubernetes object, as far as applying it needs to know. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
};

export type ApiResponse = { readonly status: number; readonly body: Record<string, unknown> };
type Discovered = { readonly name: string; readonly kind: string; readonly namespaced: boolean };

/**
 * The few requests that setting up a cluster needs, on one kubeconfig with a client certificate.
 * It is no substitute for operator/runtime: no watch, no retry.
 */
export class KubeApi {
  readonly server: string;
  readonly #agent: Agent;
  readonly #discovered = new Map<string, Promise<readonly Discovered[]>>();

  /** `connections`: requests at once; more wait. */
  constructor(kubeconfigPath: string, connections: number = CONNECTIONS) {
    const config = parse(readFileSync(kubeconfigPath, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }];
      users: [{ user: Record<string, string> }];
    };
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    this.server = cluster['server'] ?? '';
    this.#agent = new Agent({
      connections,
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
      connect: {
        ca: decode(cluster['certificate-authority-data']),
        cert: decode(user['client-certificate-data']),
        key: decode(user['client-key-data']),
      },
    });
  }

  /** Sends one request; a status of 400 or more is not an error here. */
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<ApiResponse> {
    return this.#request(
      method,
      path,
      body === undefined ? null : JSON.stringify(body),
      contentType,
    );
  }

  /** The object at a path; undefined when there is none. Throws on any other refusal. */
  async get(path: string): Promise<Record<string, unknown> | undefined> {
    const response = await this.send('GET', path);
    if (response.status === 404) return undefined;
    return expectSuccess(response, `GET ${path}`);
  }

  /** Creates or updates an object by server-side apply. */
  async apply(manifest: Manifest): Promise<void> {
    await this.#apply(manifest, JSON.stringify(manifest));
  }

  /** Whether the API server would take an object; throws with what it has against it. */
  async tryApply(manifest: Manifest): Promise<void> {
    const path = await this.pathOf(manifest);
    const query = `?fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Strict&dryRun=All`;
    const text = JSON.stringify(manifest);
    const response = await this.#request('PATCH', path + query, text, APPLY_CONTENT_TYPE);
    expectSuccess(response, `${manifest.kind} ${manifest.metadata.name}`);
  }

  /** Applies all documents of YAML files, in order; CRDs are Established before it returns. */
  async applyFiles(paths: readonly string[]): Promise<void> {
    const manifests = paths.flatMap(readManifests);
    for (const manifest of manifests) await this.#apply(manifest, manifest.text);
    const crds = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
    for (const crd of crds) await this.#waitEstablished(crd.metadata.name);
  }

  /** The path of an object, found by discovery. */
  async pathOf(manifest: Manifest | ManifestText): Promise<string> {
    const { apiVersion, kind, metadata } = manifest;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let resources = this.#discovered.get(root);
    if (resources === undefined) {
      resources = this.#discover(root);
      this.#discovered.set(root, resources);
    }
    const resource = (await resources).find((candidate) => candidate.kind === kind);
    if (resource === undefined) {
      this.#discovered.delete(root);
      throw new Error(`${this.server} knows no kind ${kind} in ${apiVersion}`);
    }
    const namespace = metadata.namespace ?? 'default';
    const scope = resource.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}${scope}/${resource.name}/${metadata.name}`;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #apply(manifest: Manifest | ManifestText, text: string): Promise<void> {
    const path = await this.pathOf(manifest);
    const query = `?fieldManager=${FIELD_MANAGER}&force=true`;
    const response = await this.#request('PATCH', path + query, text, APPLY_CONTENT_TYPE);
    expectSuccess(response, `apply ${manifest.kind} ${manifest.metadata.name}`);
  }

  async #request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: string | null,
    contentType: string,
  ): Promise<ApiResponse> {
    const response = await request(`${this.server}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { accept: 'application/json', 'content-type': contentType },
      body,
    });
    return { status: response.statusCode, body: parseBody(await response.body.text()) };
  }

  async #discover(root: string): Promise<readonly Discovered[]> {
    const list = (await this.get(root)) as { resources?: readonly Discovered[] } | undefined;
    return (list?.resources ?? []).filter(({ name }) => !name.includes('/'));
  }

  async #waitEstablished(name: string): Promise<void> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    const deadline = performance.now() + REQUEST_TIMEOUT_MS;
    for (;;) {
      const crd = (await this.get(path)) as
        | { status?: { conditions?: readonly { type: string; status: string; message: string }[] } }
        | undefined;
      const conditions = crd?.status?.conditions ?? [];
      if (conditions.some(({ type, status }) => type === 'Established' && status === 'True'))
        return;
      if (performance.now() > deadline) {
        const messages = conditions.map(({ type, message }) => `${type}: ${message}`).join('; ');
        throw new Error(`CRD ${name} is not Established: ${messages}`);
      }
      await delay(POLL_MS);
    }
  }
}

/** The body of a successful response; otherwise an error with the server's own message. */
export function expectSuccess(response: ApiResponse, what: string): Record<string, unknown> {
  if (response.status < 400) return response.body;
  const { message } = response.body;
  const text = typeof message === 'string' ? message : JSON.stringify(response.body);
  throw new Error(`${what}: ${response.status} ${text}`);
}

function parseBody(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { message: text };
  }
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
