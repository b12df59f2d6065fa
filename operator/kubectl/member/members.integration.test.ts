import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { finalizers, ioMemberResource, ioPlacementResource } from '../../../crds/schema/index.ts';
import { binaryPath } from '../../../hack/federation/cache.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { createMemberLedger } from '../../adapters/postgres/member-ledger.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { ApiClient, type Manifest } from '../../runtime/api-client.ts';
import { serverOf } from '../../runtime/kube-config.ts';
import type { Resource } from '../../runtime/resource.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  inEpoch,
  type LedgerFixture,
  ledgerFixture,
  termsOf,
} from '../../testing/ledger-fixture.ts';
import { startAgent, startMemberHub, type TestAgent } from '../../testing/member-hub.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';

/** What an administrator types, and what the hub then does, on a real API server and ledger. */

let cluster: PrivateCluster;
let admin: ApiClient;
let database: TestDatabase;
let ledger: LedgerFixture;
let stopHub: () => Promise<void>;
let plugins: string;
let number = 0;
let name: string;
const agents: TestAgent[] = [];
const hold = 3_600_000n;

beforeAll(async () => {
  [cluster, database] = await Promise.all([
    startPrivateControlPlane({ name: 'members' }),
    testDatabase(),
  ]);
  const api = new KubeApi(cluster.adminKubeconfigPath);
  await api.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/hub-rbac.yaml')]);
  await api.close();
  admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
  ledger = ledgerFixture(database);
  await ledger.fund('renters/a', 100n * hold);
  stopHub = startMemberHub(cluster, createMemberLedger(database.writer));
  plugins = await mkdtemp(join(tmpdir(), 'kubectl-io-'));
  const plugin = join(plugins, 'kubectl-io');
  const main = join(checkoutDirectory, 'operator/main.ts');
  await writeFile(plugin, `#!/bin/sh\nexec '${process.execPath}' '${main}' kubectl "$@"\n`);
  await chmod(plugin, 0o755);
}, 120_000);

beforeEach(() => {
  number += 1;
  name = `m-${number}`;
});

afterAll(async () => {
  await Promise.all(agents.map(({ stop }) => stop()));
  await stopHub?.();
  expect(await ledger.total()).toBe(0n);
  await Promise.all([admin?.close(), database?.close()]);
  await cluster?.stop();
  await rm(plugins, { recursive: true, force: true });
}, 60_000);

type Said = Readonly<{ code: number; stdout: string; stderr: string }>;

