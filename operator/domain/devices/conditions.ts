import type {
  IODevice,
  IODeviceConditionType,
  IODeviceReason,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../condition-intent.ts';
import type { DeviceVerdict } from './verify.ts';

/** Staking as the hub is configured; while it is off a device is rented without stake. */
export type StakeFacts =
  | Readonly<{ kind: 'Disabled' }>
  | Readonly<{
      kind: 'Judged';
      staked: ConditionIntent<'Staked'>;
      slashed: ConditionIntent<'Slashed'>;
      /** Whether a device without its stake is not rented. */
      isRequired: boolean;
    }>;

/** All that the conditions of an IODevice depend on. */
export type DeviceConditionFacts = Readonly<{
  spec: IODevice['spec'];
  verdict: DeviceVerdict;
  stake: StakeFacts;
  /** Has the device, or its member for the product, a price? */
  hasPrice: boolean;
  /** The member takes no new clusters by its administrator's wish. */
  memberCordoned: boolean;
  /** Id of the lease that holds the device. */
  lease?: string;
}>;

type Intent = ConditionIntent<IODeviceConditionType>;

/**
 * All conditions of a device; Slashed only while staking is on. Offered says whether it could be
 * rented were it free.
 */
export function deviceConditions(facts: DeviceConditionFacts): readonly Intent[] {
  const healthy = healthyCondition(facts.spec);
  return [
    facts.verdict.identified,
    facts.verdict.verified,
    stakedCondition(facts.stake),
    healthy,
    offeredCondition(facts, healthy),
    leasedCondition(facts.lease),
    ...(facts.stake.kind === 'Disabled' ? [] : [facts.stake.slashed]),
  ];
}

function intent<Type extends IODeviceConditionType>(
  type: Type,
  status: Intent['status'],
  reason: IODeviceReason<Type>,
  message: string,
): Intent {
  return { type, status, reason, message };
}

function stakedCondition(stake: StakeFacts): Intent {
  if (stake.kind === 'Judged') return stake.staked;
  return intent('Staked', 'Unknown', 'StakingDisabled', 'Staking is off; no stake is needed.');
}

function healthyCondition(spec: IODevice['spec']): Intent {
  if (!spec.node.ready) {
    return intent('Healthy', 'False', 'NodeNotReady', `Node ${spec.node.name} is not ready.`);
  }
  const { health } = spec;
  if (health?.state === 'Broken' || health?.state === 'Degraded') {
    return intent('Healthy', 'False', faultReason(health.reason), health.message);
  }
  if (!spec.allocatable) {
    const message = `Node ${spec.node.name} does not count the device as allocatable.`;
    return intent('Healthy', 'False', 'NotAllocatable', message);
  }
  return intent('Healthy', 'True', 'Healthy', 'The node is ready and has the device to give.');
}

/** An agent that names a recovery as a fault is not believed to have told the cause. */
const faultReason = (
  reason: NonNullable<IODevice['spec']['health']>['reason'],
): IODeviceReason<'Healthy'> =>
  reason === 'Recovered' || reason === 'Checked' ? 'NodeReportsFault' : reason;

function offeredCondition(facts: DeviceConditionFacts, healthy: Intent): Intent {
  const { spec, verdict, stake } = facts;
  const no = (reason: IODeviceReason<'Offered'>, message: string): Intent =>
    intent('Offered', 'False', reason, message);
  if (verdict.verified.status !== 'True') {
    return no('NotVerified', 'Only verified devices are rented; see condition Verified.');
  }
  if (!facts.hasPrice) {
    const message =
      'Neither the device nor its member has a price for it: see IOMember spec.offers.';
    return no('NoOffer', message);
  }
  if (stake.kind === 'Judged' && stake.isRequired && stake.staked.status !== 'True') {
    return no('NotStaked', 'Without its stake the device is not rented; see condition Staked.');
  }
  if (healthy.status !== 'True') {
    return no('NotHealthy', 'Only healthy devices are rented; see condition Healthy.');
  }
  if (!spec.node.schedulable) {
    return no('NodeUnschedulable', `Node ${spec.node.name} is cordoned.`);
  }
  if (facts.memberCordoned) return no('Cordoned', `Member ${spec.member} is cordoned.`);
  return intent('Offered', 'True', 'Offered', 'The device can be rented.');
}

function leasedCondition(lease: string | undefined): Intent {
  return lease === undefined
    ? intent('Leased', 'False', 'Free', 'No lease holds the device.')
    : intent('Leased', 'True', 'Leased', `${lease} holds the device.`);
}
