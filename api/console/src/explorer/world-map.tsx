import atlas from 'world-atlas/countries-110m.json';
import type { CountryCapacityView } from '../../../../operator/domain/views/public.ts';
import { formatCount } from '../design/format.ts';
import { type MapShape, mapHeight, mapShapes, mapWidth } from './geo/atlas.ts';
import type { CapacityMap, Measure } from './geo/capacity.ts';
import { shadeOf } from './geo/choropleth.ts';
import { placeName } from './geo/names.ts';
import { MapLink } from './map-link.tsx';

const shapes = mapShapes(atlas);

type WorldMapProps = Readonly<{
  capacity: CapacityMap;
  measure: Measure;
  bounds: readonly number[];
}>;

/** A country with capacity is a link; others are only land. The table beside it says the same. */
export default function WorldMap({ capacity, measure, bounds }: WorldMapProps) {
  const order = new Map(capacity.rows.map(({ country }, index) => [country, index]));
  const drawn = shapes
    .map((shape, index) => ({
      key: shape.country ?? `land-${index}`,
      shape,
      place: shape.country === undefined ? undefined : capacity.byCountry.get(shape.country),
    }))
    // Land lies below; then countries in the order in which the keyboard should reach them.
    .toSorted((left, right) => placeOf(order, left.place) - placeOf(order, right.place));
  return (
    <svg
      className="ex-map"
      viewBox={`0 0 ${mapWidth} ${mapHeight}`}
      role="group"
      aria-label="Map of countries with GPUs"
    >
      {drawn.map(({ key, shape, place }) =>
        place === undefined ? (
          <Outline key={key} shape={shape} />
        ) : (
          <MapLink key={key} country={place.country ?? ''} label={labelOf(place)}>
            <Outline shape={shape} shade={shadeOf(place[measure], bounds)} />
          </MapLink>
        ),
      )}
    </svg>
  );
}

function Outline({ shape, shade }: Readonly<{ shape: MapShape; shade?: number }>) {
  const className = shade === undefined ? 'ex-land' : `ex-land ex-shade-${shade}`;
  if (shape.kind === 'Land') return <path className={className} d={shape.path} />;
  if (shade === undefined) return null;
  return <circle className={`${className} ex-dot`} cx={shape.x} cy={shape.y} r={5} />;
}

function placeOf(
  order: ReadonlyMap<string | undefined, number>,
  place: CountryCapacityView | undefined,
): number {
  return place === undefined ? -1 : (order.get(place.country) ?? 0);
}

function labelOf(place: CountryCapacityView): string {
  const { devices, free } = place;
  return `${placeName(place)}: ${formatCount(devices)} GPUs, ${formatCount(free)} free`;
}
