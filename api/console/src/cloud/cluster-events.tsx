import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import type { Answer } from '../client/typed.ts';
import { useApiPages } from '../client/use-api.ts';
import { Badge } from '../design/badge.tsx';
import { DataTable, type Column } from '../design/data-table.tsx';
import { EmptyState, Loaded } from '../design/state.tsx';
import { Time } from '../design/values.tsx';
import { clusterApi } from './paths.ts';

type ClusterEvent = Answer<'ClusterEvent'>;

/** What happened to it, as Kubernetes keeps it: about an hour. */
export function ClusterEvents({ view }: Readonly<{ view: ClusterView }>) {
  const { namespace, name } = view;
  const events = useApiPages<ClusterEvent>(
    ['cluster', namespace, name, 'events'],
    `${clusterApi(namespace, name)}/events`,
  );
  return (
    <Loaded query={events}>
      {(items) => (
        <DataTable
          caption="Events"
          columns={columns}
          rows={items}
          rowKey={({ time, reason, message }) => `${time} ${reason} ${message}`}
          hasMore={events.hasMore}
          loadMore={events.loadMore}
          isLoadingMore={events.isLoadingMore}
          empty={
            <EmptyState title="No events">
              <p>Events are kept for about an hour; the stages tell what holds for longer.</p>
            </EmptyState>
          }
        />
      )}
    </Loaded>
  );
}

const columns: readonly Column<ClusterEvent>[] = [
  { id: 'time', header: 'When', cell: ({ time }) => <Time at={time} relative /> },
  {
    id: 'reason',
    header: 'What',
    narrow: 'title',
    cell: ({ type, reason }) => (
      <Badge tone={type === 'Warning' ? 'warn' : 'neutral'}>
        <bdi>{reason}</bdi>
      </Badge>
    ),
  },
  { id: 'message', header: 'Message', cell: ({ message }) => <bdi>{message}</bdi> },
];
