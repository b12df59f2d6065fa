import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { samples } from '../../../hack/demo/metrics.ts';
import { kubectl, type KubectlResult } from '../../../hack/federation/kubectl.ts';
import { agentKubeconfigs, issueHubKubeconfig } from '../../../hack/federation/operator-install.ts';
import {
  expectReady,
  createCluster,
  type GetWorld,
  newNamespace,
  onFrankfurt,
} from '../harness.ts';

const mine = '--namespace=io-member-ashburn-1';
const theirs = '--namespace=io-member-frankfurt-1';

/** A namespace that is being deleted answers 403 as well, which has nothing to do with rights. */
const intoTenantNamespaces = /verb="apply",resource="(rayclusters\.ray\.io|serviceaccounts)"/;

/** What credentials can not do. */
export function accessScenarios(world: GetWorld): void {
  describe('access', () => {
    const asAgent = (args: readonly string[], input?: string): Promise<KubectlResult> => {
      const { federation } = world();
      const { hub } = agentKubeconfigs(federation, federation.member('ashburn-1'));
      return kubectl(hub, args, input);
    };

    test('an agent works in the namespace of its member', async () => {
      for (const kind of ['iodevices', 'ioplacements']) {
        expect(await asAgent(['get', kind, mine])).toMatchObject({ code: 0 });
      }
      const itself = ['get', 'iomembers', '--field-selector=metadata.name=ashburn-1'];
      expect(await asAgent(itself)).toMatchObject({ code: 0 });
    });

    test('an agent neither reads nor writes what is of another member', async () => {
      const namespace = await newNamespace(world(), 'private');
      await createCluster(world(), { namespace, name: 'secret' }, onFrankfurt(1));
      const { lease } = await expectReady(world(), { namespace, name: 'secret' });
      const [device] = (await world().devices()).filter(
        ({ spec }) => spec.member === 'frankfurt-1',
      );
      const deviceName = device?.metadata.name ?? '';
      const patch = ['--type=merge', '-p', '{"metadata":{"labels":{"stolen":"yes"}}}'];
      const copy = JSON.stringify({ ...device, metadata: { name: 'forged' }, status: undefined });
      const attempts: readonly (readonly [readonly string[], string?])[] = [
        [['get', 'iodevices', theirs]],
        [['get', 'iodevices', '--all-namespaces']],
        [['get', 'iodevice', deviceName, theirs]],
        [['patch', 'iodevice', deviceName, theirs, ...patch]],
        [['delete', 'iodevice', deviceName, theirs]],
        [['create', theirs, '-f', '-'], copy],
        [['get', 'ioplacements', theirs]],
        [['get', 'ioplacements', '--all-namespaces']],
        [['get', 'ioplacement', lease.id, theirs]],
        [['patch', 'ioplacement', lease.id, theirs, ...patch]],
        [['patch', 'ioplacement', lease.id, theirs, '--subresource=status', ...patch]],
        [['delete', 'ioplacement', lease.id, theirs]],
        [['get', 'lease', 'heartbeat', theirs]],
        [['patch', 'lease', 'heartbeat', theirs, ...patch]],
        [['get', 'iomember', 'frankfurt-1']],
        [['get', 'iomembers']],
        [['get', 'csr', 'io-member-frankfurt-1-renewal']],
        [['get', 'csr']],
        [['get', 'ioclusters', '--all-namespaces']],
      ];
      for (const [args, input] of attempts) await expectForbidden(asAgent(args, input), args);
    });

    test('an agent does not judge its own devices, price leases or let itself in', async () => {
      const [device] = (await world().devices()).filter(({ spec }) => spec.member === 'ashburn-1');
      const name = device?.metadata.name ?? '';
      const status = '{"status":{"conditions":[]}}';
      const attempts = [
        ['patch', 'iodevice', name, mine, '--subresource=status', '--type=merge', '-p', status],
        ['patch', 'iomember', 'ashburn-1', '--type=merge', '-p', '{"spec":{"accepted":true}}'],
        ['create', 'role', 'more', mine, '--verb=get', '--resource=secrets'],
        ['create', 'rolebinding', 'more', mine, '--role=io-agent', '--user=somebody'],
        ['get', 'leases', mine],
        ['get', 'secrets', mine],
        ['get', 'nodes'],
        ['get', 'namespaces'],
      ];
      for (const args of attempts) await expectForbidden(asAgent(args), args);
    });

    test('on its own cluster an agent changes no pod and reads no secret and no role', async () => {
      const { federation } = world();
      const { local } = agentKubeconfigs(federation, federation.member('ashburn-1'));
      for (const args of [
        ['delete', 'pod', 'any', '--namespace=default'],
        ['run', 'more', '--image=more', '--namespace=default'],
        ['get', 'secrets', '--all-namespaces'],
        ['get', 'clusterroles'],
        ['delete', 'node', 'a100-1'],
        ['create', 'serviceaccount', 'more', '--namespace=default'],
      ]) {
        await expectForbidden(kubectl(local, args), args);
      }
    });

    test('the hub can give away only what it has itself', async () => {
      const asHub = (args: readonly string[]): Promise<KubectlResult> =>
        kubectl(issueHubKubeconfig(world().federation), args);
      for (const args of [
        ['get', 'secrets', '--all-namespaces'],
        ['delete', 'lease', 'kube-scheduler', '--namespace=kube-system'],
        ['create', 'clusterrolebinding', 'more', '--clusterrole=cluster-admin', '--user=somebody'],
        ['create', 'clusterrole', 'more', '--verb=get', '--resource=secrets'],
        ['create', 'role', 'io-agent', '--namespace=kube-system', '--verb=*', '--resource=pods'],
        ['delete', 'iocluster', 'any', '--namespace=default'],
        ['create', 'namespace', 'kube-more', '--as=system:admin'],
      ]) {
        await expectForbidden(asHub(args), args);
      }
    });

    test('hub and agents themselves have been refused nothing', async () => {
      const { hubs, agents } = world().operator;
      for (const each of [...hubs, ...agents]) {
        const requests = samples(await each.metrics(), 'io_api_requests_total');
        const refused = requests.filter(
          ({ labels }) => labels.includes('code="403"') && !intoTenantNamespaces.test(labels),
        );
        expect({ name: each.name, refused }).toEqual({ name: each.name, refused: [] });
      }
    });

    test('no kubeconfig skips the check of certificates', () => {
      const { federation } = world();
      const { hub, local } = agentKubeconfigs(federation, federation.member('ashburn-1'));
      for (const path of [hub, local, issueHubKubeconfig(federation)]) {
        expect(readFileSync(path, 'utf8')).not.toContain('insecure-skip-tls-verify');
      }
    });
  });
}

async function expectForbidden(
  result: Promise<KubectlResult>,
  args: readonly string[],
): Promise<void> {
  const { code, stderr } = await result;
  expect([args.join(' '), code, stderr]).toEqual([
    args.join(' '),
    1,
    expect.stringMatching(/forbidden/i),
  ]);
}
