import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeApi } from '../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../hack/federation/paths.ts';
import {
  createMemberGate,
  type WatchedMemberGate,
} from '../operator/adapters/kubernetes/member-gate.ts';
import type { UsageReport } from '../operator/domain/metering/types.ts';
import { ApiClient } from '../operator/runtime/api-client.ts';
import { silentLogger } from '../operator/runtime/logger.ts';
import { testCluster } from '../operator/testing/api-server/test-cluster.ts';
import { eventually } from '../operator/testing/eventually.ts';
import { FaultProxy } from '../operator/testing/fault-proxy.ts';
import { type Answer, answerOf, IntakeServer } from './testing/intake-server.ts';

const usage: UsageReport = {
  spoolId: 'spool-0123456789abcdef',
  sequence: 1,
  sentAtMs: Date.now(),
  observedUntilSeconds: Math.floor(Date.now() / 1000),
  changes: [],
};
const patience = { withinMs: 10_000 };
const mergePatch = 'application/merge-patch+json';
const collection = '/apis/compute.io.net/v1alpha1/iomembers';

let admin: KubeApi;
let proxy: FaultProxy;
let client: ApiClient;
let gate: WatchedMemberGate;
let intake: IntakeServer;
let member: string;
let taken: string[];
let stop: AbortController;
let ended: Promise<void>;

beforeAll(async () => {
  const cluster = testCluster();
  admin = new KubeApi(cluster.adminKubeconfigPath);
  await admin.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/api-rbac.yaml')]);
  // With no more rights than the api has.
  proxy = await FaultProxy.start(cluster.kubeConfigFor('compute.io.net:api'));
});
afterAll(async () => {
  await proxy?.close();
  await admin?.close();
});

beforeEach(async () => {
  member = `gate-${randomBytes(5).toString('hex')}`;
  taken = [];
  client = new ApiClient({ kubeConfig: proxy.kubeConfig, userAgent: 'test' });
  gate = createMemberGate(client, silentLogger);
  stop = new AbortController();
  ended = Promise.resolve();
  intake = await IntakeServer.start(
    {
      report: async (from) => {
        taken.push(from);
        return { accepted: 0, duplicate: 0, rejected: [] };
      },
      heartbeat: async () => 'Stored',
    },
    { members: gate },
  );
});
afterEach(async () => {
  proxy.heal();
  stop.abort();
  await ended;
  intake.server.server.closeAllConnections();
  await intake.server.close();
  await client.close();
  await patch({ metadata: { finalizers: null } });
  await admin.send('DELETE', `${collection}/${member}`);
});

const patch = (change: object) =>
  admin.send('PATCH', `${collection}/${member}`, change, mergePatch);

async function register(spec: object): Promise<void> {
  await admin.apply({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: member } },
    spec: { location: { country: 'DE' }, ...spec },
  });
}

const watchMembers = (): void => void (ended = gate.run(stop.signal));

const send = (enrolment = 1): Promise<Answer> =>
  intake.send({ client: intake.agent(member, enrolment), body: usage });

const told = async (enrolment = 1): Promise<string> => {
  const { status, body } = await send(enrolment);
  const { reason } = body;
  return typeof reason === 'string' ? `${status} ${reason}` : `${status}`;
};

const becomes = (expected: string, enrolment = 1): Promise<void> =>
  eventually(async () => expect(await told(enrolment)).toBe(expected), patience);

describe('the intake takes usage of', () => {
  test('a member when it is accepted, and no longer when it is not', async () => {
    await register({});
    watchMembers();
    await becomes('403 MemberNotAccepted');
    expect(taken).toEqual([]);
    await patch({ spec: { accepted: true } });
    await becomes('200');
    expect(taken).toEqual([member]);
    await patch({ spec: { accepted: false } });
    await becomes('403 MemberNotAccepted');
  });

  test('nobody who was denied, or of whom the hub knows nothing', async () => {
    watchMembers();
    await becomes('403 MemberNotAccepted');
    await register({ denied: true });
    await patch({ metadata: { labels: { seen: 'yes' } } });
    expect(await told()).toBe('403 MemberNotAccepted');
    expect(taken).toEqual([]);
  });

  test('one enrolment only: a key that was put out is out', async () => {
    await register({ accepted: true });
    watchMembers();
    await becomes('200');
    expect(await told(2)).toBe('403 EnrolmentRevoked');
    await patch({ spec: { enrolment: 2 } });
    await becomes('403 EnrolmentRevoked');
    await becomes('200', 2);
    const { body } = await send();
    expect(body['detail']).toBe(
      `enrolment 1 of the member ${member} is not let in; spec.enrolment of its IOMember says which one is`,
    );
  });

  test('a member that is being removed, until it is gone', async () => {
    await register({ accepted: true });
    await patch({ metadata: { finalizers: ['example.org/held'] } });
    watchMembers();
    await becomes('200');
    await admin.send('DELETE', `${collection}/${member}`);
    await patch({ metadata: { labels: { seen: 'yes' } } });
    expect(await told()).toBe('200');
    await patch({ metadata: { finalizers: null } });
    await becomes('403 MemberNotAccepted');
  });
});

describe('a connection that is kept', () => {
  test('is closed when its member is put out, and those of others are not', async () => {
    const other = `${member}-other`;
    await register({ accepted: true });
    await admin.apply({
      ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: other } },
      spec: { location: { country: 'DE' }, accepted: true },
    });
    watchMembers();
    await becomes('200');
    await eventually(async () => {
      expect((await intake.send({ client: intake.agent(other), body: usage })).status).toBe(200);
    }, patience);
    const mine = await kept(member);
    const theirs = await kept(other);
    await patch({ spec: { accepted: false } });
    await eventually(() => expect(mine.socket.destroyed).toBe(true), patience);
    expect(theirs.socket.destroyed).toBe(false);
    mine.agent.destroy();
    theirs.agent.destroy();
    await admin.send('DELETE', `${collection}/${other}`);
  });

  /** The connection of an agent after an answer that let it in. */
  async function kept(name: string): Promise<{ agent: Agent; socket: TLSSocket }> {
    const { keyPem: key, certificatePem: cert } = intake.agent(name);
    const agent = new Agent({ keepAlive: true, ca: intake.authority.certificatePem, key, cert });
    const body = JSON.stringify(usage);
    const sent = request({
      ...{ agent, host: '127.0.0.1', port: intake.port, method: 'POST' },
      path: '/v1/intake/usage',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    sent.end(body);
    const [socket] = (await once(sent, 'socket')) as [TLSSocket];
    socket.on('error', () => undefined);
    expect((await answerOf(sent)).status).toBe(200);
    return { agent, socket };
  }
});

describe('while the API server of the hub is away', () => {
  test('nobody is let in who was never known, and the agent is asked to come again', async () => {
    await register({ accepted: true });
    proxy.refuseConnections();
    watchMembers();
    const answer = await send();
    expect(answer).toMatchObject({ status: 503, body: { reason: 'MembersUnknown' } });
    expect(answer.headers['retry-after']).toBe('5');
    expect(gate.isKnown()).toBe(false);
    proxy.heal();
    await becomes('200');
  });

  test('what was known last counts, and what changed meanwhile counts when it is back', async () => {
    await register({ accepted: true });
    watchMembers();
    await becomes('200');
    proxy.refuseConnections();
    await patch({ spec: { enrolment: 2 } });
    expect(await told()).toBe('200');
    expect(await told(2)).toBe('403 EnrolmentRevoked');
    proxy.heal();
    await becomes('403 EnrolmentRevoked');
    await becomes('200', 2);
  });
});
