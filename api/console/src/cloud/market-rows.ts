import type {
  CountryCapacityView,
  ModelMarketView,
} from '../../../../operator/domain/views/public.ts';

/** What somebody looks for on the market. */
export type MarketFilter = Readonly<{
  text: string;
  country: string | undefined;
  minMemoryGiB: number | undefined;
  maxUsdPerHour: number | undefined;
  freeOnly: boolean;
  spot: boolean;
}>;

export type MarketRow = Readonly<{
  model: string;
  memoryMiB: number | undefined;
  devices: number;
  free: number;
  leased: number;
  wanted: number;
  price: ModelMarketView['onDemandMicroUsdPerHour'];
}>;

/** Models that fit, those with a price first, the cheapest first. */
export function marketRows(
  models: readonly ModelMarketView[],
  countries: readonly CountryCapacityView[],
  filter: MarketFilter,
): readonly MarketRow[] {
  const here = filter.country === undefined ? undefined : capacityIn(countries, filter.country);
  const rows = models.flatMap((model): readonly MarketRow[] => {
    const local = here?.get(model.model);
    if (here !== undefined && local === undefined) return [];
    const price = filter.spot ? model.spotMicroUsdPerHour : model.onDemandMicroUsdPerHour;
    const { devices, free } = local ?? model;
    const row = {
      ...model,
      price,
      devices,
      free,
      leased: local === undefined ? model.leased : devices - free,
    };
    return fits(row, filter) ? [row] : [];
  });
  return rows.toSorted(
    (left, right) =>
      (left.price?.low ?? Infinity) - (right.price?.low ?? Infinity) ||
      (left.model < right.model ? -1 : 1),
  );
}

/** Free and all devices of each model in a country. */
function capacityIn(countries: readonly CountryCapacityView[], code: string) {
  const country = countries.find((one) => one.country === code);
  return new Map(country?.models.map((model) => [model.model, model]));
}

function fits(row: MarketRow, filter: MarketFilter): boolean {
  const { text, minMemoryGiB, maxUsdPerHour, freeOnly } = filter;
  const memory = (row.memoryMiB ?? 0) / 1024;
  // GPUs tell a little less memory than their name says.
  if (minMemoryGiB !== undefined && memory < minMemoryGiB * 0.97) return false;
  if (freeOnly && row.free === 0) return false;
  if (!row.model.toLowerCase().includes(text.trim().toLowerCase())) return false;
  if (maxUsdPerHour === undefined) return true;
  return row.price !== undefined && row.price.low <= maxUsdPerHour * 1_000_000;
}
