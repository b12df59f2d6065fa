import { ButtonLink } from '../design/button.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { CapacityMapView, MeasureChoice } from './capacity-map.tsx';
import { useCountries, useModels, useNetwork } from './data.ts';
import { HistoryChart, SpanChoice, useSpan } from './history-chart.tsx';
import { ModelsTable } from './models-table.tsx';
import { NetworkStats } from './network-stats.tsx';

const modelsShown = 6;

export default function OverviewPage() {
  const [network, countries, models] = [useNetwork(), useCountries(), useModels()];
  const [span, setSpan] = useSpan('24');
  return (
    <Stack gap={5}>
      <PageHeader
        title="The network"
        description="All GPUs, what is rented and what is wanted. Open to everybody; names nobody."
      />
      <Loaded query={network} skeleton={<Skeleton lines={4} />}>
        {(view) => <NetworkStats view={view} />}
      </Loaded>
      <Section title="Supply and use" actions={<SpanChoice span={span} onChange={setSpan} />}>
        <HistoryChart span={span} />
      </Section>
      <Section
        title="Where"
        actions={
          <Row gap={2}>
            <ButtonLink to="/explorer/countries" variant="quiet">
              As a table
            </ButtonLink>
            <MeasureChoice />
          </Row>
        }
      >
        <Loaded query={countries} skeleton={<Skeleton lines={1} height={320} />}>
          {({ items }) => <CapacityMapView places={items} />}
        </Loaded>
      </Section>
      <Section
        title="Models"
        actions={
          <ButtonLink to="/explorer/models" variant="quiet">
            All models
          </ButtonLink>
        }
      >
        <Loaded query={models} skeleton={<Skeleton lines={6} />}>
          {({ items }) => <ModelsTable models={items} most={modelsShown} />}
        </Loaded>
      </Section>
    </Stack>
  );
}
