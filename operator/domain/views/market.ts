import type { IOCluster } from '../../../crds/schema/index.ts';
import type { GpuModel } from '../devices/model.ts';
import { modelTable } from '../devices/model-table.ts';
import { type Flavor, type MemberView, productOf } from '../inventory/types.ts';
import { compareBigint, compareText } from '../order.ts';
import { devicesOf, matchesHardware } from '../placement/demand.ts';
import { requestOf } from '../placement/request.ts';
import type { GroupRequest } from '../placement/types.ts';
import type { ModelMarketView } from './public.ts';

/** What a member has, as the inventory tells it. */
export type MemberStock = Pick<MemberView, 'facts' | 'flavors' | 'products'>;

type Prices = ModelMarketView['onDemandMicroUsdPerHour'];
/** So many devices are for hire at a price. */
type Priced = { price: bigint; devices: number };
type Stock = {
  product: string;
  /** What a device of the product looks like to a renter. */
  sample: Flavor;
  devices: number;
  verified: number;
  leased: number;
  free: number;
  onDemand: Priced[];
  spot: Priced[];
};

/**
 * Supply and demand of each product on the market: those that a member has, and those that are waited
 * for. A product is a model of the table, or a slice of one; what is in no table is not shown, so that
 * nobody can write words of their own here.
 */
export function modelMarket(
  members: readonly MemberStock[],
  waiting: readonly IOCluster[],
): readonly ModelMarketView[] {
  const stocks = new Map<string, Stock>();
  for (const member of members) addMember(stocks, member);
  const demands = demandOf(waiting);
  for (const { group } of demands) addWanted(stocks, group);
  return [...stocks.values()]
    .map((stock) => marketView(stock, demands))
    .toSorted((a, b) => compareText(a.model, b.model));
}

function addMember(stocks: Map<string, Stock>, member: MemberStock): void {
  for (const counts of member.products()) {
    const stock = stockOf(stocks, counts.model, counts.migProfile);
    if (stock === undefined) continue;
    stock.devices += counts.devices;
    stock.verified += counts.verified;
    stock.leased += counts.leased;
  }
  if (!member.facts.schedulable) return;
  for (const { flavor, total, free } of member.flavors) {
    const stock = stockOf(stocks, flavor.model, flavor.migProfile);
    if (stock === undefined) continue;
    stock.sample = flavor.memoryMiB >= stock.sample.memoryMiB ? flavor : stock.sample;
    stock.free += free;
    stock.onDemand.push({ price: flavor.onDemandMicroUsdPerHour, devices: total });
    if (flavor.spotMicroUsdPerHour !== undefined) {
      stock.spot.push({ price: flavor.spotMicroUsdPerHour, devices: total });
    }
  }
}

function stockOf(
  stocks: Map<string, Stock>,
  model: string,
  migProfile: string | undefined,
): Stock | undefined {
  const product = productOf(model, migProfile);
  const known = stocks.get(product);
  if (known !== undefined) return known;
  const sample = sampleOf(model, migProfile);
  if (sample === undefined) return undefined;
  const none = { devices: 0, verified: 0, leased: 0, free: 0, onDemand: [], spot: [] };
  const stock: Stock = { product, sample, ...none };
  stocks.set(product, stock);
  return stock;
}

/** The model in the table, unless it is no name of one, or the slice is none that it has. */
export function tabledModel(model: string, migProfile: string | undefined): GpuModel | undefined {
  const known = modelTable.find(model);
  if (known?.name !== model) return undefined;
  return migProfile === undefined || known.migProfiles.includes(migProfile) ? known : undefined;
}

/** A device of the product as the table of models knows it; the memory of a slice is not in there. */
function sampleOf(model: string, migProfile: string | undefined): Flavor | undefined {
  const known = tabledModel(model, migProfile);
  if (known === undefined) return undefined;
  return {
    key: '',
    model,
    memoryMiB: migProfile === undefined ? Math.max(...known.memoryMiB) : 0,
    resourceName: migProfile === undefined ? 'nvidia.com/gpu' : `nvidia.com/mig-${migProfile}`,
    nvlink: known.nvlink,
    confidential: known.confidential,
    onDemandMicroUsdPerHour: 0n,
    ...(migProfile === undefined ? {} : { migProfile }),
  };
}

type Demand = Readonly<{ group: GroupRequest; devices: number }>;

/** What is waited for; groups that ask for the same are one. */
function demandOf(waiting: readonly IOCluster[]): readonly Demand[] {
  const demands = new Map<string, { group: GroupRequest; devices: number }>();
  for (const { spec } of waiting) {
    // Where it may run does not matter here.
    const { placement: _, ...anywhere } = spec;
    for (const group of requestOf(anywhere).groups) {
      const devices = devicesOf(group);
      if (devices === 0) continue;
      const { models, minMemoryMiB, nvlink, migProfile } = group;
      const key = JSON.stringify([models.toSorted(compareText), minMemoryMiB, nvlink, migProfile]);
      const known = demands.get(key);
      if (known === undefined) demands.set(key, { group, devices });
      else known.devices += devices;
    }
  }
  return [...demands.values()];
}

/** A model that is waited for by its name is on the market, though nobody has it. */
function addWanted(stocks: Map<string, Stock>, { models, migProfile }: GroupRequest): void {
  for (const model of models) stockOf(stocks, model, migProfile);
}

function marketView(stock: Stock, demands: readonly Demand[]): ModelMarketView {
  const { product, sample, devices, verified, leased, free, onDemand, spot } = stock;
  const wanted = demands
    .filter(({ group }) => matchesHardware(sample, group))
    .reduce((sum, demand) => sum + demand.devices, 0);
  return {
    model: product,
    memoryMiB: sample.memoryMiB === 0 ? undefined : sample.memoryMiB,
    devices,
    verified,
    leased,
    free,
    wanted,
    onDemandMicroUsdPerHour: pricesOf(onDemand),
    spotMicroUsdPerHour: pricesOf(spot),
  };
}

/** Lowest, middle and highest price of a device; half of the devices cost no more than the middle. */
function pricesOf(priced: readonly Priced[]): Prices {
  const sorted = priced
    .filter(({ devices }) => devices > 0)
    .toSorted((a, b) => compareBigint(a.price, b.price));
  const [lowest] = sorted;
  const highest = sorted.at(-1);
  if (lowest === undefined || highest === undefined) return undefined;
  const half = sorted.reduce((sum, { devices }) => sum + devices, 0) / 2;
  let seen = 0;
  const middle = sorted.find(({ devices }) => {
    seen += devices;
    return seen >= half;
  });
  return {
    low: Number(lowest.price),
    median: Number((middle ?? highest).price),
    high: Number(highest.price),
  };
}
