import type {
  CountryCapacityView,
  ModelMarketView,
} from '../../../../operator/domain/views/public.ts';
import { useApi } from '../client/use-api.ts';
import type { Option } from '../design/choice.tsx';
import { countryName, formatBytes, formatCount } from '../design/format.ts';

type Items<T> = Readonly<{ items: readonly T[] }>;

/** All models on the market now. */
export const useModels = () =>
  useApi<Items<ModelMarketView>>(['network', 'models'], '/network/models');

/** Capacity of all countries now. */
export const useCountries = () =>
  useApi<Items<CountryCapacityView>>(['network', 'countries'], '/network/countries');

/** Countries to choose from, by name. */
export function countryOptions(
  countries: readonly CountryCapacityView[] | undefined,
): readonly Option[] {
  return (countries ?? [])
    .flatMap(({ country, free }) =>
      country === undefined
        ? []
        : [{ id: country, label: countryName(country), description: `${formatCount(free)} free` }],
    )
    .toSorted((left, right) => left.label.localeCompare(right.label));
}

/** Models to choose from. */
export function modelOptions(models: readonly ModelMarketView[] | undefined): readonly Option[] {
  return (models ?? []).map(({ model, free, memoryMiB }) => ({
    id: model,
    label: model,
    description: [
      ...(memoryMiB === undefined ? [] : [formatBytes(memoryMiB * 1_048_576)]),
      `${formatCount(free)} free`,
    ].join(' · '),
  }));
}

/** Certifications that data centres often have; others can be typed. */
export const certificationOptions: readonly Option[] = [
  'ISO27001',
  'SOC2',
  'HIPAA',
  'PCI-DSS',
  'C5',
  'TISAX',
].map((id) => ({ id, label: id }));
