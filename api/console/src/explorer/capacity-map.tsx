import { lazy, Suspense } from 'react';
import type { CountryCapacityView } from '../../../../operator/domain/views/public.ts';
import { Select } from '../design/choice.tsx';
import { formatCount } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { Skeleton } from '../design/state.tsx';
import { useSearch, useSetSearch } from '../app/navigation.ts';
import { capacityMap, type Measure } from './geo/capacity.ts';
import { shadeBounds, shadeLabel } from './geo/choropleth.ts';
import { placeName } from './geo/names.ts';
import './explorer.css';

const WorldMap = lazy(() => import('./world-map.tsx'));

const measures = [
  { id: 'devices', label: 'All GPUs' },
  { id: 'free', label: 'Free GPUs' },
] as const;

/** Which GPUs the map shows; it stands in the address, so that a link shows the same. */
function useMeasure(): Measure {
  return useSearch()['show'] === 'free' ? 'free' : 'devices';
}

export function MeasureChoice() {
  const measure = useMeasure();
  const setSearch = useSetSearch();
  return (
    <Select<Measure>
      label="Which GPUs the map shows"
      hideLabel
      options={[...measures]}
      value={measure}
      onChange={(show) => setSearch({ show: show === 'devices' ? undefined : show })}
    />
  );
}

/** Where capacity is: a map, its legend, and what of each continent is not told apart. */
export function CapacityMapView({ places }: Readonly<{ places: readonly CountryCapacityView[] }>) {
  const measure = useMeasure();
  const capacity = capacityMap(places, measure);
  const bounds = shadeBounds(capacity.largest);
  return (
    <Stack gap={4}>
      <Suspense fallback={<Skeleton lines={1} height={256} label="The map is loading" />}>
        <WorldMap capacity={capacity} measure={measure} bounds={bounds} />
      </Suspense>
      <Legend bounds={bounds} />
      <Merged places={capacity.merged} />
    </Stack>
  );
}

function Legend({ bounds }: Readonly<{ bounds: readonly number[] }>) {
  return (
    <ul className="ex-legend" aria-label="Shades of the map, in GPUs">
      <li>
        <span className="ex-swatch" />
        None, or not told apart
      </li>
      {bounds.map((bound, index) => (
        <li key={bound}>
          <span className={`ex-swatch ex-shade-${index + 1}`} />
          {shadeLabel(bounds, index, formatCount)}
        </li>
      ))}
    </ul>
  );
}

function Merged({ places }: Readonly<{ places: readonly CountryCapacityView[] }>) {
  if (places.length === 0) return null;
  return (
    <div className="ex-merged">
      <p>
        Where fewer than three data centres would stand alone, they are counted with others of their
        continent, so that nobody’s capacity can be read off the map:
      </p>
      <ul>
        {places.map((place) => (
          <li key={place.continent}>
            {placeName(place)}: {formatCount(place.devices)} GPUs, {formatCount(place.free)} free
          </li>
        ))}
      </ul>
    </div>
  );
}
