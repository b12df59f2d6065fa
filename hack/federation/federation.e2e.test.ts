import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../operator/testing/eventually.ts';
import { binaryPath } from './cache.ts';
import {
  attachFederation,
  type Federation,
  type FederationMember,
  startFederation,
  stopFederation,
} from './index.ts';
import { KubeApi } from './kube-api.ts';
import { defaultMembers } from './member-profiles.ts';
import { cacheRoot, checkoutDirectory, runDirectoryOf } from './paths.ts';
import { findRecords, readRecord } from './process.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { silentProgress } from './progress.ts';
import { ownedRunDirectory, ownerOf } from './run-directory.ts';

const run = promisify(execFile);
const BUILD_AND_START_MS = 1_800_000;
const RAY_WITHIN_MS = 60_000;

const members = defaultMembers.slice(2);

/** A RayCluster with one GPU worker on the member's H100 nodes. */
const rayCluster = (name: string) => {
  const pod = (container: string, limits: Record<string, string>, more: object = {}) => ({
    spec: { ...more, containers: [{ name: container, image: 'ray:test', resources: { limits } }] },
  });
  const tolerations = [{ key: 'nvidia.com/gpu', operator: 'Exists' }];
  const nodeSelector = { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' };
  return {
    apiVersion: 'ray.io/v1',
    kind: 'RayCluster',
    metadata: { name, namespace: 'default' },
    spec: {
      rayVersion: '2.52.1',
      headGroupSpec: { rayStartParams: {}, template: pod('ray-head', { cpu: '2', memory: '8Gi' }) },
      workerGroupSpecs: [
        {
          groupName: 'gpu',
          replicas: 1,
          minReplicas: 1,
          maxReplicas: 1,
          rayStartParams: {},
          template: pod(
            'ray-worker',
            { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' },
            { tolerations, nodeSelector },
          ),
        },
      ],
    },
  };
};

const identitiesIn = (directory: string): ProcessIdentity[] =>
  findRecords(directory).flatMap((record) => readRecord(record) ?? []);

const reservedPorts = (directory: string): string[] => {
  const folder = join(cacheRoot(), 'ports');
  return readdirSync(folder).filter((port) => {
    const file = join(folder, port);
    return existsSync(file) && readFileSync(file, 'utf8').startsWith(directory);
  });
};

describe('a hub with one member', () => {
  let federation: Federation;
  let member: FederationMember;
  let api: KubeApi;
  beforeAll(async () => {
    const runDirectory = await ownedRunDirectory('e2e');
    federation = await startFederation({ members, runDirectory, progress: silentProgress });
    member = federation.member('singapore-1');
    api = new KubeApi(member.controlPlane.adminKubeconfigPath);
  }, BUILD_AND_START_MS);
  afterAll(async () => {
    await api?.close();
    await federation?.stop();
  }, 60_000);

  const becomesReady = async (name: string): Promise<void> => {
    await api.apply(rayCluster(name));
    await eventually(
      async () => {
        const found = await api.get(`/apis/ray.io/v1/namespaces/default/rayclusters/${name}`);
        expect(found).toMatchObject({ status: { state: 'ready', readyWorkerReplicas: 1 } });
      },
      { withinMs: RAY_WITHIN_MS, everyMs: 100 },
    );
  };

  test('the nodes are Ready, hold leases and offer what the profile says', async () => {
    const node = await api.get('/api/v1/nodes/h100-mig-1');
    expect(node).toMatchObject({
      status: { allocatable: { 'nvidia.com/gpu': '0', 'nvidia.com/mig-1g.10gb': '14' } },
    });
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await eventually(async () => {
      const { items } = (await api.get(leases)) as { items: readonly unknown[] };
      expect(items).toHaveLength(5);
    });
  });

  test('a RayCluster becomes ready, with its worker on a GPU node', async () => {
    await becomesReady('first');
    const pods = (await api.get(
      '/api/v1/namespaces/default/pods?labelSelector=ray.io/cluster=first,ray.io/group=gpu',
    )) as { items: readonly { spec: { nodeName: string } }[] };
    expect(pods.items.map(({ spec }) => spec.nodeName)).toEqual([
      expect.stringMatching(/^h100-\d$/),
    ]);
  }, 90_000);

  // Not kwok: a new one waits until the node leases of the killed one expire, 40 seconds.
  test.each(['kube-apiserver', 'etcd', 'kuberay-operator', 'kube-scheduler'])(
    '%s killed and started again: the next RayCluster becomes ready',
    async (component) => {
      const plane = member.controlPlane;
      const before = plane.processes;
      await plane.killComponent(component);
      expect(plane.processes.map(({ name }) => name)).not.toContain(component);
      await plane.startComponent(component);
      expect(plane.processes.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
      await becomesReady(`after-${component}`);
    },
    120_000,
  );

  test('hub and member have authorities of their own, and no kubeconfig skips TLS', async () => {
    expect(member.controlPlane.caPem).not.toBe(federation.hub.caPem);
    const text = readFileSync(federation.kubeconfigPath, 'utf8');
    expect(text).not.toContain('insecure-skip-tls-verify');
    const kubectl = async (context: string) =>
      run(binaryPath('kubectl'), [
        '--kubeconfig',
        federation.kubeconfigPath,
        '--context',
        context,
        'get',
        'nodes',
        '-o',
        'name',
      ]);
    expect((await kubectl('hub')).stdout).toBe('');
    expect((await kubectl('singapore-1')).stdout.split('\n')).toContain('node/l40s-shared-1');
    const crossed = join(federation.runDirectory, 'crossed.yaml');
    const hubKubeconfig = readFileSync(federation.hub.adminKubeconfigPath, 'utf8');
    writeFileSync(
      crossed,
      hubKubeconfig.replace(federation.hub.server, member.controlPlane.server),
    );
    const stranger = new KubeApi(crossed);
    await expect(stranger.get('/version')).rejects.toThrow(/certificate/);
    await stranger.close();
  });

  test('another process can attach, and stop leaves no process, port or file', async () => {
    const { runDirectory } = federation;
    expect(ownerOf(runDirectory)?.pid).toBe(process.pid); // or make down would end it under us
    expect(attachFederation(runDirectory).hub.processes).toEqual(federation.hub.processes);
    const identities = identitiesIn(runDirectory);
    expect(identities).toHaveLength(9);
    expect(identities.every(isAlive)).toBe(true);
    expect(reservedPorts(runDirectory)).toHaveLength(15);
    await stopFederation(runDirectory);
    expect(identities.filter(isAlive)).toEqual([]);
    expect(reservedPorts(runDirectory)).toEqual([]);
    expect(existsSync(runDirectory)).toBe(false);
    expect(() => attachFederation(runDirectory)).toThrow(/start them with make up or make demo/);
    await stopFederation(runDirectory);
  }, 60_000);
});

describe('a start that is killed half-way', () => {
  const name = `e2e-crash-${process.pid}`;
  const runDirectory = runDirectoryOf(name);
  const start = () =>
    spawn(process.execPath, [join(checkoutDirectory, 'hack/up.ts'), '--name', name], {
      stdio: 'ignore',
    });
  const killWhen = async (condition: () => void): Promise<ProcessIdentity[]> => {
    const starter = start();
    await eventually(condition, { withinMs: 60_000 });
    starter.kill('SIGKILL');
    await eventually(() => expect(starter.signalCode).toBe('SIGKILL'));
    return identitiesIn(runDirectory);
  };
  afterAll(() => stopFederation(runDirectory), 60_000);

  test('can be stopped, and started again over what it left', async () => {
    const left = await killWhen(() => expect(identitiesIn(runDirectory).length).toBeGreaterThan(2));
    expect(left.some(isAlive)).toBe(true);
    const leftAgain = await killWhen(() => {
      expect(left.filter(isAlive)).toEqual([]);
      expect(identitiesIn(runDirectory).length).toBeGreaterThan(0);
    });
    await stopFederation(runDirectory);
    expect(leftAgain.filter(isAlive)).toEqual([]);
    expect(reservedPorts(runDirectory)).toEqual([]);
    expect(existsSync(runDirectory)).toBe(false);
  }, 120_000);
});
