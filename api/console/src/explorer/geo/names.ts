import type { CountryCapacityView } from '../../../../../operator/domain/views/public.ts';
import { countryName } from '../../design/format.ts';

const continentNames: ReadonlyMap<string, string> = new Map([
  ['AF', 'Africa'],
  ['AN', 'Antarctica'],
  ['AS', 'Asia'],
  ['EU', 'Europe'],
  ['NA', 'North America'],
  ['OC', 'Oceania'],
  ['SA', 'South America'],
]);

/** A continent by its code of GeoNames; the code itself where there is none such. */
export function continentName(continent: string): string {
  return continentNames.get(continent) ?? continent;
}

/** What a row of capacity is called: a country, or those of a continent that are not told apart. */
export function placeName(place: CountryCapacityView, locale?: string): string {
  if (place.country !== undefined) return countryName(place.country, locale);
  if (place.continent === '') return 'Elsewhere';
  return `Elsewhere in ${continentName(place.continent)}`;
}
