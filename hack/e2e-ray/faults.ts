import { eventually } from '../../operator/testing/eventually.ts';
import type { Stages } from '../demo/stages.ts';
import type { World } from '../federation/world.ts';
import { applyCluster, type ClusterRequest, foundCluster } from './clusters.ts';
import { endUnbilled } from './money.ts';
import type { Renter } from './renter.ts';

const WITHIN_S = 180;

/** What cannot run is said to the renter, and costs nothing. */
export async function faults(world: World, stages: Stages, renter: Renter): Promise<void> {
  const own = { namespace: renter.namespace, account: 'renter', workers: 1 };
  const cases: readonly [string, ClusterRequest, RegExp][] = [
    [
      'an image that does not exist: reported, never billed',
      { ...own, name: 'no-image', image: 'io-operator.local/no-such-image:1' },
      /image/i,
    ],
    [
      'a worker that never becomes Ready: reported, never billed',
      { ...own, name: 'too-large', cpu: '64' },
      /0 of 1 workers are ready/,
    ],
  ];
  for (const [title, cluster, message] of cases) {
    await stages.run(title, WITHIN_S, () => fault(world, cluster, message));
  }
}

async function fault(
  world: World,
  cluster: ClusterRequest,
  expected: RegExp,
): Promise<readonly string[]> {
  await applyCluster(world, cluster);
  const said = await eventually(
    async () => {
      const { conditions = [] } = (await foundCluster(world, cluster)).status ?? {};
      const ready = conditions.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'False' || !expected.test(ready.message)) {
        throw new Error(`Ready is ${ready?.status} ${ready?.reason}: ${ready?.message}`);
      }
      return `Ready=False ${ready.reason}: ${ready.message}`;
    },
    { withinMs: (WITHIN_S * 1000) / 2, everyMs: 200 },
  );
  return [said, await endUnbilled(world, cluster)];
}
