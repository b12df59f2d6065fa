import { type ExtendedFeatureCollection, geoEqualEarth, geoPath } from 'd3-geo';
import type { Feature } from 'geojson';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { countryOfNumber } from './country-codes.ts';
import { territories } from './territories.ts';

/** The part of Natural Earth that is drawn, as world-atlas packs it. */
export type Atlas = Topology<{ countries: GeometryCollection<{ name: string }> }>;

/** A country on the map: the outline of its land, or a dot where the atlas is too coarse for it. */
export type MapShape = Readonly<
  | { kind: 'Land'; country: string | undefined; path: string }
  | { kind: 'Dot'; country: string; x: number; y: number }
>;

export const mapWidth = 960;
export const mapHeight = 430;
/** Room for a dot at the edge. */
const margin = 8;

/** Nobody rents there, and it would take a fifth of the map. */
const antarctica = 'AQ';
/** Shapes that have no number of ISO 3166. */
const unnumbered: ReadonlyMap<string, string> = new Map([['Kosovo', 'XK']]);

/**
 * Every country in equal areas (Equal Earth), so that no part of the world looks larger than it is.
 * Dots come last and lie above.
 */
export function mapShapes(atlas: Atlas): readonly MapShape[] {
  const { features } = feature(atlas, atlas.objects.countries);
  const drawn = features.filter(({ id }) => countryOfNumber(String(id)) !== antarctica);
  const dotted: Feature = {
    type: 'Feature',
    properties: null,
    geometry: { type: 'MultiPoint', coordinates: [...territories.values()].map((at) => [...at]) },
  };
  const frame: ExtendedFeatureCollection = {
    type: 'FeatureCollection',
    features: [...drawn, dotted],
  };
  const corner = [mapWidth - margin, mapHeight - margin] as const;
  const projection = geoEqualEarth().fitExtent([[margin, margin], [...corner]], frame);
  const toPath = geoPath(projection).digits(1);
  const lands = drawn.map((land): MapShape => {
    const country = countryOfNumber(String(land.id)) ?? unnumbered.get(land.properties.name);
    return { kind: 'Land', country, path: toPath(land) ?? '' };
  });
  const dots = [...territories].flatMap(([country, place]): MapShape[] => {
    const point = projection([...place]);
    return point === null ? [] : [{ kind: 'Dot', country, x: point[0], y: point[1] }];
  });
  return [...lands, ...dots];
}
