import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ioMemberResource } from '../../crds/schema/index.ts';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { reservePorts } from '../../hack/federation/ports.ts';
import { secretCredentials } from '../adapters/kubernetes/secret-credentials.ts';
import { memberKeys } from '../adapters/x509/request.ts';
import { writeHubCredentials, writeHubKubeconfig } from '../agent/join/hub-files.ts';
import { joinHub, type JoinOptions } from '../agent/join/join.ts';
import { renewal } from '../agent/join/renewal.ts';
import { rayClusterResource } from '../agent/placements/ray-cluster.ts';
import { intakeClient } from '../agent/metering/intake-client.ts';
import { type AgentConfig, readConfig } from '../config.ts';
import { memberNamespace } from '../domain/lease.ts';
import { heartbeatLabel, heartbeatLeaseName } from '../domain/member/heartbeat.ts';
import {
  invitationAccount,
  invitationName,
  invitationNamespace,
  joinRequestName,
  renewalRequestName,
} from '../domain/member/invitation.ts';
import { kubernetesSigner, ownSigner } from '../domain/member/join.ts';
import { fenceAfterLabel, leaseLabel, managedByLabels } from '../domain/raycluster/manifest.ts';
import type { Credentials, StoredCredentials } from '../ports/credential-store.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { type Clock, microTime, systemClock } from '../runtime/clock.ts';
import { certificateKubeConfig, loadKubeConfig, tokenKubeConfig } from '../runtime/kube-config.ts';
import { leaseResource } from '../runtime/leader-elector.ts';
import { type Logger, silentLogger } from '../runtime/logger.ts';
import { signingRequestResource } from '../runtime/signing-request.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../testing/api-server/test-cluster.ts';
import { eventually } from '../testing/eventually.ts';
import {
  accountResource,
  clusterRoleBindingResource,
  clusterRoleResource,
  installHub,
  invite,
  startJoinHub,
} from '../testing/join-hub.ts';
import { TravellingClock } from '../testing/travelling-clock.ts';
import { runAgent } from './agent.ts';
import { hubAccess } from './agent-join.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';

/** An agent and a hub on a real API server, which is the member's cluster as well. */

const patience = { withinMs: 30_000 };
const statement = { displayName: 'Frankfurt', location: { country: 'DE' }, offers: [] };
let cluster: PrivateCluster;
let admin: ApiClient;
let local: ApiClient;
let stopHub: () => Promise<void>;
let namespace: string;
let number = 0;
let name: string;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'join' });
  await installHub(cluster);
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  stopHub = startJoinHub(cluster);
  namespace = await cluster.uniqueNamespace('agent');
  // The agent's rights in its own cluster: these Secrets by name, and nothing else.
  await bindSecrets(Array.from({ length: 40 }, (_, index) => `m-${index}`));
  local = new ApiClient({
    kubeConfig: cluster.kubeConfigFor('agent-in-cluster'),
    userAgent: 'test',
  });
}, 120_000);
beforeEach(() => {
  number += 1;
  name = `m-${number}`;
});
afterAll(async () => {
  await stopHub?.();
  await Promise.all([admin?.close(), local?.close()]);
  await cluster?.stop();
}, 60_000);

async function bindSecrets(names: readonly string[]): Promise<void> {
  const api = new KubeApi(cluster.adminKubeconfigPath);
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'agent', namespace };
  const verbs = ['get', 'create', 'patch'];
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: [...names], verbs }];
  await api.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
  await api.apply({
    ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'agent' },
    subjects: [{ kind: 'User', apiGroup: rbac, name: 'agent-in-cluster' }],
  });
  await api.close();
}

const caBundle = (): string => cluster.controlPlane.caPem;
const url = (): string => cluster.controlPlane.server;

