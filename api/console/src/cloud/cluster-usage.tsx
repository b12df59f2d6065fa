import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { pathOf } from '../app/path-of.ts';
import type { Answer } from '../client/typed.ts';
import { useApi } from '../client/use-api.ts';
import { DataTable, type Column } from '../design/data-table.tsx';
import { formatDuration } from '../design/format.ts';
import { EmptyState, Loaded } from '../design/state.tsx';
import { Money, Name, Time } from '../design/values.tsx';
import { Link } from '../design/link.tsx';
import { clusterApi } from './paths.ts';

type Usage = Answer<'ClusterUsage'>;
type UsageLine = Usage['items'][number];

/** What each hour has cost, as it was settled. */
export function ClusterUsage({ view }: Readonly<{ view: ClusterView }>) {
  const { namespace, name } = view;
  const usage = useApi<Usage>(
    ['cluster', namespace, name, 'usage'],
    `${clusterApi(namespace, name)}/usage`,
  );
  return (
    <Loaded query={usage}>
      {({ items }) => (
        <DataTable
          caption="Cost by hour"
          columns={columns}
          rows={items}
          rowKey={({ epoch, model, asset }) => `${epoch} ${model} ${asset}`}
          empty={
            <EmptyState title="Nothing is settled yet">
              <p>Each hour is settled when it is over. Only seconds in which it was ready count.</p>
            </EmptyState>
          }
        />
      )}
    </Loaded>
  );
}

const columns: readonly Column<UsageLine>[] = [
  {
    id: 'start',
    header: 'Hour',
    narrow: 'title',
    cell: ({ startTime }) => <Time at={startTime} />,
  },
  {
    id: 'epoch',
    header: 'Epoch',
    align: 'end',
    cell: ({ epoch }) => <Link to={pathOf('explorer', 'epochs', String(epoch))}>{epoch}</Link>,
  },
  {
    id: 'model',
    header: 'GPU',
    cell: ({ model }) => <Name>{model}</Name>,
  },
  {
    id: 'time',
    header: 'GPU time',
    align: 'end',
    cell: ({ deviceSeconds }) => formatDuration(Number(deviceSeconds)),
  },
  {
    id: 'amount',
    header: 'Cost',
    align: 'end',
    cell: ({ amount, asset }) => <Money amount={amount} asset={asset} />,
  },
];
