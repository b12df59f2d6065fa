import { MAX_CONDITION_MESSAGE_LENGTH, boundedMessage } from '../condition-intent.ts';
import { formatUsd } from '../money.ts';
import { compareText } from '../order.ts';
import { describeDevices, describeGroups, listSome } from './describe.ts';
import { devicesWanted, groupsWithDevices } from './demand.ts';
import { memberRefusalReasons } from './types.ts';
import type {
  MemberRefusal,
  MemberRefusalReason,
  PlacementRequest,
  Refusal,
  RefusalCount,
  RefusalReason,
} from './types.ts';

/** A member's reason says how far it got; the cluster's reason is that of who got furthest. */
const overall: Readonly<Record<MemberRefusalReason, RefusalReason>> = {
  MemberExcluded: 'NoMatchingMembers',
  MemberNotSchedulable: 'NoMatchingMembers',
  NoSupplierAccount: 'NoMatchingMembers',
  OtherCountry: 'NoMatchingMembers',
  OtherRegion: 'NoMatchingMembers',
  NotCertified: 'NoMatchingMembers',
  UnknownLocation: 'NoMatchingMembers',
  TooFar: 'NoMatchingMembers',
  NoMatchingDevices: 'NoMatchingDevices',
  DevicesNotRentable: 'NoMatchingDevices',
  NotConfidential: 'NoMatchingDevices',
  NotOffered: 'NoMatchingDevices',
  OverBudget: 'OverBudget',
  TooFewDevices: 'NoMatchingDevices',
  NotTogether: 'NoMatchingDevices',
  NoCapacity: 'NoCapacity',
};

/** Explains, member by member, why nobody takes the cluster. */
export function refuse(request: PlacementRequest, refusals: readonly MemberRefusal[]): Refusal {
  const members = refusals.toSorted((left, right) => compareText(left.member, right.member));
  const counts = countReasons(members);
  const closest = counts[0];
  return {
    kind: 'Refusal',
    reason: closest === undefined ? 'NoMembers' : overall[closest.reason],
    message: explain(request, members, counts),
    members,
    counts,
  };
}

/** The account may not take as many devices, whoever has them. */
export function refuseQuota(request: PlacementRequest, remaining: number): Refusal {
  const wanted = describeDevices(devicesWanted(request), groupsWithDevices(request));
  const left = Math.max(0, remaining);
  const devices = left === 1 ? 'device' : 'devices';
  const message = `by its quota the account may take ${left} more ${devices}, ${wanted} wanted`;
  return {
    kind: 'Refusal',
    reason: 'QuotaExceeded',
    message: boundedMessage(message),
    members: [],
    counts: [],
  };
}

function countReasons(members: readonly MemberRefusal[]): readonly RefusalCount[] {
  return memberRefusalReasons.toReversed().flatMap((reason) => {
    const own = members.filter((member) => member.reason === reason);
    if (own.length === 0) return [];
    const devices = own.reduce((sum, member) => sum + member.devices, 0);
    return [{ reason, members: own.length, devices }];
  });
}

/** As many member names as fit; fewer members are named rather than a reason left out. */
function explain(
  request: PlacementRequest,
  members: readonly MemberRefusal[],
  counts: readonly RefusalCount[],
): string {
  if (members.length === 0) return 'no member has joined the federation yet';
  const head = members.length === 1 ? '1 member' : `${members.length} members`;
  for (const shown of [3, 1, 0]) {
    const clauses = counts.map(({ reason }) =>
      clauseOf(
        request,
        members.filter((member) => member.reason === reason),
        shown,
      ),
    );
    const text = `${head}: ${clauses.join('; ')}`;
    if (text.length <= MAX_CONDITION_MESSAGE_LENGTH) return text;
    if (shown === 0) return boundedMessage(text);
  }
  return head;
}

function clauseOf(
  request: PlacementRequest,
  members: readonly MemberRefusal[],
  shown: number,
): string {
  const [first] = members;
  if (first === undefined) return '';
  if (members.length === 1) {
    const wish = wishes[first.reason]?.(request) ?? '';
    return `1 ${first.detail}${wish}${shown === 0 ? '' : ` (${first.member})`}`;
  }
  const phrase = `${members.length} ${plural(first.reason, request)}`;
  if (shown === 0) return phrase;
  const names = members.map(({ member, figure }) =>
    figure === undefined || figure === '' ? member : `${member} ${figure}`,
  );
  return `${phrase} (${listSome(names, shown)})`;
}

/** What the renter wanted instead, after one member's detail. */
const wishes: Partial<Record<MemberRefusalReason, (request: PlacementRequest) => string>> = {
  OtherCountry: (request) => `, ${listSome(request.countries, 5)} wanted`,
  OtherRegion: (request) => `, ${listSome(request.regions, 5)} wanted`,
};

function plural(reason: MemberRefusalReason, request: PlacementRequest): string {
  const groups = groupsWithDevices(request);
  const wanted = describeDevices(devicesWanted(request), groups);
  const phrases: Readonly<Record<MemberRefusalReason, string>> = {
    MemberExcluded: 'are left out by placement.members or placement.excludedMembers',
    MemberNotSchedulable: 'take no new clusters',
    NoSupplierAccount: 'cannot be paid, since their IOMembers have no spec.accountRef',
    OtherCountry: `are in other countries, ${listSome(request.countries, 5)} wanted`,
    OtherRegion: `are in other regions, ${listSome(request.regions, 5)} wanted`,
    NotCertified: `lack certifications, ${listSome(request.certifications, 5)} wanted`,
    UnknownLocation: 'have no coordinates to estimate latency from',
    TooFar: `are more than ${request.latency?.maxMilliseconds ?? 0} ms away`,
    NoMatchingDevices: `have no ${describeGroups(groups)}`,
    DevicesNotRentable: `have ${describeGroups(groups)} not verified, not healthy or not offered`,
    NotConfidential: 'have the devices, but not in confidential mode',
    NotOffered: `do not offer the devices as ${request.capacity}`,
    OverBudget: `cost more than ${formatUsd(request.maxPriceMicroUsdPerGpuHour ?? 0n)} $/h per GPU`,
    TooFewDevices: `have fewer than ${wanted}`,
    NoCapacity: `have not ${wanted} free`,
    NotTogether: 'have the devices, but not as close together as wanted',
  };
  return phrases[reason];
}