/** What an agent logs, by its sentences. */
function logOf(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const line = (fields: Record<string, unknown>, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { logger: { ...silentLogger, info: line, warn: line }, lines };
}

const storeOf = (secret = name) => secretCredentials(local, { namespace, name: secret });

function agentOptions(token: string, change: Partial<JoinOptions> = {}): JoinOptions {
  return {
    identity: { member: name, enrolment: 1 },
    ...{ statement, store: storeOf(), keys: memberKeys, signerName: kubernetesSigner },
    lifetimeSeconds: 720 * 3600,
    invited: async () =>
      new ApiClient({
        kubeConfig: tokenKubeConfig({
          url: url(),
          caBundle: caBundle(),
          proxyUrl: undefined,
          token,
        }),
        userAgent: 'test',
      }),
    ...{ clock: systemClock, logger: silentLogger, pollMs: 100 },
    ...change,
  };
}

const never = new AbortController().signal;
/** Waits for nothing that is new to reach the API server: 15 s are less than one. */
const hasty: Clock = { ...systemClock, monotonicMs: () => 20 * systemClock.monotonicMs() };
const decide = (spec: Record<string, unknown>): Promise<unknown> =>
  admin.mergePatch(ioMemberResource, name, undefined, { spec });
const memberNow = () => admin.get(ioMemberResource, name);
const clientOf = ({ keyPem: key, certificatePem: certificate }: Credentials): ApiClient =>
  new ApiClient({
    kubeConfig: certificateKubeConfig({
      ...{ url: url(), caBundle: caBundle(), proxyUrl: undefined, certificate, key },
    }),
    userAgent: 'test',
  });

/** The refusal of a heartbeat by the reason of the API server; `heard` when there is none. */
async function beat(client: ApiClient): Promise<string> {
  const metadata = {
    ...{ name: heartbeatLeaseName, namespace: memberNamespace(name) },
    labels: { [heartbeatLabel]: 'true' },
  };
  const spec = { holderIdentity: name, renewTime: microTime(systemClock.now()) };
  try {
    await client.apply(leaseResource, { metadata, spec }, { manager: 'agent' });
    return 'heard';
  } catch (error) {
    return String((error as { reason?: unknown }).reason);
  }
}

async function beats(credentials: Credentials, expected: string): Promise<void> {
  const client = clientOf(credentials);
  await eventually(async () => expect(await beat(client)).toBe(expected), patience);
  await client.close();
}

/** Joins and is accepted at once. */
async function joined(change: Partial<JoinOptions> = {}): Promise<Credentials> {
  const identity = change.identity ?? { member: name, enrolment: 1 };
  const token = await invite(admin, identity);
  const joining = joinHub(agentOptions(token, change), never);
  await eventually(
    async () => expect((await memberNow())?.status?.request).toBeDefined(),
    patience,
  );
  await decide({ accepted: true, enrolment: identity.enrolment });
  return joining;
}

const conditionOf = async (type: string) =>
  (await memberNow())?.status?.conditions?.find((each) => each.type === type);

describe('an agent with an invitation', () => {
  test('appears unaccepted, joins once it is accepted, and uses the invitation up', async () => {
    const token = await invite(admin, { member: name, enrolment: 1 });
    const { logger, lines } = logOf();
    const joining = joinHub(agentOptions(token, { logger }), never);
    const request = await eventually(async () => {
      const found = (await memberNow())?.status?.request;
      expect(found).toBeDefined();
      return found;
    }, patience);
    // What the administrator compares is what the agent logs.
    await eventually(() => {
      const asks = lines.find((line) => line.includes(`kubectl io member accept ${name}`));
      expect(asks).toContain(request?.keySha256);
    }, patience);
    expect(await conditionOf('Joined')).toMatchObject({ reason: 'AwaitingAcceptance' });
    expect((await memberNow())?.spec).toMatchObject({ ...statement, accepted: false });
    await decide({ accepted: true });
    const credentials = await joining;

    await beats(credentials, 'heard');
    await eventually(async () => {
      expect(await conditionOf('Joined')).toMatchObject({ status: 'True' });
      expect((await memberNow())?.status?.credential).toMatchObject({
        ...{ enrolment: 1, keySha256: memberKeys.digestOfKey(credentials.keyPem) },
      });
      expect((await memberNow())?.status?.request).toBeUndefined();
      const gone = [
        await admin.get(clusterRoleResource, invitationName(name)),
        await admin.get(clusterRoleBindingResource, invitationName(name)),
        await admin.get(accountResource, invitationAccount(name), invitationNamespace),
        await admin.get(signingRequestResource, joinRequestName({ member: name, enrolment: 1 })),
      ];
      expect(gone).toEqual([undefined, undefined, undefined, undefined]);
    }, patience);

    // Somebody else who comes with the same token.
    const theft = { store: storeOf('m-0'), clock: hasty };
    const thief = joinHub(agentOptions(token, theft), never);
    await expect(thief).rejects.toThrow(/kubectl io member invite/);
    // And the agent itself needs none any more.
    const again = joinHub(agentOptions('', { invited: () => Promise.reject(new Error()) }), never);
    expect(await again).toEqual(credentials);

    // A hub that starts anew knows from the status what was issued: the request is gone.
    const before = (await memberNow())?.status?.credential;
    await stopHub();
    stopHub = startJoinHub(cluster);
    await beats(credentials, 'heard');
    await eventually(
      async () => expect(await conditionOf('Connected')).toMatchObject({ status: 'True' }),
      patience,
    );
    expect((await memberNow())?.status?.credential).toEqual(before);
    expect(await conditionOf('Joined')).toMatchObject({ status: 'True' });
  }, 90_000);

  test('comes too late when the invitation has expired', async () => {
    const token = await invite(admin, { member: name, enrolment: 1 }, 2_000);
    await eventually(async () => {
      const role = await admin.get(clusterRoleResource, invitationName(name));
      expect(role).toBeUndefined();
    }, patience);
    const late = joinHub(agentOptions(token, { clock: hasty }), never);
    await expect(late).rejects.toThrow(/kubectl io member invite/);
  }, 60_000);

  test('that is denied waits and gets nothing, and joins when it is let in after all', async () => {
    const token = await invite(admin, { member: name, enrolment: 1 });
    const { logger, lines } = logOf();
    const joining = joinHub(agentOptions(token, { logger }), never);
    await eventually(async () => expect(await memberNow()).toBeDefined(), patience);
    await decide({ denied: true });
    await eventually(() => expect(lines.join()).toContain('denied this member'), patience);
    // The agent may see it before the hub has written it down.
    await eventually(async () => {
      expect(await conditionOf('Accepted')).toMatchObject({ reason: 'Denied' });
    }, patience);
    const request = await admin.get(signingRequestResource, `io-member-${name}-1`);
    expect(request?.status).toEqual({});
    await decide({ denied: false, accepted: true });
    await beats(await joining, 'heard');
  }, 60_000);

  test('loses a race against another that came with the same token first', async () => {
    const token = await invite(admin, { member: name, enrolment: 1 });
    const stop = new AbortController();
    const first = joinHub(agentOptions(token), stop.signal);
    const requestName = `io-member-${name}-1`;
    await eventually(
      async () => expect(await admin.get(signingRequestResource, requestName)).toBeDefined(),
      patience,
    );
    const second = joinHub(agentOptions(token, { store: storeOf('m-39') }), never);
    await expect(second).rejects.toThrow(/was made for another key, sha256:[0-9a-f]{64}/);
    await decide({ accepted: true });
    await first;
  }, 60_000);

  test('that asks for more than the hub gives is told what and why', async () => {
    const token = await invite(admin, { member: name, enrolment: 1 });
    const asks = joinHub(agentOptions(token, { lifetimeSeconds: 721 * 3600 }), never);
    await expect(asks).rejects.toThrow(/WrongLifetime: .*--certificate-hours/);
  }, 60_000);

  test('is signed by the hub where nobody else signs', async () => {
    const { certificatePem, ...rest } = await joined({ signerName: ownSigner });
    // Dated back by five minutes, for clocks that are behind.
    const { notBeforeMs = 0, notAfterMs = 0 } = memberKeys.readCertificate(certificatePem) ?? {};
    expect(notAfterMs - notBeforeMs).toBe(720 * 3_600_000 + 300_000);
    await beats({ certificatePem, ...rest }, 'heard');
  }, 60_000);
});

describe('an agent that is killed while it joins goes on with the same key', () => {
  type Step = Readonly<{ wraps: (stop: AbortController) => Partial<JoinOptions> }>;
  const killing = (when: 'before' | 'after', write: number) => ({
    wraps: (stop: AbortController): Partial<JoinOptions> => {
      const store = storeOf();
      let writes = 0;
      const write2 = async (stored: StoredCredentials, signal: AbortSignal): Promise<void> => {
        writes += 1;
        if (when === 'before' && writes === write) stop.abort(new Error('killed'));
        signal.throwIfAborted();
        await store.write(stored, signal);
        if (when === 'after' && writes === write) stop.abort(new Error('killed'));
      };
      return { store: { ...store, write: write2 } };
    },
  });
  test.each<[string, Step]>([
    ['after its key was stored', killing('after', 1)],
    [
      'after it asked',
      {
        wraps: (stop) => ({
          logger: { ...silentLogger, info: () => stop.abort(new Error('killed')) },
        }),
      },
    ],
    ['before its certificate was stored', killing('before', 2)],
    ['after its certificate was stored', killing('after', 2)],
  ])(
    '%s',
    async (_, { wraps }) => {
      const token = await invite(admin, { member: name, enrolment: 1 });
      const stop = new AbortController();
      const killed = joinHub(agentOptions(token, wraps(stop)), stop.signal);
      killed.catch(() => {});
      const accepting = eventually(() => decide({ accepted: true }), patience);
      await expect(killed).rejects.toThrow('killed');
      const { current, next } = await storeOf().read(never);
      const credentials = await joinHub(agentOptions(token), never);
      await accepting;
      expect(credentials.keyPem).toBe(current?.keyPem ?? next?.keyPem);
      expect(await storeOf().read(never)).toEqual({ current: credentials, next: undefined });
      // A hub that was not told that the certificate arrived hears so by the heartbeats.
      await eventually(
        async () => {
          await beats(credentials, 'heard');
          const role = await admin.get(clusterRoleResource, invitationName(name));
          expect(role).toBeUndefined();
        },
        { ...patience, everyMs: 500 },
      );
    },
    60_000,
  );
});

test('a lost key joins anew only with consent, and the key before is out then', async () => {
  const before = await joined();
  await beats(before, 'heard');
  const identity = { member: name, enrolment: 2 };
  const token = await invite(admin, identity);
  const lost = { identity, store: storeOf('m-38') };
  const joining = joinHub(agentOptions(token, lost), never);
  await eventually(
    async () => expect(await conditionOf('Joined')).toMatchObject({ reason: 'RejoinPending' }),
    patience,
  );
  await beats(before, 'heard');
  await decide({ enrolment: 2 });
  const after = await joining;
  await beats(after, 'heard');
  await beats(before, 'Forbidden');
  // The Secret of the old agent: a newer invitation makes it join anew, the old one does not.
  expect(await joinHub(agentOptions('', { store: storeOf() }), never)).toEqual(before);
}, 90_000);

test('a certificate is renewed with a new key, again and again, while clients go on', async () => {
  const first = await joined();
  const directory = await mkdtemp(join(tmpdir(), 'join-'));
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, caBundle());
  const route = { url: url(), caFile, proxyUrl: undefined };
  const state = join(directory, 'state');
  const kubeconfig = writeHubKubeconfig(state, route);
  writeHubCredentials(state, first);
  expect((await stat(state)).mode & 0o777).toBe(0o700);
  for (const file of ['hub.kubeconfig', 'hub.pem']) {
    expect((await stat(join(state, file))).mode & 0o777).toBe(0o600);
  }
  const hub = new ApiClient({ kubeConfig: loadKubeConfig(kubeconfig), userAgent: 'test' });
  await eventually(async () => expect(await beat(hub)).toBe('heard'), patience);
  // Three weeks and a half later, each time somebody looks at the clock and sleeps.
  const clock = new TravellingClock();
  const renewed: Credentials[] = [];
  const stop = new AbortController();
  const ended = renewal({
    ...{ hub, current: first, store: storeOf(), keys: memberKeys, signerName: kubernetesSigner },
    lifetimeSeconds: 720 * 3600,
    renewed: (credentials) => {
      writeHubCredentials(state, credentials);
      renewed.push(credentials);
      clock.aheadMs = 0;
    },
    ...{ clock, logger: silentLogger, pollMs: 50 },
  }).run(stop.signal, {});
  for (const count of [1, 2]) {
    expect(renewed).toHaveLength(count - 1);
    clock.aheadMs = 25 * 86_400_000;
    await eventually(() => expect(renewed).toHaveLength(count), patience);
    const keySha256 = memberKeys.digestOfKey(renewed[count - 1]?.keyPem ?? '');
    await eventually(async () => {
      expect((await memberNow())?.status?.credential).toMatchObject({ enrolment: 1, keySha256 });
      const request = await admin.get(signingRequestResource, renewalRequestName(name));
      expect(request).toBeUndefined();
    }, patience);
  }
  stop.abort();
  await ended;
  expect(new Set([first, ...renewed].map(({ keyPem }) => keyPem)).size).toBe(3);
  expect((await storeOf().read(never)).current).toEqual(renewed[1]);
  const pem = await readFile(join(state, 'hub.pem'), 'utf8');
  expect(pem).toContain(renewed[1]?.keyPem);
  expect(await beat(hub)).toBe('heard');
  await hub.close();
  await rm(directory, { recursive: true });
}, 120_000);