/** As a person types it: kubectl finds the program by its name. What it tells meanwhile goes to `told`. */
function type(
  line: string,
  kubeconfig = cluster.adminKubeconfigPath,
  told: (text: string) => void = () => {},
): Promise<Said> {
  const PATH = `${plugins}${delimiter}${process.env['PATH']}`;
  const env = { ...process.env, PATH, KUBECONFIG: kubeconfig, NODE_OPTIONS: '' };
  return new Promise((resolve) => {
    const args = line.split(' ');
    const child = execFile(binaryPath('kubectl'), args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stderr?.on('data', (chunk: string) => told(chunk));
  });
}

async function must(line: string): Promise<Said> {
  const said = await type(line);
  expect({ line, ...said }).toMatchObject({ code: 0 });
  return said;
}

const spec = {
  location: { country: 'DE' },
  offers: [{ model: 'L4', onDemandMicroUsdPerHour: 500_000 }],
};

const memberNow = () => admin.get(ioMemberResource, name);

async function conditions(member: string): Promise<Readonly<Record<string, string>>> {
  const all = (await admin.get(ioMemberResource, member))?.status?.conditions ?? [];
  return Object.fromEntries(all.map((each) => [each.type, `${each.status} ${each.reason}`]));
}

const isNow = (expected: object, member = name) =>
  eventually(async () => expect(await conditions(member)).toMatchObject(expected));

function agent(options?: Parameters<typeof startAgent>[2]): TestAgent {
  const started = startAgent(cluster, name, options);
  agents.push(started);
  return started;
}

/** A member that was let in and is heard. */
async function joined(): Promise<TestAgent> {
  await admin.apply(ioMemberResource, { metadata: { name }, spec }, { manager: 'test' });
  await must(`io member accept ${name}`);
  const started = agent();
  await isNow({ Connected: 'True HeartbeatsArrive', Schedulable: 'True Schedulable' });
  return started;
}

describe('an invitation', () => {
  const signingRequests: Resource = {
    ...{ group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
    ...{ plural: 'certificatesigningrequests', namespaced: false },
  };
  const roles: Resource = {
    ...{ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
    ...{ plural: 'clusterroles', namespaced: false },
  };

  function clientOf(token: string): ApiClient {
    const { url, caBundle = '' } = serverOf(cluster.kubeConfig);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      {
        name: 'hub',
        server: url,
        skipTLSVerify: false,
        caData: Buffer.from(caBundle).toString('base64'),
      },
      { name: 'invited', token },
    );
    return new ApiClient({ kubeConfig, userAgent: 'test' });
  }

  /** An API server takes a token for good up to 10 s longer than its account exists. */
  const tokensAreCached = { withinMs: 30_000 };
  const tokenIn = ({ stdout }: Said): string => /^ {2}token: "(.+)"$/m.exec(stdout)?.[1] ?? '';
  const asMember = (of: string) => ({ metadata: { name: of }, spec });

  test('lets one agent make its member, and nothing beside it', async () => {
    const said = await must(`io member invite ${name} --ttl 10m --api-url https://api.example.org`);
    expect(said.stdout).toMatch(
      /^hub:\n {2}url: "https:.+"\n {2}apiUrl: "https:\/\/api.example.org"\n {2}caBundle: \|\n {4}-----BEGIN/,
    );
    expect(said.stdout).toContain(`member:\n  name: "${name}"\n  enrolment: 1\njoin:\n  token: "`);
    expect(said.stderr).toContain(`kubectl io member accept ${name}`);
    const invited = clientOf(tokenIn(said));
    const options = { manager: 'compute.io.net/agent-join' };
    await eventually(() => invited.apply(ioMemberResource, asMember(name), options));
    for (const attempt of [
      () => invited.apply(ioMemberResource, asMember('another'), options),
      () => invited.list(ioMemberResource),
      () => invited.delete(ioMemberResource, name),
      () => invited.get(signingRequests, `io-member-${name}-2`),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ reason: 'Forbidden' });
    }
    expect(await invited.get(signingRequests, `io-member-${name}-1`)).toBeUndefined();
    await isNow({ Accepted: 'False NotAccepted', Schedulable: 'False NotAccepted' });
    await admin.delete(roles, `compute.io.net:invitation:${name}`);
    await eventually(async () => {
      await expect(invited.get(ioMemberResource, name)).rejects.toMatchObject({ status: 401 });
    }, tokensAreCached);
    await invited.close();
  });

  test('ends the one before it', async () => {
    const first = clientOf(tokenIn(await must(`io member invite ${name}`)));
    const options = { manager: 'compute.io.net/agent-join' };
    await eventually(() => first.apply(ioMemberResource, asMember(name), options));
    const second = clientOf(tokenIn(await must(`io member invite ${name}`)));
    await eventually(async () => {
      await expect(first.get(ioMemberResource, name)).rejects.toMatchObject({ status: 401 });
      expect(await second.get(ioMemberResource, name)).toBeDefined();
    }, tokensAreCached);
    await Promise.all([first.close(), second.close()]);
  });

  test.each([
    ['--ttl 5m', 'must be between 10m and 48h'],
    ['--ttl 49h', 'must be between 10m and 48h'],
    ['--hub-url http://hub', 'must be a URL such as https://'],
    ['--enrolment 0', 'must be a number from 1'],
    [`--hub-ca ${join(checkoutDirectory, 'package.json')}`, 'must be a file with certificates'],
  ])('with %s is refused', async (flags, message) => {
    const said = await type(`io member invite ${name} ${flags}`);
    expect({ ...said, stdout: '' }).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toContain(message);
  });

  test('needs the rights of an administrator', async () => {
    const said = await type(`io member invite ${name}`, cluster.kubeconfigPathFor('nobody'));
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('nobody');
  });
});

describe('a verdict', () => {
  test('lets in, and denies, and shows in the list', async () => {
    await joined();
    expect((await must('io member list')).stdout).toMatch(
      new RegExp(`^${name} +True +True +True +DE +0 +0 +1 +<none>$`, 'm'),
    );
    await must(`io member deny ${name}`);
    await isNow({ Accepted: 'False Denied', Schedulable: 'False NotAccepted' });
    await eventually(() => expect(agents.at(-1)?.last()).toBe('Forbidden'));
    expect((await must('io member list')).stdout).toContain('False (Denied)');
    await must(`io member accept ${name}`);
    await isNow({ Accepted: 'True Accepted' });
    await eventually(() => expect(agents.at(-1)?.last()).toBe('heard'));
  });

  test('for the key that asks now is the only one that lets it in', async () => {
    await admin.apply(ioMemberResource, { metadata: { name }, spec }, { manager: 'test' });
    const said = await type(`io member accept ${name} --key sha256:00`);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('no agent asks');
    expect((await memberNow())?.spec.accepted).toBe(false);
  });

  test('about nobody says so', async () => {
    const said = await type('io member deny nobody');
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toBe(
      'error: there is no IOMember nobody: kubectl io member list shows those that are\n',
    );
  });

  test('puts the old key out within seconds, and the new one stays', async () => {
    const old = await joined();
    expect((await must(`io member revoke ${name}`)).stdout).toContain('only enrolment 2');
    await eventually(() => expect(old.last()).toBe('Forbidden'), { withinMs: 5_000 });
    for (const attempt of [
      () => old.client.list(ioPlacementResource, { namespace: memberNamespace(name) }),
      () => old.client.get(ioMemberResource, name),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ reason: 'Forbidden' });
    }
    await isNow({ Connected: 'False NoHeartbeat', Fenced: 'True SilentTooLong' });
    const renewed = agent({ enrolment: 2, clusterUid: 'uid-of-new-machines' });
    await eventually(() => expect(renewed.last()).toBe('heard'));
    await isNow({ Connected: 'True HeartbeatsArrive', Fenced: 'False NotFenced' });
    expect((await must(`io member revoke ${name} --member`)).stdout).toContain('not accepted');
    await eventually(() => expect(renewed.last()).toBe('Forbidden'), { withinMs: 5_000 });
  });
});

