import { formatUsd } from '../money.ts';
import { productOf } from '../inventory/types.ts';
import type { MemberView } from '../inventory/types.ts';
import { describeGroups, describeDevices } from './describe.ts';
import { lowestPrice, narrow } from './demand.ts';
import type { GroupPools } from './demand.ts';
import { estimateRoundTripMs } from './latency.ts';
import type { MemberRefusalReason, PlacementRequest } from './types.ts';
import type { Zone } from './zones.ts';

/** One member looked at for one request; computed once and read by all filters. */
export type Candidate = Readonly<{
  member: MemberView;
  request: PlacementRequest;
  pools: readonly GroupPools[];
  roundTripMs: number | undefined;
  /** Where the devices must be, when a running lease decides that. */
  zone?: Zone;
}>;

export type Violation = Readonly<{ reason: MemberRefusalReason; detail: string; figure?: string }>;

/** Looks at a candidate; undefined when it has nothing against it. */
export type Filter = (candidate: Candidate) => Violation | undefined;

/** Gathers what the filters need of one member. */
export function candidateOf(member: MemberView, request: PlacementRequest, zone?: Zone): Candidate {
  const { coordinates } = member.facts;
  const from = request.latency?.from;
  const known = coordinates !== undefined && from !== undefined;
  return {
    member,
    request,
    pools: narrow(member, request),
    roundTripMs: known ? estimateRoundTripMs(from, coordinates) : undefined,
    ...(zone === undefined ? {} : { zone }),
  };
}

const listed: Filter = ({ member, request }) => {
  const { name } = member.facts;
  if (request.excludedMembers.includes(name)) {
    return { reason: 'MemberExcluded', detail: 'is in placement.excludedMembers' };
  }
  if (request.members.length > 0 && !request.members.includes(name)) {
    return { reason: 'MemberExcluded', detail: 'is not in placement.members' };
  }
  return undefined;
};

const schedulable: Filter = ({ member }) =>
  member.facts.schedulable
    ? undefined
    : { reason: 'MemberNotSchedulable', detail: 'takes no new clusters' };

const payable: Filter = ({ member, request }) =>
  request.paid !== true || member.facts.supplier !== undefined
    ? undefined
    : {
        reason: 'NoSupplierAccount',
        detail: 'cannot be paid, since its IOMember has no spec.accountRef',
      };

const inCountry: Filter = ({ member, request }) => {
  const { countries } = request;
  if (countries.length === 0 || countries.includes(member.facts.country)) return undefined;
  const { country } = member.facts;
  return {
    reason: 'OtherCountry',
    detail: `is in ${country || 'no known country'}`,
    figure: country,
  };
};

const inRegion: Filter = ({ member, request }) => {
  const { regions } = request;
  const region = member.facts.region ?? '';
  if (regions.length === 0 || regions.includes(region)) return undefined;
  return { reason: 'OtherRegion', detail: `is in ${region || 'no known region'}`, figure: region };
};

const certified: Filter = ({ member, request }) => {
  const missing = request.certifications.filter(
    (certification) => !member.facts.certifications.includes(certification),
  );
  if (missing.length === 0) return undefined;
  return {
    reason: 'NotCertified',
    detail: `has no ${missing.join(', ')}`,
    figure: missing.join(' '),
  };
};

const near: Filter = ({ request, roundTripMs }) => {
  if (request.latency === undefined) return undefined;
  if (roundTripMs === undefined) {
    return { reason: 'UnknownLocation', detail: 'has no coordinates to estimate latency from' };
  }
  const { maxMilliseconds } = request.latency;
  if (roundTripMs <= maxMilliseconds) return undefined;
  return {
    reason: 'TooFar',
    detail: `is about ${roundTripMs} ms away, at most ${maxMilliseconds} wanted`,
    figure: `${roundTripMs} ms`,
  };
};

const hardware: Filter = ({ member, pools }) => {
  const without = pools.filter((pool) => pool.hardware.length === 0).map((pool) => pool.group);
  if (without.length === 0) return undefined;
  const idle = member
    .products()
    .filter((product) =>
      without.some(
        (group) =>
          product.model !== '' &&
          product.migProfile === group.migProfile &&
          (group.models.length === 0 || group.models.includes(product.model)),
      ),
    )
    .filter((product) => !isForHire(member, product.product));
  const devices = idle.reduce((count, product) => count + product.devices, 0);
  if (devices === 0)
    return { reason: 'NoMatchingDevices', detail: `has no ${describeGroups(without)}` };
  return {
    reason: 'DevicesNotRentable',
    detail: `has ${describeDevices(devices, without)} not verified, not healthy or not offered`,
    figure: String(devices),
  };
};

const confidential: Filter = ({ pools }) =>
  pools.every((pool) => pool.confidential.length > 0)
    ? undefined
    : { reason: 'NotConfidential', detail: 'has the devices, but not in confidential mode' };

const offered: Filter = ({ pools, request }) =>
  pools.every((pool) => pool.offered.length > 0)
    ? undefined
    : { reason: 'NotOffered', detail: `does not offer the devices as ${request.capacity}` };

const affordable: Filter = ({ pools, request }) => {
  const dear = pools.filter((pool) => pool.affordable.length === 0);
  const cap = request.maxPriceMicroUsdPerGpuHour;
  if (dear.length === 0 || cap === undefined) return undefined;
  // The group that is furthest above the budget says what would have to be paid.
  const prices = dear.map((pool) => lowestPrice(pool.offered, request.capacity));
  const price = prices.reduce((high, each) => (each > high ? each : high), 0n);
  return {
    reason: 'OverBudget',
    detail: `costs ${formatUsd(price)} $/h per GPU, budget allows ${formatUsd(cap)}`,
    figure: formatUsd(price),
  };
};

/** In this order; the first violation is the member's refusal. */
export const filters: readonly Filter[] = [
  listed,
  schedulable,
  payable,
  inCountry,
  inRegion,
  certified,
  near,
  hardware,
  confidential,
  offered,
  affordable,
];

/** What a running lease has to pass for more devices: where it runs was decided before. */
export const growthFilters: readonly Filter[] = [
  schedulable,
  hardware,
  confidential,
  offered,
  affordable,
];

/** The first thing that speaks against the member, or undefined. */
export function firstViolation(
  candidate: Candidate,
  chain: readonly Filter[] = filters,
): Violation | undefined {
  for (const filter of chain) {
    const violation = filter(candidate);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

function isForHire(member: MemberView, product: string): boolean {
  return member.flavors.some(
    ({ flavor }) => productOf(flavor.model, flavor.migProfile) === product,
  );
}
