import { useSearch, useSetSearch } from '../app/navigation.ts';
import { Chart } from '../design/chart.tsx';
import { Select } from '../design/choice.tsx';
import { formatCount } from '../design/format.ts';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { useHistory } from './data.ts';
import { chartColumns } from './market.ts';

/** So many hours can be looked back. */
const spans = [
  { id: '24', label: 'Last 24 hours' },
  { id: '168', label: 'Last 7 days' },
  { id: '720', label: 'Last 30 days' },
] as const;
type Span = (typeof spans)[number]['id'];

/** Which span a page shows; it stands in the address, so that a link shows the same. */
export function useSpan(usual: Span): readonly [Span, (span: Span) => void] {
  const asked = useSearch()['hours'];
  const setSearch = useSetSearch();
  const span = spans.find(({ id }) => id === asked)?.id ?? usual;
  return [span, (next) => setSearch({ hours: next === usual ? undefined : next })];
}

export function SpanChoice({
  span,
  onChange,
}: Readonly<{ span: Span; onChange: (span: Span) => void }>) {
  return (
    <Select<Span> label="Time" hideLabel options={[...spans]} value={span} onChange={onChange} />
  );
}

/** Supply and use of the network over time. */
export function HistoryChart({ span }: Readonly<{ span: Span }>) {
  const history = useHistory(span);
  return (
    <Loaded
      query={history}
      skeleton={<Skeleton lines={1} height={256} />}
      empty={({ items }) => items.length === 0}
      whenEmpty={<EmptyState title="Nothing was counted in this time yet" />}
    >
      {({ items }) => {
        const { x, values } = chartColumns(items, [(p) => p.devices, (p) => p.leased]);
        return (
          <Chart
            title="GPUs of the network"
            x={[...x]}
            min={0}
            format={formatCount}
            series={[
              { label: 'All', values: [...(values[0] ?? [])], color: '--c6' },
              { label: 'Rented', values: [...(values[1] ?? [])], color: '--c1', fill: true },
            ]}
          />
        );
      }}
    </Loaded>
  );
}
