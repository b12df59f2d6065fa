import { join } from 'node:path';
import { ioMemberResource } from '../../crds/schema/index.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { buildOperator } from '../build.ts';
import { logTails } from '../demo/log-tails.ts';
import { Stages } from '../demo/stages.ts';
import { removeCluster } from '../federation/control-plane.ts';
import { kubectlIo } from '../federation/join.ts';
import { type Federation, federationTools, startFederation } from '../federation/index.ts';
import { realMember } from '../federation/member-profiles.ts';
import { mustKubectl } from '../federation/kubectl.ts';
import { createProgress, silentProgress } from '../federation/progress.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { World } from '../federation/world.ts';
import { ensure } from '../images/cached.ts';
import { kubeRayImage, operatorImage } from '../images/product.ts';
import { rayImage } from '../images/recipes.ts';
import { prepareRealNode } from '../node/real-node.ts';
import { whyNoRealNode } from '../node/system.ts';
import { autoscale } from './autoscaling.ts';
import { faults } from './faults.ts';
import { type Installed, installCharts, uninstallMember } from './installed.ts';
import { fundRenter, settle } from './money.ts';
import { useRayClient } from './ray-client.ts';
import { Renter } from './renter.ts';
import { train, training } from './training.ts';

const CLUSTERS_WITHIN_S = 300;
const IMAGES_WITHIN_S = 120;
const OPERATOR_WITHIN_S = 300;
const STOPPED_WITHIN_S = 120;
const PREPARED_WITHIN_S = 60;
const PODS_GONE_WITHIN_MS = 40_000;
const INTERRUPTED = 130;
const NAMESPACE = 'default';

type Started = { federation?: Federation; installed?: Installed; imageDirectory?: string };

/** `make e2e-ray`: real Ray jobs of a renter on a real node, from the quote to the settlement. */
await runMain(async () => {
  const missing = whyNoRealNode();
  if (missing !== undefined) throw new UserError(`e2e-ray cannot run here: ${missing}`);
  await ensureTools(federationTools(), createProgress());
  await prepareRealNode(createProgress());
  await ensure(rayImage, createProgress());
  const started: Started = {};
  const stages = new Stages({
    stream: process.stdout,
    now: () => performance.now(),
    onFailure: () => (started.installed === undefined ? [] : logTails(started.installed.operator)),
  });
  const runDirectory = await ownedRunDirectory('e2e-ray');
  const imageDirectory = await ownedRunDirectory('e2e-ray-images');
  started.imageDirectory = imageDirectory;
  const clear = async (): Promise<void> => {
    await removeCluster(runDirectory);
    await removeCluster(imageDirectory);
  };
  const abandon = async (): Promise<never> => {
    stages.note('interrupted: tearing down');
    await clear();
    process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void abandon());
  try {
    const world = await up(stages, started, { runDirectory, imageDirectory });
    if (world !== undefined) await journey(world, stages, started);
    await world?.close();
  } finally {
    await stages.run('torn down', STOPPED_WITHIN_S, clear);
  }
  stages.note(`${stages.passed} passed, ${stages.failed} failed`);
  if (stages.failed > 0) process.exitCode = 1;
});

type Directories = { readonly runDirectory: string; readonly imageDirectory: string };

function bundleIn(directory: string): string {
  return join(directory, 'io-operator.mjs');
}