describe('a cluster', () => {
  const isPinned = () =>
    eventually(async () => expect((await memberNow())?.status?.clusterUid).toBeDefined());

  test('that comes up with the key of another one is not trusted, nor is the first any more', async () => {
    const first = await joined();
    await isPinned();
    await first.stop();
    const copy = agent({ clusterUid: 'uid-of-a-copy' });
    await isNow({ Connected: 'False OtherCluster', Schedulable: 'False NotConnected' });
    await copy.stop();
    const again = agent();
    await eventually(() => expect(again.last()).toBe('heard'));
    await isNow({ Connected: 'False OtherCluster' });
    await must(`io member revoke ${name}`);
    await again.stop();
    agent({ enrolment: 2 });
    await isNow({ Connected: 'True HeartbeatsArrive' });
  });

  test('is one member, of two names the older', async () => {
    await joined();
    await isPinned();
    const older = name;
    name = `${older}-again`;
    await admin.apply(ioMemberResource, { metadata: { name }, spec }, { manager: 'test' });
    await must(`io member accept ${name}`);
    agent({ clusterUid: `uid-of-${older}` });
    await isNow({ Connected: 'False DuplicateCluster', Schedulable: 'False NotConnected' });
    await isNow({ Connected: 'True HeartbeatsArrive' }, older);
    const removed = await must(`io member remove ${older} --wait --timeout 1m`);
    expect(removed.stdout).toBe(`${older} is removed\n`);
    await isNow({ Connected: 'True HeartbeatsArrive' });
  });
});

/** A lease of the member, Ready from second 10 on and told until second 40. */
async function leased(finalizer = finalizers.rayCluster): Promise<string> {
  const leaseId = `lease-${String(number).padStart(16, '0')}`;
  await ledger.leases.open(termsOf(leaseId, { member: name }), hold, inEpoch(1, 0));
  await ledger.use(leaseId, inEpoch(1, 10));
  await ledger.observe(name, inEpoch(1, 40));
  const manifest: Manifest = {
    metadata: { name: leaseId, namespace: memberNamespace(name), finalizers: [finalizer] },
    spec: buildPlacementSpec({ member: name, leaseId }),
  };
  await admin.create(ioPlacementResource, manifest);
  return leaseId;
}

/** What the controller of IOClusters and, or on behalf of, an agent do to end a lease. */
async function release(leaseId: string, by: ApiClient): Promise<void> {
  const namespace = memberNamespace(name);
  await admin.delete(ioPlacementResource, leaseId, namespace);
  const patch = { metadata: { finalizers: [] } };
  await by.mergePatch(ioPlacementResource, leaseId, namespace, patch);
  await ledger.leases.close(leaseId, inEpoch(1, 100), 'the member leaves');
}

const settle = () => ledger.epochs.settleClosing(10, inEpoch(1, 200));

