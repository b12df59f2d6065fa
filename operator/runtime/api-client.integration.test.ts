import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { issueCertificate } from '../../hack/federation/certificate.ts';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { FaultProxy } from '../testing/fault-proxy.ts';
import { SkippingClock } from '../testing/manual-clock.ts';
import { ApiClient, type RequestRecord } from './api-client.ts';
import { loadKubeConfig } from './kube-config.ts';
import type { KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };
const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const namespaces: Resource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

const cluster = testCluster();
const clients: ApiClient[] = [];
const folder = mkdtempSync(join(tmpdir(), 'io-operator-test-'));
let proxy: FaultProxy;
let namespace: string;

type ClientOptions = ConstructorParameters<typeof ApiClient>[0];
function newClient(options: Partial<ClientOptions> = {}): ApiClient {
  const kubeConfig = proxy.kubeConfig;
  const client = new ApiClient({ kubeConfig, userAgent: 'test/1', random: () => 0, ...options });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  proxy = await FaultProxy.start(cluster.kubeConfig);
  namespace = await cluster.uniqueNamespace('client');
});
afterEach(() => {
  proxy.heal();
  proxy.seen.length = 0;
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await proxy.close();
  rmSync(folder, { recursive: true });
});

describe('reading and writing', () => {
  test('create, get, patch, apply, replace and delete', async () => {
    const client = newClient();
    const metadata = { name: 'verbs', namespace };
    const created = await client.create(configMaps, { metadata, data: { a: '1' } });
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    expect(created.metadata).not.toHaveProperty('managedFields');
    await client.mergePatch(configMaps, 'verbs', namespace, { data: { b: '2' } });
    await client.jsonPatch(configMaps, 'verbs', namespace, [
      { op: 'test', path: '/data/b', value: '2' },
      { op: 'remove', path: '/data/a' },
    ]);
    await client.apply(configMaps, { metadata, data: { c: '3' } }, { manager: 'x' });
    const now = await client.get(configMaps, 'verbs', namespace);
    expect(now?.data).toEqual({ b: '2', c: '3' });
    await expect(client.replace(configMaps, created)).rejects.toMatchObject({ isConflict: true });
    await client.delete(configMaps, 'verbs', namespace);
    await client.delete(configMaps, 'verbs', namespace);
    expect(await client.get(configMaps, 'verbs', namespace)).toBeUndefined();
  });

  test('an apply without force is refused a field of another manager', async () => {
    const client = newClient();
    const metadata = { name: 'owned', namespace };
    await client.apply(configMaps, { metadata, data: { a: '1' } }, { manager: 'one' });
    const second = { metadata, data: { a: '2' } };
    await expect(
      client.apply(configMaps, second, { manager: 'two', force: false }),
    ).rejects.toMatchObject({ isConflict: true, message: expect.stringContaining('"one"') });
    const forced = await client.apply(configMaps, second, { manager: 'two' });
    expect(forced.data).toEqual({ a: '2' });
  });

  test('delete refuses another object of the same name', async () => {
    const client = newClient();
    await client.create(configMaps, { metadata: { name: 'other', namespace } });
    await expect(
      client.delete(configMaps, 'other', namespace, { uid: 'not-its-uid' }),
    ).rejects.toMatchObject({ isConflict: true });
  });

  test('what the API server refuses says why, and not what was sent', async () => {
    const client = newClient();
    const secret = { metadata: { name: 'Bad Name', namespace }, data: { password: 'hunter2' } };
    const error: unknown = await client.create(configMaps, secret).catch((each: unknown) => each);
    expect(error).toMatchObject({ isInvalid: true, details: { kind: 'ConfigMap' } });
    expect(String(error)).toContain('metadata.name');
    expect(String(error)).not.toContain('hunter2');
  });

  test('the version of the server', async () => {
    expect((await newClient().serverVersion()).gitVersion).toMatch(/^v1\.\d+\.\d+/);
  });
});

