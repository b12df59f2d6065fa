import { sql } from 'kysely';
import { eventually } from '../../operator/testing/eventually.ts';
import type { Stages } from '../demo/stages.ts';
import { audit, moneyOf, settlementOf, withDatabase } from '../demo/money.ts';
import { meteredSeconds } from '../federation/ledger.ts';
import type { World } from '../federation/world.ts';
import { type ClusterRequest, deleteCluster, foundCluster } from './clusters.ts';

const SETTLED_WITHIN_S = 180;
const POLL_MS = 500;

/** An account with money in it, booked as an administrator does without a chain. */
export async function fundRenter(world: World, namespace: string, amount: string): Promise<void> {
  const account = {
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOAccount' },
    metadata: { name: 'renter', namespace },
    spec: { kind: 'Renter' },
  };
  await world.mustKubectl(['apply', '-f', '-'], JSON.stringify(account));
  const { cli, ownerUrlFile } = moneyOf(world);
  await cli([
    ...['deposit', `--database-url-file=${ownerUrlFile}`, `--account=${namespace}/renter`],
    ...[`--amount=${amount}`, '--reference=e2e-ray'],
  ]);
}

/** The cluster is deleted; its renter paid for Ready seconds, and everybody has what is theirs. */
export async function settle(world: World, stages: Stages, cluster: ClusterRequest): Promise<void> {
  await stages.run('deleted: metered, charged and paid', SETTLED_WITHIN_S, async () => {
    const { lease } = (await foundCluster(world, cluster)).status ?? {};
    const started = Date.parse(lease?.startTime ?? '');
    await deleteCluster(world, cluster);
    const mostSeconds = Math.ceil((Date.now() - started) / 1000) * cluster.workers;
    return withDatabase(world, async (database) => {
      const lines = await eventually(() => settlementOf(database, cluster), patience);
      const seconds = await meteredSeconds(database, lease?.id ?? '');
      if (seconds <= 0 || seconds > mostSeconds) {
        throw new Error(`${seconds} device-seconds are metered, ${mostSeconds} were possible`);
      }
      return [...lines, `${seconds} of ${mostSeconds} device-seconds since it was placed`];
    });
  });
  await stages.run('an audit recomputes every charge and balance', SETTLED_WITHIN_S, () =>
    audit(world),
  );
}

/** Deletes a cluster that never was Ready and returns when its lease is settled for nothing. */
export async function endUnbilled(world: World, cluster: ClusterRequest): Promise<string> {
  await deleteCluster(world, cluster);
  return withDatabase(world, (database) =>
    eventually(async () => {
      const { rows } = await sql<{ state: string; seconds: number; total: string }>`
        select l.state,
          (select count(*)::int from io.intervals i where i.lease_no = l.lease_no) as seconds,
          (select coalesce(sum(total_sum), 0)::text from io.charges c where c.lease_no = l.lease_no)
            as total
        from io.leases l where l.cluster = ${`${cluster.namespace}/${cluster.name}`}
      `.execute(database);
      const [lease] = rows;
      if (lease?.state !== 'Closed') throw new Error(`the lease is ${lease?.state ?? 'not there'}`);
      if (lease.seconds > 0 || lease.total !== '0') {
        throw new Error(`${lease.seconds} intervals and ${lease.total} base units are charged`);
      }
      return 'settled: nothing was metered, nothing is charged';
    }, patience),
  );
}

const patience = { withinMs: SETTLED_WITHIN_S * 1000, everyMs: POLL_MS };
