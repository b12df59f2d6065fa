import type { CountryCapacityView } from '../../../../operator/domain/views/public.ts';
import { pathOf } from '../app/navigation.ts';
import { DataTable } from '../design/data-table.tsx';
import { Link } from '../design/link.tsx';
import { EmptyState } from '../design/state.tsx';
import { Count, Percent } from '../design/values.tsx';
import { capacityMap } from './geo/capacity.ts';
import { placeName } from './geo/names.ts';

const modelsShown = 3;

/** The map's twin: the same as rows, for everybody who would rather read. */
export function CapacityTable({ places }: Readonly<{ places: readonly CountryCapacityView[] }>) {
  const { rows } = capacityMap(places, 'devices');
  return (
    <DataTable<CountryCapacityView>
      caption="GPUs by country"
      rows={rows}
      rowKey={(place) => place.country ?? `elsewhere-${place.continent}`}
      empty={<EmptyState title="No data centre has GPUs yet" />}
      columns={[
        {
          id: 'place',
          header: 'Country',
          narrow: 'title',
          cell: (place) => <PlaceLink place={place} />,
        },
        { id: 'members', header: 'Data centres', align: 'end', cell: membersOf },
        { id: 'devices', header: 'GPUs', align: 'end', cell: (p) => <Count value={p.devices} /> },
        { id: 'free', header: 'Free', align: 'end', cell: (p) => <Count value={p.free} /> },
        { id: 'share', header: 'Free of all', align: 'end', cell: shareOf },
        { id: 'models', header: 'Most of', narrow: 'hide', cell: modelsOf },
      ]}
    />
  );
}

function PlaceLink({ place }: Readonly<{ place: CountryCapacityView }>) {
  if (place.country === undefined) return placeName(place);
  return <Link to={pathOf('explorer', 'countries', place.country)}>{placeName(place)}</Link>;
}

const membersOf = ({ members }: CountryCapacityView) => <Count value={members} />;

const shareOf = ({ devices, free }: CountryCapacityView) =>
  devices === 0 ? '–' : <Percent ratio={free / devices} />;

function modelsOf({ models }: CountryCapacityView): string {
  const largest = models.toSorted((left, right) => right.devices - left.devices);
  const names = largest.slice(0, modelsShown).map(({ model }) => model);
  const more = largest.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
