import type { IODevice, IOMember } from '../../../crds/schema/index.ts';
import { productOf } from '../inventory/types.ts';
import { formatAmount } from '../pricing/assets.ts';
import { conditionOf, conditionViews, isTrue } from './conditions.ts';
import type { DeviceView } from './types.ts';

/** What a device is counted as: the first of these that is true of it. */
export type DeviceState = 'Broken' | 'Leased' | 'Blocked' | 'Free';

/** An IODevice as its supplier sees it. What it earns, and at which price, stands in its IOMember. */
export function deviceView(
  device: IODevice,
  memberName: string,
  member: IOMember | undefined,
): DeviceView {
  const { metadata, spec, status } = device;
  const offer = spec.offer ?? memberOffer(device, member);
  return {
    member: memberName,
    name: metadata.name,
    account: accountOfMember(member),
    uuid: spec.uuid,
    node: spec.node.name,
    index: spec.index,
    product: spec.product,
    model: status?.model,
    migProfile: spec.migProfile,
    memoryMiB: spec.memoryMiB,
    driverVersion: spec.driverVersion,
    conditions: conditionViews(status?.conditions),
    blockedBy: blockedBy(device),
    onDemandMicroUsdPerHour: offer?.onDemandMicroUsdPerHour,
    spotMicroUsdPerHour: offer?.spotMicroUsdPerHour,
    health: healthOf(device),
    lease: leaseOf(device),
    stake: stakeOf(device),
  };
}

/** `namespace/name` of the IOAccount that earns what a member brings in. */
export function accountOfMember(member: IOMember | undefined): string | undefined {
  const account = member?.spec.accountRef;
  return account === undefined ? undefined : `${account.namespace}/${account.name}`;
}

/** The state that a device is listed and counted under. */
export function deviceState(device: IODevice): DeviceState {
  if (device.spec.health?.state === 'Broken') return 'Broken';
  if (device.status?.lease !== undefined) return 'Leased';
  return blockedBy(device) === undefined ? 'Free' : 'Blocked';
}

/** The first rung that keeps the device from being rented; its stake only where one is required. */
function blockedBy({ spec, status }: IODevice): DeviceView['blockedBy'] {
  const conditions = status?.conditions;
  if (!isTrue(conditions, 'Identified')) return 'Identified';
  if (!isTrue(conditions, 'Verified')) return 'Verified';
  const offered = conditionOf(conditions, 'Offered');
  if (offered?.reason === 'NotStaked') return 'Staked';
  // The agent's word counts before it shows in a condition.
  const isWell = (spec.health?.state ?? 'Healthy') === 'Healthy';
  if (!isWell || !isTrue(conditions, 'Healthy')) return 'Healthy';
  return offered?.status === 'True' ? undefined : 'Offered';
}

function memberOffer({ spec, status }: IODevice, member: IOMember | undefined) {
  const product = productOf(status?.model ?? '', spec.migProfile);
  return member?.spec.offers.find(({ model }) => model === product);
}

function healthOf({ spec }: IODevice): DeviceView['health'] {
  if (spec.health === undefined) return undefined;
  const { state, reason, message, since } = spec.health;
  return { state, reason, message, since };
}

function leaseOf({ status }: IODevice): DeviceView['lease'] {
  return status?.lease === undefined
    ? undefined
    : { id: status.lease.id, since: status.lease.since };
}

function stakeOf({ status }: IODevice): DeviceView['stake'] {
  if (status?.stake === undefined) return undefined;
  const { amountBaseUnits, requiredBaseUnits, escrowedBaseUnits, unlockTime, address } =
    status.stake;
  return {
    amount: formatAmount(BigInt(amountBaseUnits), 'IO'),
    required: formatAmount(BigInt(requiredBaseUnits), 'IO'),
    escrowed: formatAmount(BigInt(escrowedBaseUnits ?? '0'), 'IO'),
    unlockTime,
    address,
  };
}