describe('an agent process', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let directory: string;
  beforeAll(async () => {
    proxy = await startProxy();
    directory = await mkdtemp(join(tmpdir(), 'join-'));
    const api = new KubeApi(cluster.adminKubeconfigPath);
    await api.applyFiles(
      [
        'crds/vendor/kuberay/ray.io_rayclusters.yaml',
        'hack/federation/manifests/agent-rbac.yaml',
      ].map((path) => join(checkoutDirectory, path)),
    );
    const rbac = 'rbac.authorization.k8s.io';
    await api.apply({
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'in-cluster' } },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'io-operator-agent' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'agent-in-cluster' }],
    });
    await api.close();
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    await rm(directory, { recursive: true });
  });

  /** What an agent runs that lost its key; the hub gave its lease to another member long ago. */
  async function leaveRayCluster(): Promise<() => Promise<boolean>> {
    const labels = { ...managedByLabels, [leaseLabel]: 'left', [fenceAfterLabel]: '20' };
    const template = { spec: { containers: [{ name: 'ray', image: 'ray' }] } };
    const spec = { headGroupSpec: { rayStartParams: {}, template } };
    const manifest = { metadata: { name: 'left', namespace, labels }, spec };
    await admin.apply(rayClusterResource, manifest, { manager: 'test' });
    return async () => {
      const found = await admin.get(rayClusterResource, 'left', namespace);
      return found === undefined || found.metadata.deletionTimestamp !== undefined;
    };
  }

  test('joins by its flags through a proxy, and stops what it may not run meanwhile', async () => {
    const file = (path: string): string => join(directory, path);
    const [port] = await reservePorts(1, cluster.controlPlane.directory);
    await writeFile(file('ca.crt'), caBundle());
    await writeFile(file('member.yaml'), 'displayName: X\nlocation: {country: DE}\noffers: []\n');
    await writeFile(file('token'), `${await invite(admin, { member: name, enrolment: 1 })}\n`);
    const isStopped = await leaveRayCluster();
    const config = readConfig(
      [
        ...['agent', `--member=${name}`, `--hub-url=${url()}`, `--hub-ca-file=${file('ca.crt')}`],
        ...[`--join-token-file=${file('token')}`, `--member-file=${file('member.yaml')}`],
        ...[`--credentials-secret=${namespace}/${name}`, `--state-directory=${file('state')}`],
        ...[`--https-proxy=${proxy.url}`, `--metrics-address=127.0.0.1:${port}`],
        ...[`--kubeconfig=${cluster.kubeconfigPathFor('agent-in-cluster')}`, '--log-level=error'],
      ],
      {},
    ) as AgentConfig;
    const stop = new AbortController();
    const ended = runAgent(config, stop.signal);
    await eventually(
      async () => expect((await memberNow())?.status?.request).toBeDefined(),
      patience,
    );
    const answers = ['livez', 'readyz'].map((path) => fetch(`http://127.0.0.1:${port}/${path}`));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 503]);
    await eventually(async () => expect(await isStopped()).toBe(true), patience);
    await decide({ accepted: true });
    await eventually(
      async () => expect(await conditionOf('Connected')).toMatchObject({ status: 'True' }),
      patience,
    );
    await eventually(async () => {
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    }, patience);
    expect(proxy.tunnels()).toBeGreaterThan(1);

    // Reports go the same way; any answer shows it.
    const { current } = await storeOf().read(never);
    const intake = intakeClient({
      ...{ url: url(), proxyUrl: proxy.url, clock: systemClock },
      credentials: async () => ({
        ...{ ca: caBundle(), cert: current?.certificatePem ?? '', key: current?.keyPem ?? '' },
      }),
    });
    const before = proxy.tunnels();
    expect((await intake.post('/v1/usage', {}, never)).status).toBe(403);
    expect(proxy.tunnels()).toBeGreaterThan(before);
    await intake.close();
    stop.abort();
    await ended;
  }, 90_000);

  test.each<[string, readonly string[], RegExp]>([
    ['nothing of its hub', [], /--hub-url, --member-file, --credentials-secret, --state-directory/],
    [
      'a member file that says what is the hub’s to say',
      ['--member-file=accepted.yaml'],
      /accepted: is not for a data centre to say/,
    ],
    ['a member file that is not there', ['--member-file=none.yaml'], /none.yaml cannot be read/],
  ])('that is told %s says what is wrong', async (_, flags, message) => {
    await writeFile(join(directory, 'accepted.yaml'), 'accepted: true\nlocation: {country: DE}\n');
    const all = [
      ...['--hub-url=https://hub:443', '--credentials-secret=a/b', '--state-directory=/nowhere'],
      ...flags.map((flag) => flag.replace('=', `=${directory}/`)),
    ];
    const args = ['agent', '--member=m', ...(flags.length === 0 ? [] : all)];
    const config = readConfig(args, {}) as AgentConfig;
    const base = { logger: silentLogger, metrics: createMetrics('agent') };
    expect(() => hubAccess(config, local, base)).toThrow(message);
  });
});