describe('trouble', () => {
  const any = (): boolean => true;

  test('429 and 503 with Retry-After are waited for, and counted', async () => {
    const records: RequestRecord[] = [];
    const client = newClient({ onRequest: (record) => records.push(record) });
    proxy.inject({ kind: 'answer', status: 429, retryAfterSeconds: 0 });
    proxy.inject({ kind: 'answer', status: 503, retryAfterSeconds: 0 });
    expect(await client.get(namespaces, namespace)).toBeDefined();
    expect(records.map(({ verb, resource, status }) => [verb, resource, status])).toEqual([
      ['get', 'namespaces', 429],
      ['get', 'namespaces', 503],
      ['get', 'namespaces', 200],
    ]);
  });

  test('a bounded number of times', async () => {
    proxy.inject({ kind: 'answer', status: 429, retryAfterSeconds: 0 }, any, 100);
    await expect(newClient().get(namespaces, namespace)).rejects.toMatchObject({ status: 429 });
    expect(proxy.seen).toHaveLength(5);
  });

  test('a create is never sent twice', async () => {
    proxy.inject({ kind: 'answer', status: 503, retryAfterSeconds: 0 });
    const object = { metadata: { name: 'once', namespace } };
    await expect(newClient().create(configMaps, object)).rejects.toMatchObject({ status: 503 });
    expect(proxy.seen).toHaveLength(1);
  });

  test('a connection that was closed while idle is not an error', async () => {
    const client = newClient();
    await client.get(namespaces, namespace);
    proxy.inject({ kind: 'drop' });
    expect(await client.get(namespaces, namespace)).toBeDefined();
  });

  test('a server that does not answer is given up', async () => {
    proxy.inject({ kind: 'stall', afterBytes: 10 });
    const client = newClient({ timeoutMs: 200 });
    await expect(client.list(configMaps, { namespace })).rejects.toMatchObject({
      status: 0,
      reason: 'Timeout',
      message: 'no answer within 200 ms',
    });
  });

  test('a caller that does not want it any more ends the request', async () => {
    proxy.inject({ kind: 'stall', afterBytes: 0 });
    const abort = new AbortController();
    const waiting = newClient().get(namespaces, namespace, undefined, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ status: 0, reason: 'Aborted' });
  });

  test('an answer that is too large is not read to its end', async () => {
    const client = newClient({ maximumResponseBytes: 100 });
    await expect(client.get(namespaces, namespace)).rejects.toMatchObject({
      reason: 'ResponseTooLarge',
    });
  });

  test.each([
    ['a web page', '<html>welcome</html>', 'Malformed'],
    ['half an object', '{"metadata": {"name"', 'Malformed'],
  ])('%s is no object', async (_name, body, reason) => {
    proxy.inject({ kind: 'answer', status: 200, body });
    await expect(newClient().get(namespaces, namespace)).rejects.toMatchObject({ reason });
  });

  test('requests wait for their turn, an urgent one does not', async () => {
    const client = newClient({ maxInFlight: 1 });
    const stalled = (request: { path: string }): boolean => request.path.endsWith('/default');
    proxy.inject({ kind: 'stall', afterBytes: 0 }, stalled);
    const abort = new AbortController();
    const { signal } = abort;
    const first = client.get(namespaces, 'default', undefined, { signal });
    const second = client.get(namespaces, 'kube-system', undefined, { signal });
    const ends = Promise.allSettled([first, second]);
    expect(await client.get(namespaces, namespace, undefined, { urgent: true })).toBeDefined();
    abort.abort();
    expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected']);
    expect(proxy.seen.map((request) => request.path)).not.toContain(
      '/api/v1/namespaces/kube-system',
    );
  });

  test('a closed client refuses, and a refused connection says so', async () => {
    const client = newClient();
    await client.close();
    await expect(client.get(namespaces, namespace)).rejects.toMatchObject({ reason: 'Aborted' });
    const other = await FaultProxy.start(cluster.kubeConfig);
    const orphan = newClient({ kubeConfig: other.kubeConfig });
    await other.close();
    await expect(orphan.get(namespaces, namespace)).rejects.toMatchObject({
      status: 0,
      reason: 'Unreachable',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });
});

describe('credentials', () => {
  /** Past the time for which credentials are kept. */
  const later = 11_000;
  /** All but Date. */
  const realTimers = [
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ] as const;

  test('a rotated token file is used', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first');
    const clock = new SkippingClock();
    const authProvider = { name: 'tokenFile', config: { tokenFile } };
    const kubeConfig = proxy.kubeConfigFor({ name: 'pod', authProvider });
    const client = newClient({ kubeConfig, clock });
    await client.get(namespaces, namespace);
    await client.get(namespaces, namespace);
    expect(proxy.seen.map((each) => each.authorization)).toEqual(['Bearer first', 'Bearer first']);
    writeFileSync(tokenFile, 'second');
    clock.skip(later);
    // client-node itself keeps a token for a minute, and takes no clock from outside.
    jest.useFakeTimers({ now: Date.now() + 61_000, doNotFake: [...realTimers] });
    await client.get(namespaces, namespace).finally(() => jest.useRealTimers());
    expect(proxy.seen.at(-1)?.authorization).toBe('Bearer second');
  });

  test('an exec plugin is asked for a token, and again when it has expired', async () => {
    const script = join(folder, 'plugin.mjs');
    const counter = join(folder, 'count');
    writeFileSync(counter, '0');
    const quoted = JSON.stringify(counter);
    writeFileSync(
      script,
      `import { readFileSync, writeFileSync } from 'node:fs';
       const n = Number(readFileSync(${quoted}, 'utf8')) + 1;
       writeFileSync(${quoted}, String(n));
       console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1',
         kind: 'ExecCredential',
         status: { token: 'token-' + n, expirationTimestamp: '2020-01-01T00:00:00Z' } }));`,
    );
    const clock = new SkippingClock();
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [script],
    };
    const client = newClient({
      kubeConfig: proxy.kubeConfigFor({ name: 'plugin', exec }),
      clock,
    });
    await Promise.all([client.get(namespaces, namespace), client.get(namespaces, namespace)]);
    clock.skip(later);
    await client.get(namespaces, namespace);
    expect(proxy.seen.map((each) => each.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  test('a renewed client certificate gets a new connection, the old one is left to end', async () => {
    const certFile = join(folder, 'client.crt');
    const keyFile = join(folder, 'client.key');
    const issue = (commonName: string): void => {
      const pair = issueCertificate(proxy.authority, { commonName, validDays: 1 });
      writeFileSync(certFile, pair.certificatePem);
      writeFileSync(keyFile, pair.keyPem);
    };
    issue('before');
    const clock = new SkippingClock();
    const kubeConfig = proxy.kubeConfigFor({ name: 'agent', certFile, keyFile });
    const client = newClient({ kubeConfig, clock });
    await client.get(namespaces, namespace);
    issue('after');
    await client.get(namespaces, namespace);
    clock.skip(later);
    await client.get(namespaces, namespace);
    expect(proxy.seen.map((each) => each.clientName)).toEqual(['before', 'before', 'after']);
    // A file that is missing for a moment, as while it is replaced, is no failure.
    rmSync(certFile);
    clock.skip(later);
    expect(await client.get(namespaces, namespace)).toBeDefined();
  });

  test('after a 401 the credentials are read again', async () => {
    const certFile = join(folder, 'refused.crt');
    const keyFile = join(folder, 'refused.key');
    const issue = (commonName: string): void => {
      const pair = issueCertificate(proxy.authority, { commonName, validDays: 1 });
      writeFileSync(certFile, pair.certificatePem);
      writeFileSync(keyFile, pair.keyPem);
    };
    issue('old');
    const client = newClient({ kubeConfig: proxy.kubeConfigFor({ name: 'a', certFile, keyFile }) });
    proxy.inject({ kind: 'answer', status: 401 });
    await expect(client.get(namespaces, namespace)).rejects.toMatchObject({ status: 401 });
    issue('new');
    await client.get(namespaces, namespace);
    expect(proxy.seen.map((each) => each.clientName)).toEqual(['old', 'new']);
  });

  test('a server with a certificate of another authority is not believed', async () => {
    const kubeConfig = proxy.kubeConfigFor({ name: 'a' });
    const { server } = kubeConfig.getCurrentCluster() ?? { server: '' };
    kubeConfig.loadFromClusterAndUser({ name: 'x', server, skipTLSVerify: false }, { name: 'a' });
    await expect(newClient({ kubeConfig }).get(namespaces, namespace)).rejects.toMatchObject({
      reason: 'Unreachable',
      message: expect.stringContaining('certificate'),
    });
    expect(proxy.seen).toEqual([]);
  });

  test("the kubeconfig's proxy is used, with TLS to the API server through it", async () => {
    const asked: string[] = [];
    const tunnel = createHttpServer().on('connect', (request, socket: Socket, head: Buffer) => {
      asked.push(request.url ?? '');
      const upstream = connect(proxy.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    tunnel.listen(0, '127.0.0.1');
    await once(tunnel, 'listening');
    const { port } = tunnel.address() as AddressInfo;
    const user = { name: 'a', token: 'through-the-tunnel' };
    const kubeConfig = proxy.kubeConfigFor(user);
    const server = kubeConfig.getCurrentCluster();
    if (server === null) throw new Error('the proxy has a cluster');
    const proxyUrl = `http://127.0.0.1:${port}`;
    kubeConfig.loadFromClusterAndUser({ ...server, proxyUrl }, user);
    const client = newClient({ kubeConfig });
    expect(await client.get(namespaces, namespace)).toBeDefined();
    expect(asked).toEqual([`127.0.0.1:${proxy.port}`]);
    expect(proxy.seen[0]?.authorization).toBe('Bearer through-the-tunnel');
    await client.close();
    tunnel.close();
  });

  test('a kubeconfig that cannot be used says what is wrong with it', () => {
    expect(() => loadKubeConfig(join(folder, 'missing'))).toThrow(
      /^kubeconfig .*missing cannot be read: ENOENT/,
    );
    writeFileSync(join(folder, 'empty'), '{"apiVersion":"v1","kind":"Config"}');
    expect(() => loadKubeConfig(join(folder, 'empty'))).toThrow(/names no cluster of this file/);
  });
});
