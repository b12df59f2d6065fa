import type { MemberView } from '../../../../operator/domain/views/types.ts';
import { pathOf } from '../app/navigation.ts';
import type { useApiPages } from '../client/use-api.ts';
import { StatusDot } from '../design/badge.tsx';
import { ButtonLink } from '../design/button.tsx';
import { DataTable } from '../design/data-table.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Count, Country, Name } from '../design/values.tsx';
import { memberState } from './member-state.ts';
import './workers.css';

/** Data centres with what is to be known of each at a glance. */
export function MemberTable({
  members,
}: Readonly<{ members: ReturnType<typeof useApiPages<MemberView>> }>) {
  return (
    <Loaded
      query={members}
      skeleton={<Skeleton lines={4} />}
      empty={() => members.items.length === 0}
      whenEmpty={
        <EmptyState
          title="No data centre yet"
          action={<ButtonLink to="/workers/join">Join with a data centre</ButtonLink>}
        >
          A data centre joins with one command of Helm; nothing has to be reachable from outside.
        </EmptyState>
      }
    >
      {() => (
        <DataTable
          caption="Data centres"
          columns={columns}
          rows={members.items}
          rowKey={({ name }) => name}
          hasMore={members.hasMore}
          loadMore={members.loadMore}
          isLoadingMore={members.isLoadingMore}
        />
      )}
    </Loaded>
  );
}

const columns = [
  {
    id: 'name',
    header: 'Name',
    narrow: 'title' as const,
    cell: ({ name, displayName }: MemberView) => (
      <span className="wk-two-lines">
        <Name to={pathOf('workers', 'members', name)}>{name}</Name>
        {displayName !== undefined && <Name>{displayName}</Name>}
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    cell: (member: MemberView) => {
      const { tone, label } = memberState(member);
      return <StatusDot tone={tone}>{label}</StatusDot>;
    },
  },
  {
    id: 'country',
    header: 'Country',
    cell: ({ country }: MemberView) => <Country code={country} />,
  },
  {
    id: 'devices',
    header: 'Devices',
    align: 'end' as const,
    cell: ({ devices }: MemberView) => <Count value={devices.total} />,
  },
  {
    id: 'leased',
    header: 'Leased',
    align: 'end' as const,
    cell: ({ devices }: MemberView) => <Count value={devices.leased} />,
  },
  {
    id: 'free',
    header: 'Free',
    align: 'end' as const,
    cell: ({ devices }: MemberView) => <Count value={devices.free} />,
  },
  {
    id: 'broken',
    header: 'Broken',
    align: 'end' as const,
    cell: ({ devices }: MemberView) => <Count value={devices.broken} />,
  },
];
