import type { ModelMarketView } from '../../../../operator/domain/views/public.ts';
import { useParams } from '../app/navigation.ts';
import { Stat, Stats } from '../design/card.tsx';
import { Chart } from '../design/chart.tsx';
import { Facts } from '../design/facts.tsx';
import { formatMicroUsd } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { StackedBar } from '../design/meter.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Bytes, Count, Percent, Usd } from '../design/values.tsx';
import { useModels, usePrices } from './data.ts';
import { SpanChoice, useSpan } from './history-chart.tsx';
import { chartColumns, demandPermille, supplyParts } from './market.ts';

export default function ModelPage() {
  const { model = '' } = useParams();
  const models = useModels();
  const [span, setSpan] = useSpan('168');
  return (
    <Stack gap={5}>
      <PageHeader title={model} crumbs={[{ to: '/explorer/models', label: 'Models' }]} />
      <Loaded query={models} skeleton={<Skeleton lines={6} />}>
        {({ items }) => {
          const market = items.find((each) => each.model === model);
          if (market !== undefined) return <Market market={market} />;
          return <EmptyState title="No GPU of this model is in the network now" />;
        }}
      </Loaded>
      <Section
        title="Price over time"
        description="What owners ask for one GPU and hour on demand; fees come on top."
        actions={<SpanChoice span={span} onChange={setSpan} />}
      >
        <PriceChart model={model} span={span} />
      </Section>
    </Stack>
  );
}

function Market({ market }: Readonly<{ market: ModelMarketView }>) {
  const demand = demandPermille(market);
  const { leased, free, other } = supplyParts(market);
  return (
    <>
      <Stats>
        <Stat label="GPUs" value={<Count value={market.devices} />} />
        <Stat label="Verified" value={<Count value={market.verified} />} />
        <Stat label="Rented now" value={<Count value={market.leased} />} />
        <Stat label="Free now" value={<Count value={market.free} />} />
        <Stat
          label="Wanted"
          value={<Count value={market.wanted} />}
          hint="by clusters that wait, if they take this model"
        />
        <Stat
          label="Demand"
          value={demand === undefined ? '–' : <Percent permille={demand} />}
          hint="rented and wanted, of rented and free"
        />
      </Stats>
      <StackedBar
        label={`What the GPUs of model ${market.model} do`}
        parts={[
          { label: 'Rented', value: leased, color: '--c1' },
          { label: 'Free', value: free, color: '--c2' },
          { label: 'Not offered', value: other, color: '--c6' },
        ]}
      />
      <Section title="Prices now">
        <Facts items={priceFacts(market)} />
      </Section>
    </>
  );
}

type PriceRange = NonNullable<ModelMarketView['onDemandMicroUsdPerHour']>;

function priceFacts(market: ModelMarketView) {
  const { memoryMiB, onDemandMicroUsdPerHour: onDemand, spotMicroUsdPerHour: spot } = market;
  return [
    { label: 'On demand', value: rangeOf(onDemand), hint: 'kept until its renter ends it' },
    { label: 'Spot', value: rangeOf(spot), hint: 'can be taken back at short notice' },
    { label: 'Memory', value: memoryMiB === undefined ? 'not told' : <Bytes mib={memoryMiB} /> },
  ];
}

function rangeOf(range: PriceRange | undefined) {
  if (range === undefined) return 'not offered';
  return (
    <>
      <Usd microUsd={range.median} perHour /> in the middle, from <Usd microUsd={range.low} /> to{' '}
      <Usd microUsd={range.high} />
    </>
  );
}

function PriceChart({ model, span }: Readonly<{ model: string; span: string }>) {
  const prices = usePrices(model, span);
  return (
    <Loaded
      query={prices}
      skeleton={<Skeleton lines={1} height={256} />}
      empty={({ items }) => items.length === 0}
      whenEmpty={<EmptyState title="No price was offered in this time" />}
    >
      {({ items }) => {
        const { x, values } = chartColumns(items, [(p) => p.low, (p) => p.median, (p) => p.high]);
        const column = (index: number) => [...(values[index] ?? [])];
        return (
          <Chart
            title={`Price of ${model} per GPU and hour`}
            x={[...x]}
            min={0}
            format={formatMicroUsd}
            series={[
              { label: 'Highest', values: column(2), color: '--c6' },
              { label: 'Median', values: column(1), color: '--c1' },
              { label: 'Lowest', values: column(0), color: '--c2' },
            ]}
          />
        );
      }}
    </Loaded>
  );
}
