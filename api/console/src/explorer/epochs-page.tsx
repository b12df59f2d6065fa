import { useMemo } from 'react';
import type { EpochView } from '../../../../operator/domain/views/public.ts';
import { pathOf } from '../app/navigation.ts';
import { DataTable } from '../design/data-table.tsx';
import { Stack } from '../design/layout.tsx';
import { Link } from '../design/link.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Count, Money, Time } from '../design/values.tsx';
import { ChainBadge } from './chain-badge.tsx';
import { useEpochs } from './data.ts';
import { deviceHours } from './epoch-facts.ts';
import { checkChain } from './verify/chain.ts';
import { sha256 } from './verify/sha256.ts';

export default function EpochsPage() {
  const epochs = useEpochs();
  const { items } = epochs;
  // Thousands of hashes once one has scrolled far.
  const verdicts = useMemo(() => checkChain(items, sha256), [items]);
  return (
    <Stack gap={5}>
      <PageHeader
        title="Epochs"
        description={
          <>
            An epoch is an hour in UTC. Each is closed once, with a digest of all that was booked;
            each digest is chained to the one before.
          </>
        }
      />
      <Loaded query={epochs} skeleton={<Skeleton lines={10} />}>
        {() => (
          <DataTable<EpochView>
            caption="Closed epochs, newest first"
            rows={items}
            rowKey={({ epoch }) => String(epoch)}
            hasMore={epochs.hasMore}
            loadMore={epochs.loadMore}
            isLoadingMore={epochs.isLoadingMore}
            empty={
              <EmptyState title="No epoch is closed yet">
                The first one ends within an hour of the network’s start.
              </EmptyState>
            }
            columns={[
              { id: 'epoch', header: 'Epoch', narrow: 'title', cell: epochLink },
              { id: 'start', header: 'Began', cell: (e) => <Time at={e.startTime} /> },
              {
                id: 'leases',
                header: 'Leases',
                align: 'end',
                cell: (e) => <Count value={e.leases} />,
              },
              {
                id: 'hours',
                header: 'GPU hours',
                align: 'end',
                cell: (e) => deviceHours(e.deviceSeconds),
              },
              { id: 'rewards', header: 'Block rewards', align: 'end', cell: rewardsOf },
              {
                id: 'chain',
                header: 'Chain, computed here',
                cell: (e) => <ChainBadge verdict={verdicts.get(e.epoch)} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  );
}

const epochLink = ({ epoch }: EpochView) => (
  <Link to={pathOf('explorer', 'epochs', String(epoch))}>
    <Count value={epoch} />
  </Link>
);

function rewardsOf({ rewards }: EpochView) {
  if (rewards === undefined) return 'not shared yet';
  return <Money amount={rewards.emitted} asset="IO" />;
}
