import { join } from 'node:path';
import { eventually } from '../../operator/testing/eventually.ts';
import type { Say, Stages } from '../demo/stages.ts';
import { checkoutDirectory } from '../federation/paths.ts';
import { mustKubectl } from '../federation/kubectl.ts';
import type { World } from '../federation/world.ts';
import { at, type ClusterRequest, foundCluster, readyCluster } from './clusters.ts';
import type { Renter } from './renter.ts';

const READY_WITHIN_S = 240;
const JOB_WITHIN_S = 400;
const REFUSED_WITHIN_S = 60;
const WORKERS = 2;
const STEPS = 60;
const CHECKPOINT_EVERY = 20;

const folder = join(checkoutDirectory, 'hack/e2e-ray/training');
/** Lines of the job itself; Ray says much more. */
const own = /^(training|worker on|step|checkpoint|model|lost|back)\b/;

export const training = (renter: Renter): ClusterRequest => ({
  ...{ name: 'training', namespace: renter.namespace, account: 'renter', workers: WORKERS },
});

/** A model is trained through the tunnel; once more with a worker killed, to the same end. */
export async function train(
  world: World,
  stages: Stages,
  {
    renter,
    stranger,
    gateway,
  }: { readonly renter: Renter; readonly stranger: Renter; readonly gateway: string },
): Promise<void> {
  const cluster = training(renter);
  const started = performance.now();
  const isReady = await stages.run(
    'IOCluster training: two workers on the real node → Ready',
    READY_WITHIN_S,
    (say) => readyCluster(world, cluster, say),
  );
  if (!isReady) return;
  await stages.run('who has no rights there learns nothing', REFUSED_WITHIN_S, () =>
    refused(stranger, cluster.name, gateway),
  );
  let undisturbed = '';
  await stages.run('kubectl io jobs submit: data-parallel training', JOB_WITHIN_S, async (say) => {
    const lines = await submit(renter, cluster.name, { seed: '7', checkpoints: 'a' }, say);
    undisturbed = modelOf(lines);
    const first = lines.find(({ text }) => text.startsWith('training'))?.atMs ?? 0;
    return [
      ...lines.map(({ atMs, text }) => `${at(atMs - lines.startedMs)}  ${text}`),
      `${at(first - started)}  from kubectl apply to the first line of the job`,
    ];
  });
  await stages.run('a worker is killed mid-way: the job goes on', JOB_WITHIN_S, async (say) => {
    let killed: Promise<string> | undefined;
    const lines = await submit(
      ...([renter, cluster.name, { seed: '7', checkpoints: 'b', pause: '0.3' }, say] as const),
      (text) => {
        if (text.startsWith(`checkpoint at step ${CHECKPOINT_EVERY}`)) {
          killed ??= killWorker(world, cluster);
        }
      },
    );
    const pod = await killed;
    const model = modelOf(lines);
    if (!lines.some(({ text }) => text.startsWith('back to the checkpoint'))) {
      throw new Error(`no worker was missed:\n${lines.map(({ text }) => text).join('\n')}`);
    }
    if (model !== undisturbed) throw new Error(`the model is ${model}, not ${undisturbed}`);
    const shown = lines.map(({ atMs, text }) => `${at(atMs - lines.startedMs)}  ${text}`);
    return [...shown, `killed pod ${pod ?? '?'}; the model is the same`];
  });
  await stages.run('all gateways are killed mid-stream: its log is read on', JOB_WITHIN_S, (say) =>
    gatewaysKilled(world, renter, cluster.name, say),
  );
}

/** Every gateway is killed while a job's log is read: nothing of the job, or of its log, is lost. */
async function gatewaysKilled(
  world: World,
  renter: Renter,
  cluster: string,
  say: Say,
): Promise<readonly string[]> {
  let killed: Promise<string> | undefined;
  const flags = { seed: '7', checkpoints: 'c', pause: '0.3' };
  const lines = await submit(renter, cluster, flags, say, (text) => {
    if (text.startsWith(`checkpoint at step ${CHECKPOINT_EVERY}`)) {
      killed ??= mustKubectl(world.federation.hub.adminKubeconfigPath, [
        ...[
          'delete',
          'pods',
          '--namespace=io-system',
          '--selector=app.kubernetes.io/component=api',
        ],
        ...['--grace-period=0', '--force', '--output=name'],
      ]);
    }
  });
  const pods = (await killed)?.trim().split('\n') ?? [];
  if (pods.length < 2) throw new Error(`not every gateway was killed: ${pods.join(', ')}`);
  const steps = lines.map(({ text }) => text).filter((text) => text.startsWith('step '));
  if (steps.length === 0 || new Set(steps).size !== steps.length) {
    throw new Error(`lines of the log came twice, or none:\n${steps.join('\n')}`);
  }
  const { atMs } = lines.at(-1) ?? { atMs: lines.startedMs };
  return [
    ...pods,
    `model ${modelOf(lines)}, ${at(atMs - lines.startedMs)}, each of its ${steps.length} steps once`,
  ];
}

