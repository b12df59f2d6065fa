import { Stack } from '../design/layout.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { CapacityMapView, MeasureChoice } from './capacity-map.tsx';
import { CapacityTable } from './capacity-table.tsx';
import { useCountries } from './data.ts';

export default function CountriesPage() {
  const countries = useCountries();
  return (
    <Stack gap={5}>
      <PageHeader
        title="Countries"
        description="Where GPUs are, and how many of them are free now."
      />
      <Loaded query={countries} skeleton={<Skeleton lines={1} height={320} />}>
        {({ items }) => (
          <>
            <Section title="Map" actions={<MeasureChoice />}>
              <CapacityMapView places={items} />
            </Section>
            <Section title="The same as a table">
              <CapacityTable places={items} />
            </Section>
          </>
        )}
      </Loaded>
    </Stack>
  );
}
