import type { IOCluster } from '../../../crds/schema/index.ts';
import { productOf } from '../inventory/types.ts';
import { compareText } from '../order.ts';
import { clusterPhase } from './cluster.ts';
import { continentOf } from './continents.ts';
import { type MemberStock, modelMarket, tabledModel } from './market.ts';
import type { CountryCapacityView, ModelMarketView, NetworkView } from './public.ts';
import type { Instant } from './types.ts';

/** Fewer members than this are not told apart. */
export const fewestMembers = 3;

/** All that anybody may see of supply and demand now. */
export type NetworkSums = Readonly<{
  network: NetworkView;
  models: readonly ModelMarketView[];
  countries: readonly CountryCapacityView[];
}>;

/** Sums over members that have devices, and over IOClusters. */
export function networkSums(
  members: readonly MemberStock[],
  clusters: readonly IOCluster[],
  asOf: Instant,
): NetworkSums {
  const stocked = members.map(countedOnce).filter((member) => member.products().length > 0);
  const phases = clusters.map((cluster) => [cluster, clusterPhase(cluster)] as const);
  const waiting = phases.flatMap(([cluster, phase]) => (phase === 'Waiting' ? [cluster] : []));
  const running = phases.filter(([, phase]) => phase === 'Running').length;
  const devices = deviceSums(stocked);
  return {
    network: {
      asOf,
      members: stocked.length,
      countries: new Set(stocked.map(({ facts }) => facts.country)).size,
      devices,
      clusters: { running, waiting: waiting.length },
      utilisationPermille: permille(devices.offered - devices.free, devices.offered),
    },
    models: modelMarket(stocked, waiting),
    countries: countryCapacity(stocked),
  };
}

/** The inventory makes a new list each time that it is asked. */
function countedOnce(member: MemberStock): MemberStock {
  const products = member.products();
  const { facts, flavors } = member;
  return { facts, flavors, products: () => products };
}

const permille = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part * 1000) / whole);

/** What of a member's devices can be rented now: nothing while nothing is placed there. */
const freeOf = ({ facts, flavors }: MemberStock): number =>
  facts.schedulable ? flavors.reduce((sum, { free }) => sum + free, 0) : 0;

function deviceSums(members: readonly MemberStock[]): NetworkView['devices'] {
  const sums = { total: 0, verified: 0, offered: 0, leased: 0, free: 0 };
  for (const member of members) {
    for (const { devices, verified, leased } of member.products()) {
      sums.total += devices;
      sums.verified += verified;
      sums.leased += leased;
    }
    const taken = member.flavors.reduce((sum, { total, free }) => sum + total - free, 0);
    const free = freeOf(member);
    sums.free += free;
    // Offered: for hire now, or taken by somebody who hired it.
    sums.offered += taken + free;
  }
  return sums;
}

type Models = Map<string, { devices: number; free: number }>;
type Capacity = {
  country: string | undefined;
  continent: string;
  members: number;
  devices: number;
  free: number;
  models: Models;
};

/**
 * Capacity by country; the sums over all entries are those of the network. Countries with few members
 * are one entry of their continent. Where that has few members too, the smallest country that would be
 * told apart is added to it; and where nothing is left to add, its models are not told.
 */
export function countryCapacity(members: readonly MemberStock[]): readonly CountryCapacityView[] {
  const countries = new Map<string, Capacity>();
  for (const member of members) {
    const { country } = member.facts;
    addMember(entryOf(countries, country, country, continentOf(country) ?? ''), member);
  }
  const told: Capacity[] = [];
  const rests = new Map<string, Capacity>();
  const bySize = [...countries.values()].toSorted(
    (a, b) => a.members - b.members || compareText(a.country ?? '', b.country ?? ''),
  );
  for (const capacity of bySize) {
    const rest = rests.get(capacity.continent);
    const restIsFew = rest !== undefined && rest.members < fewestMembers;
    if (capacity.members >= fewestMembers && !restIsFew) told.push(capacity);
    else add(entryOf(rests, capacity.continent, undefined, capacity.continent), capacity);
  }
  return [...told, ...rests.values()].map(capacityView).toSorted(byPlace);
}

const byPlace = (a: CountryCapacityView, b: CountryCapacityView): number =>
  compareText(a.continent, b.continent) || compareText(a.country ?? '~', b.country ?? '~');

function entryOf(
  entries: Map<string, Capacity>,
  key: string,
  country: string | undefined,
  continent: string,
): Capacity {
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = { country, continent, members: 0, devices: 0, free: 0, models: new Map() };
    entries.set(key, entry);
  }
  return entry;
}

function addMember(entry: Capacity, member: MemberStock): void {
  const { facts, flavors } = member;
  entry.members += 1;
  entry.free += freeOf(member);
  for (const { product, model, migProfile, devices } of member.products()) {
    entry.devices += devices;
    if (tabledModel(model, migProfile) === undefined) continue;
    modelOf(entry.models, product).devices += devices;
  }
  if (!facts.schedulable) return;
  for (const { flavor, free } of flavors) {
    const product = productOf(flavor.model, flavor.migProfile);
    const known = entry.models.get(product);
    if (known !== undefined) known.free += free;
  }
}

function add(entry: Capacity, other: Capacity): void {
  entry.members += other.members;
  entry.devices += other.devices;
  entry.free += other.free;
  for (const [model, { devices, free }] of other.models) {
    const sums = modelOf(entry.models, model);
    sums.devices += devices;
    sums.free += free;
  }
}

function modelOf(models: Models, model: string): { devices: number; free: number } {
  let sums = models.get(model);
  if (sums === undefined) {
    sums = { devices: 0, free: 0 };
    models.set(model, sums);
  }
  return sums;
}

function capacityView(capacity: Capacity): CountryCapacityView {
  const { country, continent, members, devices, free } = capacity;
  const models = members < fewestMembers ? [] : [...capacity.models];
  return {
    country,
    continent,
    members,
    devices,
    free,
    models: models
      .map(([model, sums]) => ({ model, ...sums }))
      .toSorted((a, b) => compareText(a.model, b.model)),
  };
}
