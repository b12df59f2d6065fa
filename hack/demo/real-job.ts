import { join } from 'node:path';
import { at, type ClusterRequest, deleteCluster, readyCluster } from '../e2e-ray/clusters.ts';
import { Renter } from '../e2e-ray/renter.ts';
import { realMember } from '../federation/member-profiles.ts';
import { checkoutDirectory } from '../federation/paths.ts';
import type { World } from '../federation/world.ts';
import type { Stages } from './stages.ts';
import { whyNoRealNode } from '../node/system.ts';

const READY_WITHIN_S = 240;
const JOB_WITHIN_S = 180;
const GONE_WITHIN_S = 120;

const cluster: ClusterRequest = {
  ...{ name: 'training', namespace: 'default', account: 'renter', workers: 2 },
};

/** Lines of the job itself; Ray says much more. */
const own = /^(training|worker on|step|checkpoint|model|lost|back) ?/;

/** The renter trains a small model on the member whose pods run, through the tunnel. */
export async function runRealJob(world: World, stages: Stages): Promise<void> {
  if (!world.memberNames.includes(realMember.name)) {
    stages.note(`· no job runs: ${whyNoRealNode() ?? 'no member is real.'}`);
    return;
  }
  let renter: Renter | undefined;
  const isReady = await stages.run(
    `an IOCluster on ${realMember.name}, whose pods run → Ready`,
    READY_WITHIN_S,
    async (say) => {
      renter = await Renter.create(world, {
        ...{ namespace: cluster.namespace, account: 'ray-user', role: 'edit' },
        bundle: join(world.federation.runDirectory, 'operator', 'io-operator.mjs'),
      });
      return readyCluster(world, cluster, say);
    },
  );
  if (!isReady || renter === undefined) return;
  const person = renter;
  await stages.run('kubectl io jobs submit training -- python3 train.py', JOB_WITHIN_S, (say) =>
    trainThrough(person, say),
  );
  await stages.run('its pods are gone', GONE_WITHIN_S, () => deleteCluster(world, cluster));
}

/** Submits the training through the gateway and returns what it printed, with times. */
async function trainThrough(
  renter: Renter,
  say: (text: string) => void,
): Promise<readonly string[]> {
  const started = performance.now();
  const shown: string[] = [];
  const folder = join(checkoutDirectory, 'hack/e2e-ray/training');
  const command = ['--', 'python3', 'train.py', '--workers=2', '--steps=40'];
  await renter.mustIo(['jobs', 'submit', cluster.name, `--working-dir=${folder}`, ...command], {
    withinMs: JOB_WITHIN_S * 1000,
    onLine(line) {
      if (!own.test(line)) return;
      shown.push(`${at(performance.now() - started)}  ${line}`);
      say(line);
    },
  });
  if (!shown.some((line) => / model [0-9a-f]+ accuracy /.test(line))) {
    throw new Error(`the job ended without a model:\n${shown.join('\n')}`);
  }
  return shown;
}