type Line = { readonly atMs: number; readonly text: string };
type Lines = readonly Line[] & { readonly startedMs: number };

/** Submits the training and returns its own lines, with when they came. */
async function submit(
  renter: Renter,
  cluster: string,
  flags: Readonly<{ seed: string; checkpoints: string; pause?: string }>,
  say: Say,
  onLine: (text: string) => void = () => undefined,
): Promise<Lines> {
  const startedMs = performance.now();
  const lines: Line[] = [];
  const command = [
    ...['python3', 'train.py', `--workers=${WORKERS}`, `--steps=${STEPS}`],
    ...[`--checkpoint-every=${CHECKPOINT_EVERY}`, `--seed=${flags.seed}`],
    ...[`--checkpoints=/tmp/ray/checkpoints/${flags.checkpoints}`, `--pause=${flags.pause ?? '0'}`],
  ];
  const args = ['jobs', 'submit', cluster, `--working-dir=${folder}`, '--', ...command];
  await renter.mustIo(args, {
    withinMs: JOB_WITHIN_S * 1000,
    onLine(text) {
      if (!own.test(text)) return;
      lines.push({ atMs: performance.now(), text });
      say(text);
      onLine(text);
    },
  });
  return Object.assign(lines, { startedMs });
}

function modelOf(lines: readonly Line[]): string {
  const found = lines.map(({ text }) => /^model ([0-9a-f]+) /.exec(text)?.[1]).find(Boolean);
  if (found !== undefined) return found;
  throw new Error(`the job ended without a model:\n${lines.map(({ text }) => text).join('\n')}`);
}

/** Kills a worker as a broken machine does: at once, and without asking it. */
async function killWorker(world: World, cluster: ClusterRequest): Promise<string> {
  const { lease } = (await foundCluster(world, cluster)).status ?? {};
  const pods = await world.pods(lease?.id ?? '');
  const worker = pods.find(({ object }) => object.metadata.name.includes('-worker-'));
  if (worker === undefined) throw new Error('there is no worker to kill');
  const { name, namespace = '' } = worker.object.metadata;
  const plane = world.federation.member(worker.member).controlPlane;
  await mustKubectl(plane.adminKubeconfigPath, [
    ...['delete', 'pod', name, '--namespace', namespace, '--grace-period=0', '--force'],
  ]);
  return name;
}

async function refused(
  stranger: Renter,
  cluster: string,
  gateway: string,
): Promise<readonly string[]> {
  const outcomes = [];
  for (const name of [cluster, 'no-such-cluster']) {
    const { code, lines } = await stranger.io(['jobs', 'list', name, `--gateway=${gateway}`], {
      withinMs: REFUSED_WITHIN_S * 1000,
    });
    if (code === 0) throw new Error(`a stranger sees the jobs of ${name}:\n${lines.join('\n')}`);
    outcomes.push(lines.join(' ').replaceAll(name, 'NAME'));
  }
  const [real, missing] = outcomes;
  if (real !== missing) throw new Error(`the answers differ:\n${real}\n${missing}`);
  return [real ?? ''];
}

/** Workers of a cluster that are ready, as its status says; used where Ray chooses how many. */
export async function untilWorkers(
  world: World,
  cluster: ClusterRequest,
  ready: number,
  withinMs: number,
): Promise<void> {
  await eventually(
    async () => {
      const { lease } = (await foundCluster(world, cluster)).status ?? {};
      const pods = await world.pods(lease?.id ?? '');
      const workers = pods.filter(
        ({ object }) =>
          object.metadata.name.includes('-worker-') &&
          object.metadata.deletionTimestamp === undefined &&
          object.status?.conditions?.some(
            ({ type, status }) => type === 'Ready' && status === 'True',
          ),
      );
      if (workers.length !== ready) throw new Error(`${workers.length} workers are ready`);
    },
    { withinMs, everyMs: 500 },
  );
}
