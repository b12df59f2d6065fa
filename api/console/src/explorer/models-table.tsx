import type { ModelMarketView } from '../../../../operator/domain/views/public.ts';
import { pathOf } from '../app/navigation.ts';
import { DataTable } from '../design/data-table.tsx';
import { EmptyState } from '../design/state.tsx';
import { Bytes, Count, Name, Percent, Usd } from '../design/values.tsx';
import { byMarketSize, demandPermille, supplyParts } from './market.ts';
import './explorer.css';

type TableProps = Readonly<{ models: readonly ModelMarketView[]; most?: number }>;

/** Supply and demand by model. */
export function ModelsTable({ models, most = Number.POSITIVE_INFINITY }: TableProps) {
  return (
    <DataTable<ModelMarketView>
      caption="Supply and demand by GPU model"
      rows={byMarketSize(models).slice(0, most)}
      rowKey={({ model }) => model}
      empty={<EmptyState title="No GPU is in the network yet" />}
      columns={[
        { id: 'model', header: 'Model', narrow: 'title', cell: modelLink },
        { id: 'memory', header: 'Memory', align: 'end', narrow: 'hide', cell: memoryOf },
        { id: 'parts', header: 'Use', width: '8rem', narrow: 'hide', cell: partsOf },
        { id: 'leased', header: 'Rented', align: 'end', cell: (m) => <Count value={m.leased} /> },
        { id: 'free', header: 'Free', align: 'end', cell: (m) => <Count value={m.free} /> },
        { id: 'wanted', header: 'Wanted', align: 'end', cell: (m) => <Count value={m.wanted} /> },
        { id: 'demand', header: 'Demand', align: 'end', cell: demandOf },
        { id: 'price', header: 'Median price', align: 'end', cell: priceOf },
      ]}
    />
  );
}

const modelLink = ({ model }: ModelMarketView) => (
  <Name to={pathOf('explorer', 'models', model)}>{model}</Name>
);

const memoryOf = ({ memoryMiB }: ModelMarketView) =>
  memoryMiB === undefined ? '–' : <Bytes mib={memoryMiB} />;

function demandOf(market: ModelMarketView) {
  const demand = demandPermille(market);
  return demand === undefined ? '–' : <Percent permille={demand} />;
}

const priceOf = ({ onDemandMicroUsdPerHour: price }: ModelMarketView) =>
  price === undefined ? '–' : <Usd microUsd={price.median} perHour />;

/** Rented and free as lengths; the columns beside it say the numbers. */
function partsOf(market: ModelMarketView) {
  const { leased, free, other } = supplyParts(market);
  const all = Math.max(1, leased + free + other);
  return (
    <div className="ex-bar" aria-hidden="true">
      <span className="ex-bar-leased" style={{ width: `${(leased / all) * 100}%` }} />
      <span className="ex-bar-free" style={{ width: `${(free / all) * 100}%` }} />
    </div>
  );
}
