import type { Stages } from '../demo/stages.ts';
import type { World } from '../federation/world.ts';
import { type ClusterRequest, deleteCluster, readyCluster } from './clusters.ts';
import type { Renter } from './renter.ts';
import { untilWorkers } from './training.ts';

const READY_WITHIN_S = 240;
const SCALED_WITHIN_S = 240;
const GONE_WITHIN_S = 120;
const IDLE_SECONDS = 20;

/** Two tasks at once on one GPU each: the second waits for a worker that is not there yet. */
const burst = [
  'import ray, time',
  'ray.init()',
  '@ray.remote(num_gpus=1, num_cpus=0)',
  'class Holder:',
  '    def __init__(self): self.held = time.time()',
  '    def hold(self): return self.held',
  'holders = [Holder.remote() for _ in range(2)]',
  'times = ray.get([h.hold.remote() for h in holders], timeout=200)',
  'print("held", len(times), "GPUs at once")',
].join('\n');

/** Ray's autoscaler asks for a second worker when it is needed, and gives it back. */
export async function autoscale(world: World, stages: Stages, renter: Renter): Promise<void> {
  const cluster: ClusterRequest = {
    ...{ name: 'elastic', namespace: renter.namespace, account: 'renter' },
    ...{ workers: 1, upTo: 2, idleSeconds: IDLE_SECONDS },
  };
  const isReady = await stages.run(
    'IOCluster elastic with 1 to 2 workers → Ready with 1',
    READY_WITHIN_S,
    async (say) => {
      const lines = await readyCluster(world, cluster, say);
      await untilWorkers(world, cluster, 1, READY_WITHIN_S * 1000);
      return lines;
    },
  );
  if (isReady) {
    await stages.run(
      'a job for 2 GPUs: the autoscaler adds a worker',
      SCALED_WITHIN_S,
      async () => {
        const lines = await renter.mustIo(
          ['jobs', 'submit', cluster.name, '--', 'python3', '-c', burst],
          {
            withinMs: SCALED_WITHIN_S * 1000,
          },
        );
        const held = lines.filter((line) => line.startsWith('held 2'));
        if (held.length === 0) throw new Error(lines.slice(-12).join('\n'));
        return held;
      },
    );
    await stages.run(`idle for ${IDLE_SECONDS} s: the worker is given back`, SCALED_WITHIN_S, () =>
      untilWorkers(world, cluster, 1, SCALED_WITHIN_S * 1000),
    );
  }
  await stages.run('elastic is deleted', GONE_WITHIN_S, () => deleteCluster(world, cluster));
}