/** An HTTP proxy that only tunnels. */
async function startProxy() {
  let tunnels = 0;
  const sockets = new Set<Duplex>();
  const server = createServer();
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    tunnels += 1;
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const target: Socket = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels: () => tunnels,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the policy of the API server on IOMembers', () => {
  let agent: ApiClient;
  let bootstrap: ApiClient;
  let member: string;
  const patch = (client: ApiClient, spec: Record<string, unknown>) =>
    client.mergePatch(ioMemberResource, member, undefined, { spec });

  beforeAll(async () => {
    number += 1;
    member = name = `m-${number}`;
    const token = await invite(admin, { member, enrolment: 1 });
    bootstrap = await agentOptions(token).invited();
    agent = new ApiClient({
      kubeConfig: cluster.kubeConfigFor(`compute.io.net:member:${member}:1`),
      userAgent: 'test',
    });
    await eventually(async () => {
      const options = { manager: 'agent' };
      const spec = { ...statement, certifications: ['ISO27001'] };
      await bootstrap.apply(ioMemberResource, { metadata: { name: member }, spec }, options);
    }, patience);
    // Until the policy is in force somebody without the right could accept.
    await eventually(async () => {
      await expect(patch(bootstrap, { accepted: true })).rejects.toThrow(/the verb accept/);
      await patch(admin, { accepted: false });
    }, patience);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([agent?.close(), bootstrap?.close()]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['accepted', { accepted: true }],
    ['denied', { denied: true }],
    ['enrolment', { enrolment: 2 }],
    ['cordoned', { cordoned: true }],
  ])('lets no invited agent set %s', async (_, spec) => {
    await expect(patch(bootstrap, spec)).rejects.toThrow(/the verb accept on iomembers is needed/);
  });

  test('lets no invited agent make a member that is accepted', async () => {
    const token = await invite(admin, { member: 'm-37', enrolment: 1 });
    const client = await agentOptions(token).invited();
    const spec = { ...statement, accepted: true };
    await eventually(async () => {
      const made = client.apply(
        ioMemberResource,
        { metadata: { name: 'm-37' }, spec },
        {
          ...{ manager: 'agent' },
        },
      );
      await expect(made).rejects.toThrow(/spec.accepted is for administrators/);
    }, patience);
    await client.close();
  });

  test('lets an administrator with the verb accept, and nobody with patch alone', async () => {
    const api = new KubeApi(cluster.adminKubeconfigPath);
    const rbac = 'rbac.authorization.k8s.io';
    const clients = ['with', 'without'].map(
      (user) => new ApiClient({ kubeConfig: cluster.kubeConfigFor(user), userAgent: 'test' }),
    );
    for (const user of ['with', 'without']) {
      const verbs = ['get', 'patch', ...(user === 'with' ? ['accept'] : [])];
      const rules = [{ apiGroups: ['compute.io.net'], resources: ['iomembers'], verbs }];
      const metadata = { name: user };
      await api.apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules });
      await api.apply({
        ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: user },
        subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
      });
    }
    await api.close();
    const [withRight, without] = clients as [ApiClient, ApiClient];
    await eventually(
      () => expect(patch(without, { accepted: true })).rejects.toThrow(/the verb accept/),
      patience,
    );
    await eventually(() => patch(withRight, { accepted: true }), patience);
    await Promise.all(clients.map((client) => client.close()));
  }, 60_000);

  test('lets the agent of an accepted member name its prices', async () => {
    await patch(admin, { accepted: true });
    const offers = [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 }];
    await eventually(() => patch(agent, { offers, displayName: 'Frankfurt West' }), patience);
    const { spec } = (await admin.get(ioMemberResource, member)) ?? {};
    expect(spec?.displayName).toBe('Frankfurt West');
  }, 60_000);

  test.each<[string, Record<string, unknown>]>([
    ['accepted', { accepted: false }],
    ['enrolment', { enrolment: 2 }],
    ['accountRef', { accountRef: { namespace: 'a', name: 'b' } }],
    ['location', { location: { country: 'DE', city: 'Berlin' } }],
    ['certifications', { certifications: ['ISO27001', 'SOC2'] }],
    ['cordoned', { cordoned: true }],
    ['drain', { drain: { deadline: '2030-01-01T00:00:00Z' } }],
  ])('keeps the agent of an accepted member from changing %s', async (field, spec) => {
    await expect(patch(agent, spec)).rejects.toThrow(new RegExp(`spec.${field}\\b`));
  });

  test('keeps the agent from taking the hub’s finalizer', async () => {
    await eventually(async () => {
      const found = await admin.get(ioMemberResource, member);
      expect(found?.metadata.finalizers).toEqual(['compute.io.net/member']);
    }, patience);
    const taken = agent.mergePatch(ioMemberResource, member, undefined, {
      metadata: { finalizers: null },
    });
    await expect(taken).rejects.toThrow(/metadata.finalizers are for the hub/);
  });
});
