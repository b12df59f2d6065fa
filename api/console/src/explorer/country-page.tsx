import { continentOf } from '../../../../operator/domain/views/continents.ts';
import type { CountryCapacityView } from '../../../../operator/domain/views/public.ts';
import { pathOf, useParams } from '../app/navigation.ts';
import { Stat, Stats } from '../design/card.tsx';
import { DataTable } from '../design/data-table.tsx';
import { countryName } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { EmptyState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Count, Name, Percent } from '../design/values.tsx';
import { useCountries } from './data.ts';
import { findCountry } from './geo/capacity.ts';
import { continentName, placeName } from './geo/names.ts';

export default function CountryPage() {
  const { country = '' } = useParams();
  const countries = useCountries();
  return (
    <Stack gap={5}>
      <PageHeader
        title={countryName(country)}
        crumbs={[{ to: '/explorer/countries', label: 'Countries' }]}
      />
      <Loaded query={countries} skeleton={<Skeleton lines={6} />}>
        {({ items }) => <Finding country={country} places={items} />}
      </Loaded>
    </Stack>
  );
}

type FindingProps = Readonly<{ country: string; places: readonly CountryCapacityView[] }>;

function Finding({ country, places }: FindingProps) {
  const continent = continentOf(country);
  if (continent === undefined) {
    return <EmptyState title="There is no such country">Choose one from the list.</EmptyState>;
  }
  const finding = findCountry(places, country, continent);
  switch (finding.kind) {
    case 'Told':
      return <Capacity place={finding.place} />;
    case 'Merged':
      return (
        <>
          <Notice tone="info" title="This country is not told apart">
            With so few data centres here, or around it, figures could be those of one of them. If
            it has GPUs, they are counted below with other such countries in{' '}
            {continentName(continent)}.
          </Notice>
          <Capacity place={finding.place} />
        </>
      );
    case 'None':
      return (
        <EmptyState title="No GPUs here now">
          Data centres join where their owners are; this country has none at the moment.
        </EmptyState>
      );
  }
}

function Capacity({ place }: Readonly<{ place: CountryCapacityView }>) {
  const { devices, free, members } = place;
  return (
    <>
      <Stats>
        <Stat label="GPUs" value={<Count value={devices} />} />
        <Stat label="Free now" value={<Count value={free} />} />
        <Stat
          label="Free of all"
          value={devices === 0 ? '–' : <Percent ratio={free / devices} />}
        />
        <Stat label="Data centres" value={<Count value={members} />} />
      </Stats>
      <Section title="Models">
        <CountryModels place={place} />
      </Section>
    </>
  );
}

function CountryModels({ place }: Readonly<{ place: CountryCapacityView }>) {
  const rows = place.models.toSorted((left, right) => right.devices - left.devices);
  return (
    <DataTable<CountryCapacityView['models'][number]>
      caption={`Models, ${placeName(place)}`}
      rows={rows}
      rowKey={({ model }) => model}
      empty={<EmptyState title="No model is told" />}
      columns={[
        {
          id: 'model',
          header: 'Model',
          narrow: 'title',
          cell: ({ model }) => <Name to={pathOf('explorer', 'models', model)}>{model}</Name>,
        },
        { id: 'devices', header: 'GPUs', align: 'end', cell: (m) => <Count value={m.devices} /> },
        { id: 'free', header: 'Free', align: 'end', cell: (m) => <Count value={m.free} /> },
      ]}
    />
  );
}
