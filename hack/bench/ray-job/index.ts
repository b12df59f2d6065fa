import { join } from 'node:path';
import { followUntilReady, type Milestone } from '../../demo/timeline.ts';
import { realMember } from '../../federation/member-profiles.ts';
import { checkoutDirectory } from '../../federation/paths.ts';
import type { World } from '../../federation/world.ts';
import { whyNoRealNode } from '../../node/system.ts';
import { applyCluster, type ClusterRequest, deleteCluster } from '../../e2e-ray/clusters.ts';
import { fundRenter } from '../../e2e-ray/money.ts';
import { Renter } from '../../e2e-ray/renter.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { withWorld } from '../federation.ts';
import { quantile } from '../statistics.ts';

const RUNS = 5;
const NAMESPACE = 'default';
const JOB_WITHIN_MS = 120_000;
const folder = join(checkoutDirectory, 'hack/e2e-ray/training');

/** Seconds from `kubectl apply`, each at the end of its stage. */
type Run = Readonly<Record<Stage, number>>;

const stages = ['placed', 'provisioned', 'ready', 'submitted', 'first_line'] as const;
type Stage = (typeof stages)[number];

const told: Readonly<Record<Stage, string>> = {
  placed: 'devices are leased and the IOPlacement is written',
  provisioned: 'the RayCluster is applied on the member',
  ready: 'head and two workers are ready',
  submitted: 'the job is submitted through the tunnel',
  first_line: 'the first line of its output has come back',
};

/** From `kubectl apply` to the first line of a job on a real node, by stage. */
export async function rayJob(context: BenchContext): Promise<void> {
  const missing = whyNoRealNode();
  if (missing !== undefined) {
    context.say(`no figures: ${missing}`);
    return;
  }
  const options = { members: [realMember], operator: { money: true } };
  await withWorld(options, async (world) => {
    await fundRenter(world, NAMESPACE, '100.00');
    const renter = await Renter.create(world, {
      ...{ namespace: NAMESPACE, account: 'ray-user', role: 'edit' },
      bundle: join(world.federation.runDirectory, 'operator', 'io-operator.mjs'),
    });
    const runs: Run[] = [];
    // The first run reads image and programs from the disk.
    for (let n = 0; n <= scaled(context, RUNS); n += 1) {
      const run = await oneJob(world, renter, `job-${n}`);
      context.say(`${n === 0 ? 'warming up' : `run ${n}`}: ${run.first_line.toFixed(1)} s`);
      if (n > 0) runs.push(run);
    }
    for (const stage of stages) report(context, stage, runs);
  });
}

async function oneJob(world: World, renter: Renter, name: string): Promise<Run> {
  const cluster: ClusterRequest = {
    ...{ name, namespace: NAMESPACE, account: 'renter', workers: 2 },
  };
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  await applyCluster(world, cluster);
  const milestones = await followUntilReady(world.hub, cluster, elapsed, () => undefined);
  const { submitted, firstLine } = await firstLineOf(renter, name, elapsed);
  await deleteCluster(world, cluster);
  return {
    placed: secondsOf(milestones, 'Placed'),
    provisioned: secondsOf(milestones, 'Provisioned'),
    ready: secondsOf(milestones, 'Ready'),
    submitted,
    first_line: firstLine,
  };
}

/** Runs the training, and says when it was accepted and when its first own line came. */
async function firstLineOf(
  renter: Renter,
  cluster: string,
  elapsed: () => number,
): Promise<Readonly<{ submitted: number; firstLine: number }>> {
  let submitted: number | undefined;
  let firstLine: number | undefined;
  const command = ['--', 'python3', 'train.py', '--workers=2', '--steps=1'];
  await renter.mustIo(['jobs', 'submit', cluster, `--working-dir=${folder}`, ...command], {
    withinMs: JOB_WITHIN_MS,
    onLine(line) {
      if (/raysubmit_|submitted/.test(line)) submitted ??= elapsed() / 1000;
      if (line.startsWith('training')) firstLine ??= elapsed() / 1000;
    },
  });
  if (submitted === undefined || firstLine === undefined) {
    throw new Error(`the job on ${cluster} ended without its first line`);
  }
  return { submitted, firstLine };
}

function secondsOf(milestones: readonly Milestone[], type: string): number {
  const found = milestones.find((milestone) => milestone.type === type);
  if (found === undefined) throw new Error(`the cluster was Ready without being ${type}`);
  return found.afterMs / 1000;
}

function report({ figures }: BenchContext, stage: Stage, runs: readonly Run[]): void {
  const values = runs.map((run) => run[stage]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  figures.add({
    ...{ name: `apply_to_${stage}_seconds`, value: quantile(values, 0.5), unit: 's' },
    n: runs.length,
    note:
      `${told[stage]}; median, ${least.toFixed(1)} to ${most.toFixed(1)} s; real kubelet, ` +
      'containerd, KubeRay and Ray, hub and member on one machine, image on the node',
  });
}
