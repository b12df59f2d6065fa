import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { Count, Country, Name, Time, Usd } from '../design/values.tsx';

/** What the cluster is. */
export function ClusterFacts({ view }: Readonly<{ view: ClusterView }>) {
  const { lease, workers, priceMicroUsdPerHour, account, devices } = view;
  return (
    <Card title="The cluster">
      <Facts
        items={[
          devices !== undefined && { label: 'GPUs', value: <Count value={devices} /> },
          workers !== undefined && {
            label: 'Workers ready',
            value: `${workers.ready} of ${workers.desired}`,
          },
          priceMicroUsdPerHour !== undefined && {
            label: 'Price, without fees',
            value: <Usd microUsd={priceMicroUsdPerHour} perHour />,
          },
          lease !== undefined && {
            label: 'Data centre',
            value: <Name>{lease.member}</Name>,
            hint: lease.country !== undefined && <Country code={lease.country} />,
          },
          lease !== undefined && { label: 'Leased since', value: <Time at={lease.startTime} /> },
          { label: 'Paid by', value: account === undefined ? 'nobody' : <Name>{account}</Name> },
          {
            label: 'Rented as',
            value: view.capacity === 'Spot' ? 'Spot: may be taken back' : 'On demand',
          },
          { label: 'Ray', value: <Name>{view.rayVersion}</Name> },
          (view.image ?? view.stack) !== undefined && {
            label: 'Image',
            value: <Name mono>{view.image ?? view.stack ?? ''}</Name>,
          },
          { label: 'Made', value: <Time at={view.createdAt} /> },
        ]}
      />
    </Card>
  );
}
