import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentCertificate } from '../../api/testing/intake-server.ts';
import {
  createAuthority,
  issueCertificate,
  type KeyPair,
} from '../../hack/federation/certificate.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { type ApiConfig, readConfig } from '../config.ts';
import type { UsageReport } from '../domain/metering/types.ts';
import { type Logger, silentLogger } from '../runtime/logger.ts';
import { testCluster } from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import { startPrivateDatabase, type TestDatabase, type TestServer } from '../testing/postgres.ts';
import { change, intervalsOf, openedAt, usageReport, writeLease } from '../testing/usage.ts';
import { type RunningApi, startApi } from './api.ts';

const authority = createAuthority('hub', 3_650);
const member = `intake-${randomBytes(5).toString('hex')}`;
const agent = agentCertificate(authority, member);
const stranger = agentCertificate(authority, `not-${member}`);
const cluster = testCluster();
const pace = { probeEveryMs: 20, tlsEveryMs: 20 };

let admin: KubeApi;
let server: TestServer;
let database: TestDatabase;
let directory: string;
let config: ApiConfig;
let api: RunningApi;
let warnings: string[];

const logger: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) };

beforeAll(async () => {
  admin = new KubeApi(cluster.adminKubeconfigPath);
  await admin.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/api-rbac.yaml')]);
  await admin.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: member } },
    spec: { accepted: true, location: { country: 'DE' } },
  });
  server = await startPrivateDatabase();
  database = await server.database();
});
afterAll(async () => {
  await database?.close();
  await server?.stop();
  await admin?.send('DELETE', `/apis/compute.io.net/v1alpha1/iomembers/${member}`);
  await admin?.close();
});
beforeEach(async () => {
  warnings = [];
  directory = mkdtempSync(join(tmpdir(), 'io-api-'));
  config = readConfig(
    [
      'api',
      '--listen-address=127.0.0.1:0',
      '--metrics-address=127.0.0.1:0',
      `--tls-cert=${file('tls.crt')}`,
      `--tls-key=${file('tls.key')}`,
      `--client-ca=${file('ca.crt')}`,
      `--hub-kubeconfig=${cluster.kubeconfigPathFor('compute.io.net:api')}`,
    ],
    {},
  ) as ApiConfig;
  mount('ca.crt', authority.certificatePem);
  mountServing(serving());
  api = await startApi(config, database.writerUrl, logger, pace);
  // Nobody is let in before the members were read.
  await eventually(async () => expect((await health('/readyz'))[0]).toBe(200));
});
afterEach(async () => {
  await api.stop();
  rmSync(directory, { recursive: true });
});

const file = (name: string): string => join(directory, name);

/** Replaced whole, as the kubelet does. */
function mount(name: string, content: string): void {
  const part = file(`${name}.${randomBytes(4).toString('hex')}`);
  writeFileSync(part, content);
  renameSync(part, file(name));
}

function mountServing({ certificatePem, keyPem }: KeyPair): void {
  mount('tls.crt', certificatePem);
  mount('tls.key', keyPem);
}

const serving = (): KeyPair =>
  issueCertificate(authority, { commonName: 'api', hosts: ['127.0.0.1'], validDays: 3_650 });

type Answer = Readonly<{ status: number; body: Record<string, unknown>; serial: string }>;

/** Sends a report on a connection of its own. */
async function send(report: UsageReport, client: KeyPair = agent): Promise<Answer> {
  const body = JSON.stringify({ ...report, sentAtMs: Date.now() });
  const sent = request({
    host: '127.0.0.1',
    port: api.port,
    path: '/v1/intake/usage',
    method: 'POST',
    agent: false,
    ca: authority.certificatePem,
    key: client.keyPem,
    cert: client.certificatePem,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const serial = (response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? '';
  const text = (await response.setEncoding('utf8').toArray()).join('');
  const content = JSON.parse(text) as Record<string, unknown>;
  return { status: response.statusCode ?? 0, body: content, serial };
}

async function health(path: string): Promise<readonly [number, string]> {
  const response = await fetch(`http://127.0.0.1:${api.healthPort}${path}`);
  return [response.status, await response.text()];
}

const until = Math.floor(Date.now() / 1000) - openedAt;

test('a report goes from the certificate of the agent into the store', async () => {
  await writeLease(database.writer, member, 'lease-1');
  const changes = [change({ lease: 'lease-1', start: 10, end: 20 })];
  expect(await send(usageReport(1, until, changes))).toMatchObject({
    status: 200,
    body: { accepted: 1, duplicate: 0, rejected: [] },
  });
  expect(await intervalsOf(database.reader, 'lease-1')).toEqual(['0 1 10-20 NotReady']);
  const [status, text] = await health('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('io_usage_changes_total{outcome="accepted",component="api"} 1');
});

test('a certificate of the client CA alone lets nobody in', async () => {
  expect(await send(usageReport(1, until), stranger)).toMatchObject({
    status: 403,
    body: { reason: 'MemberNotAccepted' },
  });
  expect(await send(usageReport(1, until))).toMatchObject({ status: 200 });
});

describe('a renewed certificate', () => {
  test('is shown to new connections', async () => {
    const before = await send(usageReport(1, until));
    mountServing(serving());
    await eventually(async () => {
      const after = await send(usageReport(1, until));
      expect(after.serial).not.toBe(before.serial);
    });
  });

  test('that is half there is not', async () => {
    const before = await send(usageReport(1, until));
    const renewed = serving();
    mount('tls.crt', renewed.certificatePem);
    await eventually(() => expect(warnings).toContain('renewal of TLS failed, and is tried again'));
    expect((await send(usageReport(1, until))).serial).toBe(before.serial);
    mount('tls.key', renewed.keyPem);
    await eventually(async () => {
      const after = await send(usageReport(1, until));
      expect(after.serial).not.toBe(before.serial);
    });
  });

  test('of another client CA lets its agents in and the others out', async () => {
    mount('ca.crt', createAuthority('hub', 3_650).certificatePem);
    await eventually(async () => {
      expect(await send(usageReport(1, until))).toMatchObject({ status: 401 });
    });
  });
});

test('without the database it is not ready, asks to come again, and recovers', async () => {
  await eventually(async () => expect(await health('/readyz')).toEqual([200, 'ok\n']));
  await server.kill();
  await eventually(async () => {
    const [status, text] = await health('/readyz');
    expect(status).toBe(503);
    expect(text).toContain('[-]database failed');
  });
  expect(await health('/healthz')).toEqual([200, 'ok\n']);
  expect(await send(usageReport(1, until))).toMatchObject({
    status: 503,
    body: { reason: 'StoreUnavailable' },
  });
  await server.start();
  await eventually(async () => expect(await health('/readyz')).toEqual([200, 'ok\n']));
  expect(await send(usageReport(1, until))).toMatchObject({ status: 200 });
});

test('a key of another certificate is refused at the start', async () => {
  mount('tls.key', serving().keyPem);
  const start = startApi(config, database.writerUrl, silentLogger, pace);
  await expect(start).rejects.toThrow(/key values mismatch/i);
});
