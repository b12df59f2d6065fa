import type { CountryCapacityView } from '../../../../../operator/domain/views/public.ts';
import { placeName } from './names.ts';

/** Of which devices a map or a table speaks. */
export type Measure = 'devices' | 'free';

/** Capacity as a map needs it: countries that are told apart, and what is left of continents. */
export type CapacityMap = Readonly<{
  byCountry: ReadonlyMap<string, CountryCapacityView>;
  merged: readonly CountryCapacityView[];
  /** Largest first, then by name. */
  rows: readonly CountryCapacityView[];
  largest: number;
}>;

export function capacityMap(
  places: readonly CountryCapacityView[],
  measure: Measure,
  locale?: string,
): CapacityMap {
  const names = new Map(places.map((place) => [place, placeName(place, locale)]));
  const rows = places.toSorted(
    (left, right) =>
      right[measure] - left[measure] ||
      (names.get(left) ?? '').localeCompare(names.get(right) ?? '', locale),
  );
  const told = rows.flatMap((place) =>
    place.country === undefined ? [] : [[place.country, place] as const],
  );
  return {
    byCountry: new Map(told),
    merged: rows.filter((place) => place.country === undefined),
    rows,
    largest: Math.max(0, ...told.map(([, place]) => place[measure])),
  };
}

/** What is known of one country: itself, or what is left of its continent, which may hold it. */
export type CountryFinding = Readonly<
  | { kind: 'Told'; place: CountryCapacityView }
  | { kind: 'Merged'; place: CountryCapacityView }
  | { kind: 'None' }
>;

export function findCountry(
  places: readonly CountryCapacityView[],
  country: string,
  continent: string | undefined,
): CountryFinding {
  const own = places.find((place) => place.country === country);
  if (own !== undefined) return { kind: 'Told', place: own };
  const merged = places.find(
    (place) => place.country === undefined && place.continent === continent,
  );
  return merged === undefined ? { kind: 'None' } : { kind: 'Merged', place: merged };
}