/** Images without a registry, two clusters with a real node each, and both charts on them. */
async function up(
  stages: Stages,
  started: Started,
  { runDirectory, imageDirectory }: Directories,
): Promise<World | undefined> {
  const quiet = { live: false };
  const bundle = bundleIn(imageDirectory);
  const images: { operator?: string; kubeRay?: string } = {};
  await stages.run('images of io-operator and KubeRay are made', IMAGES_WITHIN_S, async () => {
    await buildOperator(bundle);
    images.operator = await operatorImage(imageDirectory, bundle, silentProgress);
    images.kubeRay = await kubeRayImage(imageDirectory);
  });
  const { operator: own, kubeRay } = images;
  if (own === undefined || kubeRay === undefined) return undefined;
  await stages.run(
    'hub and member are up, each with a real node',
    CLUSTERS_WITHIN_S,
    async () => {
      started.federation = await startFederation({
        ...{ runDirectory, members: [realMember], kubeRay: false },
        hubNode: { name: 'hub-1', archives: [own] },
        nodeArchives: [await ensure(rayImage, silentProgress), own, kubeRay],
      });
    },
    quiet,
  );
  const { federation } = started;
  if (federation === undefined) return undefined;
  await stages.run(
    'helm install io-hub, io-member: all pods are ready',
    OPERATOR_WITHIN_S,
    async () => {
      started.installed = await installCharts(federation, bundle);
      return showPods(federation);
    },
  );
  const { installed } = started;
  return installed === undefined ? undefined : new World(federation, installed.operator);
}

/** The product's pods on both nodes. */
async function showPods(federation: Federation): Promise<readonly string[]> {
  const planes = [federation.hub, ...federation.members.map(({ controlPlane }) => controlPlane)];
  const tables = await Promise.all(
    planes.map(async ({ name, adminKubeconfigPath }) => {
      const args = ['get', 'pods', '-A', '--no-headers'];
      const text = await mustKubectl(adminKubeconfigPath, args);
      return text
        .trim()
        .split('\n')
        .map((line) => `${name.padEnd(10)} ${line}`);
    }),
  );
  return tables.flat();
}

async function journey(world: World, stages: Stages, started: Started): Promise<void> {
  const { installed, imageDirectory = '' } = started;
  if (installed === undefined) return;
  const bundle = bundleIn(imageDirectory);
  const people: { renter?: Renter; stranger?: Renter } = {};
  await stages.run('a renter with 100 USDC and a stranger', PREPARED_WITHIN_S, async () => {
    await fundRenter(world, NAMESPACE, '100.00');
    const of = { namespace: NAMESPACE, bundle };
    people.renter = await Renter.create(world, { ...of, account: 'ray-user', role: 'edit' });
    people.stranger = await Renter.create(world, { ...of, account: 'stranger' });
  });
  const { renter, stranger } = people;
  if (renter === undefined || stranger === undefined) return;
  const cluster = training(renter);
  await train(world, stages, { renter, stranger, gateway: installed.gateway });
  const directory = world.federation.runDirectory;
  await useRayClient(stages, renter, { cluster: cluster.name, directory });
  await settle(world, stages, cluster);
  await autoscale(world, stages, renter);
  await faults(world, stages, renter);
  await stages.run(
    'helm uninstall io-member, kubectl io member remove: it is gone',
    OPERATOR_WITHIN_S,
    () => leave(world, bundle),
  );
}

/** The data centre takes the agent away; then an administrator of the hub removes the member. */
async function leave({ federation, hub }: World, bundle: string): Promise<readonly string[]> {
  const { name } = realMember;
  const member = federation.member(name);
  const said = await uninstallMember(federation, member);
  const kubeconfig = member.controlPlane.adminKubeconfigPath;
  // Helm waits for Deployments; their pods end a moment later.
  await eventually(
    async () => {
      const left = await mustKubectl(kubeconfig, ['get', 'pods', '-A', '--no-headers']);
      if (left.trim() !== '') throw new Error(`pods are left on ${name}:\n${left}`);
    },
    { withinMs: PODS_GONE_WITHIN_MS, everyMs: 500 },
  );
  const namespaces = await mustKubectl(kubeconfig, ['get', 'namespaces', '--output=name']);
  if (namespaces.includes('io-tenant-')) throw new Error(`tenants are left:\n${namespaces}`);
  const administrator = { bundle, hubKubeconfig: federation.hub.adminKubeconfigPath };
  const removed = await kubectlIo(administrator, 'remove', name, '--wait');
  if ((await hub.get(ioMemberResource, name)) !== undefined) {
    throw new Error(`the IOMember ${name} is still there`);
  }
  return `${said.trim()}\n${removed.trim()}`.split('\n').slice(-8);
}
