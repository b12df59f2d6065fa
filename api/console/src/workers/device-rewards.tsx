import { useState } from 'react';
import { Card } from '../design/card.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Money } from '../design/values.tsx';
import { sumDecimals } from '../id/decimal.ts';
import { type DeviceReward, useDeviceRewards } from './data.ts';
import { rewardReason } from './reward-flags.ts';

const epochs = 48;
/** What is shown before somebody asks for more. */
const shownFirst = 12;

/** Block rewards of a device, epoch by epoch, and why they are what they are. */
export function DeviceRewards({ member, name }: Readonly<{ member: string; name: string }>) {
  const rewards = useDeviceRewards(member, name, epochs);
  const [shown, setShown] = useState(shownFirst);
  return (
    <Card title="Block rewards">
      <Loaded
        query={rewards}
        skeleton={<Skeleton lines={4} />}
        empty={({ items }) => items.length === 0}
        whenEmpty={
          <EmptyState title="No rewards yet">
            Each hour is shared out once it is over, among devices that were up, verified and
            offered or leased.
          </EmptyState>
        }
      >
        {({ items }) => (
          <Stack gap={3}>
            <p className="wk-hint">
              <Money amount={sumDecimals(items.map(({ amount }) => amount))} asset="IO" /> in the
              last {items.length} hours
            </p>
            <DataTable
              caption="Rewards by epoch"
              columns={columns}
              rows={items.slice(0, shown)}
              rowKey={({ epoch }) => String(epoch)}
              total={items.length}
              hasMore={shown < items.length}
              loadMore={() => setShown(items.length)}
            />
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}

const columns = [
  {
    id: 'epoch',
    header: 'Epoch',
    narrow: 'title' as const,
    cell: ({ epoch }: DeviceReward) => `Epoch ${epoch}`,
  },
  {
    id: 'amount',
    header: 'Reward',
    align: 'end' as const,
    cell: ({ amount }: DeviceReward) => <Money amount={amount} asset="IO" />,
  },
  {
    id: 'why',
    header: 'Why',
    cell: ({ flags, amount }: DeviceReward) => rewardReason(flags, amount),
  },
];
