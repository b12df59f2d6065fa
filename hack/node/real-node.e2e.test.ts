import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../operator/testing/eventually.ts';
import { type ControlPlane, removeCluster } from '../federation/control-plane.ts';
import { federationTools } from '../federation/index.ts';
import { KubeApi } from '../federation/kube-api.ts';
import { startMember } from '../federation/member.ts';
import { realMember } from '../federation/member-profiles.ts';
import { kubectl } from '../federation/kubectl.ts';
import { readRecord } from '../federation/process.ts';
import { silentProgress } from '../federation/progress.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { ensure, pathOf } from '../images/cached.ts';
import { command } from '../images/command.ts';
import { nodeRoot, RAY_IMAGE } from '../images/recipes.ts';
import { parseHierarchies } from './cgroups.ts';
import { whyNoRealNode } from './system.ts';

const START_MS = 1_800_000;
const POD_WITHIN_MS = 60_000;
const TEST_MS = 180_000;

const missing = whyNoRealNode();

const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** What of this machine a node may change while it runs, and nobody else does. */
async function machine(): Promise<Record<string, unknown>> {
  const hierarchies = parseHierarchies(text('/proc/self/mounts'));
  const sysctls = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'];
  // From the node's own root, as a bare machine may have neither.
  const inRoot = (program: string): Promise<string> =>
    command('chroot', [pathOf(nodeRoot), program], { withinMs: 10_000 });
  const saved = await Promise.all([
    inRoot('/usr/sbin/iptables-nft-save'),
    inRoot('/usr/sbin/iptables-legacy-save'),
  ]);
  return {
    devices: readdirSync('/sys/class/net').toSorted(),
    routes: text('/proc/net/route').trim().split('\n').toSorted(),
    filters: saved.map((each) => each.replaceAll(/\[[0-9:]+\]|^#.*$/gm, '')),
    mounts: text('/proc/self/mounts').trim().split('\n').toSorted(),
    cgroups: hierarchies.map(({ mount }) =>
      readdirSync(mount).filter((name) => name.startsWith('io-operator-')),
    ),
    sysctls: sysctls.map((name) => text(`/proc/sys/${name}`)),
    ...{ forwarding: text('/proc/sys/net/ipv4/ip_forward') },
  };
}

/** How many processes are in a cgroup of this name or below it. */
const processesIn = (cgroup: string): number =>
  readdirSync('/proc').filter(
    (name) => /^[0-9]+$/.test(name) && text(`/proc/${name}/cgroup`).includes(`/${cgroup}`),
  ).length;

const pod = (name: string, script: string) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        ...{ name: 'main', image: RAY_IMAGE, command: ['/bin/sh', '-c', script] },
        resources: { limits: { 'nvidia.com/gpu': '1' } },
      },
    ],
  },
});

function tests(): void {
  let before: Record<string, unknown>;
  let directory = '';
  let plane: ControlPlane | undefined;
  let api: KubeApi;
  const node = (): ControlPlane => {
    if (plane === undefined) throw new Error('the node did not start');
    return plane;
  };
  const run = (...args: string[]) => kubectl(node().adminKubeconfigPath, args);

  beforeAll(async () => {
    await ensureTools(federationTools(), silentProgress);
    await ensure(nodeRoot, silentProgress);
    before = await machine();
    directory = await ownedRunDirectory('node');
    plane = await startMember({
      ...{ directory: join(directory, 'member'), profile: realMember, kubeRay: false },
    });
    api = new KubeApi(plane.adminKubeconfigPath);
    await api.apply(
      pod('first', 'id -u; getent hosts kubernetes.default.svc.cluster.local; sleep 1000'),
    );
  }, START_MS);

  afterAll(async () => {
    await api?.close();
    await removeCluster(directory);
  }, TEST_MS);

  test(
    'a pod runs, resolves names of the cluster, and its log and a shell in it can be had',
    async () => {
      const address = node().network?.apiAddress ?? '';
      await eventually(
        async () => {
          const { stdout, stderr } = await run('logs', 'first');
          expect(stderr).toBe('');
          expect(stdout).toMatch(new RegExp(`^1000\n${address.replaceAll('.', '\\.')} `));
        },
        { withinMs: POD_WITHIN_MS, everyMs: 200 },
      );
      const { stdout } = await run('exec', 'first', '--', 'cat', '/proc/sys/vm/overcommit_memory');
      // The machine's own value: what the kubelet reads is masked for the kubelet alone.
      expect(stdout).toBe(text('/proc/sys/vm/overcommit_memory'));
    },
    TEST_MS,
  );

  test(
    'a pod for more GPUs than are advertised waits',
    async () => {
      const { gpus } = realMember.realNode ?? {};
      const many = pod('many', 'true');
      const [container] = many.spec.containers;
      if (container === undefined) throw new Error('no container');
      container.resources.limits['nvidia.com/gpu'] = String((gpus?.gpusPerNode ?? 0) + 1);
      await api.apply(many);
      await eventually(
        async () => {
          const { stdout } = await run('describe', 'pod', 'many');
          expect(stdout).toContain('Insufficient nvidia.com/gpu');
        },
        { withinMs: POD_WITHIN_MS, everyMs: 200 },
      );
    },
    TEST_MS,
  );

  test('the kubelet takes commands of nobody but the API server', async () => {
    const { nodeAddress = '' } = node().network ?? {};
    const dispatcher = { headers: { authorization: 'Bearer nobody' } };
    await expect(fetch(`https://${nodeAddress}:10250/pods`, dispatcher)).rejects.toThrow(
      'fetch failed',
    );
    await expect(fetch(`http://${nodeAddress}:10255/pods`)).rejects.toThrow('fetch failed');
  });

  test(
    'killed at once, it leaves nothing that removing its directory does not take away',
    async () => {
      const identity = readRecord(join(node().directory, 'node.process'));
      if (identity === undefined) throw new Error('no record of the node');
      const { device = '' } = node().network ?? {};
      expect(readdirSync('/sys/class/net')).toContain(device);
      const cgroups = text(join(node().directory, 'node.cgroups'));
      const own = /io-operator-[0-9a-f]+/.exec(cgroups)?.[0] ?? 'none';
      expect(processesIn(own)).toBeGreaterThan(5);
      process.kill(identity.pid, 'SIGKILL');
      await removeCluster(directory);
      expect(existsSync(directory)).toBe(false);
      await eventually(async () => expect(await machine()).toEqual(before), {
        ...{ withinMs: 20_000, everyMs: 200 },
      });
      expect(processesIn(own)).toBe(0);
    },
    TEST_MS,
  );
}

if (missing === undefined) {
  describe('a node that runs its pods', () => {
    tests();
  });
} else {
  test(`no node here: ${missing}`, () => expect(missing).toMatch(/\.$/));
}