async function isGone(): Promise<void> {
  const at = (group: string, plural: string): Resource => ({
    ...{ group, version: 'v1', kind: 'Any', plural, namespaced: false },
  });
  const rbac = 'rbac.authorization.k8s.io';
  const user = `compute.io.net:member:${name}`;
  expect(await memberNow()).toBeUndefined();
  expect(await admin.get(at('', 'namespaces'), memberNamespace(name))).toBeUndefined();
  expect(await admin.get(at(rbac, 'clusterroles'), user)).toBeUndefined();
  expect(await admin.get(at(rbac, 'clusterrolebindings'), user)).toBeUndefined();
  const invitation = `compute.io.net:invitation:${name}`;
  expect(await admin.get(at(rbac, 'clusterroles'), invitation)).toBeUndefined();
}

describe('leaving', () => {
  test('a drain is waited for, and called off', async () => {
    const started = await joined();
    const leaseId = await leased();
    let told = '';
    const waiting = type(
      `io member drain ${name} --deadline 10m --wait --timeout 1m`,
      cluster.adminKubeconfigPath,
      (text) => (told += text),
    );
    await isNow({ Drained: 'False Draining', Schedulable: 'False Draining' });
    await eventually(() => expect(told).toContain('waits: Leases move or end by themselves until'));
    await release(leaseId, started.client);
    expect(await waiting).toMatchObject({ code: 0, stdout: `${name} is drained\n` });
    await isNow({ Drained: 'True Drained' });
    await must(`io member uncordon ${name}`);
    await isNow({ Schedulable: 'True Schedulable' });
    expect((await conditions(name))['Drained']).toBeUndefined();
    await must(`io member cordon ${name}`);
    await isNow({ Schedulable: 'False Cordoned' });
  });

  test('a live member is removed after its agent has released and told everything', async () => {
    const started = await joined();
    await must(`io member invite ${name}`);
    const leaseId = await leased();
    const earned = await ledger.balance('supplier:earned', 'suppliers/x');
    const waiting = type(`io member remove ${name} --wait --timeout 1m`);
    await isNow({ Drained: 'False Draining', Schedulable: 'False Draining' });
    await release(leaseId, started.client);
    await isNow({ Drained: 'True Drained' });
    expect(await settle()).toBe(0);
    // Its last report.
    await ledger.endUse(leaseId, inEpoch(1, 90));
    await ledger.observe(name, inEpoch(1, 100));
    expect(await settle()).toBe(1);
    expect(await waiting).toMatchObject({ code: 0, stdout: `${name} is removed\n` });
    await isGone();
    expect(await ledger.balance('supplier:earned', 'suppliers/x')).toBe(earned + 80_000n);
    await eventually(() => expect(started.last()).toBe('Forbidden'));
  });

  test('a dead member is removed with what it had told, and its leases are settled', async () => {
    const started = await joined();
    const leaseId = await leased();
    const earned = await ledger.balance('supplier:earned', 'suppliers/x');
    await started.stop();
    const waiting = type(`io member remove ${name} --wait --timeout 1m`);
    await isNow({ Drained: 'False Draining', Fenced: 'True SilentTooLong' });
    expect(await memberNow()).toBeDefined();
    // The hub takes the finalizer of a member that was fenced.
    await release(leaseId, admin);
    await eventually(async () => expect(await settle()).toBe(1));
    expect(await waiting).toMatchObject({ code: 0, stdout: `${name} is removed\n` });
    await isGone();
    expect(await ledger.balance('supplier:earned', 'suppliers/x')).toBe(earned + 30_000n);
  });

  test('a member whose agent is heard and tells nothing is waited for no longer than a minute', async () => {
    const started = await joined();
    const leaseId = await leased();
    await must(`io member remove ${name}`);
    await isNow({ Drained: 'False Draining' });
    await release(leaseId, started.client);
    await eventually(async () => expect(await settle()).toBe(1));
    await eventually(isGone, { withinMs: 30_000 });
  });

  test('a member that nobody let in is removed at once', async () => {
    await admin.apply(ioMemberResource, { metadata: { name }, spec }, { manager: 'test' });
    await must(`io member invite ${name}`);
    const removed = await must(`io member remove ${name} --wait --timeout 10s`);
    expect(removed.stdout).toBe(`${name} is removed\n`);
    await isGone();
  });

  test('a removal that does not end within the time says what it waits for', async () => {
    await joined();
    const leaseId = await leased();
    const said = await type(`io member remove ${name} --wait --timeout 2s`);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('not done after 2 s; it goes on without you. waits: Leases move');
    await release(leaseId, admin);
    await eventually(async () => expect(await settle()).toBe(1));
    await eventually(isGone, { withinMs: 30_000 });
  });
});
