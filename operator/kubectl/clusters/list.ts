import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import { listAll } from '../list-all.ts';
import { listText, type OutputFormat, type View } from '../output/print.ts';
import { ageText } from '../output/text.ts';
import type { Session } from '../session.ts';
import { standingOf } from './condition.ts';
import { amountText, pricePerHour, spentOf } from './money.ts';

export type WhereOptions = Readonly<{ namespace?: string; allNamespaces?: boolean }>;

/** Prints the IOClusters of a namespace, or of all. */
export async function list(
  session: Session,
  options: WhereOptions & Readonly<{ output: OutputFormat }>,
): Promise<void> {
  const clusters = await clustersOf(session, options);
  const { output, allNamespaces = false } = options;
  if (clusters.length === 0 && (output === 'table' || output === 'wide')) {
    session.tell(`There is no IOCluster ${whereText(session, options)}: kubectl apply makes one`);
    return;
  }
  session.print(listText(clusters, output, viewAt(session.clock.now(), allNamespaces)));
}

/** In order of namespace and name. */
export async function clustersOf(session: Session, options: WhereOptions): Promise<IOCluster[]> {
  const namespace = options.namespace ?? session.namespace;
  return listAll(session, ioClusterResource, options.allNamespaces === true ? {} : { namespace });
}

export const whereText = ({ namespace }: Session, options: WhereOptions): string =>
  options.allNamespaces === true
    ? 'in any namespace'
    : `in namespace ${options.namespace ?? namespace}`;

const viewAt = (nowMs: number, allNamespaces: boolean): View<IOCluster> => ({
  columns: [
    ...(allNamespaces
      ? [{ name: 'NAMESPACE', of: ({ metadata }: IOCluster) => metadata.namespace }]
      : []),
    { name: 'NAME', of: ({ metadata }) => metadata.name },
    { name: 'STATUS', of: (cluster) => standingOf(cluster).word },
    { name: 'MEMBER', of: ({ status }) => status?.lease?.member },
    { name: 'WORKERS', of: ({ status }) => status?.workers?.summary },
    { name: 'GPUS', of: ({ status }) => status?.quote?.devices },
    { name: 'PER HOUR', of: pricePerHour },
    {
      name: 'SPENT',
      of: (cluster) => {
        const spent = spentOf(cluster);
        return spent === undefined ? undefined : amountText(spent.amount, spent.asset);
      },
    },
    { name: 'LEASED', of: ({ status }) => ageText(status?.lease?.startTime, nowMs) },
    { name: 'AGE', of: ({ metadata }) => ageText(metadata.creationTimestamp, nowMs) },
    { name: 'RAY', wide: true, of: ({ spec }) => spec.ray.version },
    { name: 'LEASE', wide: true, of: ({ status }) => status?.lease?.id },
    { name: 'ENDPOINT', wide: true, of: ({ status }) => status?.endpoint },
    { name: 'WHY', wide: true, of: (cluster) => standingOf(cluster).why },
  ],
  nameOf: ({ metadata }) => `iocluster.compute.io.net/${metadata.name}`,
});
