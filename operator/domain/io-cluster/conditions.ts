import { boundedMessage, type ConditionIntent } from '../condition-intent.ts';
import { formatUsd } from '../money.ts';
import { type MoneyWords, moneyConditions } from './money-conditions.ts';
import type { Lease, Phase } from './phase.ts';

type Intent = ConditionIntent<
  'Valid' | 'Admitted' | 'Placed' | 'Provisioned' | 'Ready' | 'Finished'
>;
type Leased = Extract<Phase, { kind: 'Leased' }>;

const yes = (type: Intent['type'], reason: string, message: string): Intent => ({
  type,
  status: 'True',
  reason,
  message: boundedMessage(message),
});
const no = (type: Intent['type'], reason: string, message: string): Intent => ({
  ...yes(type, reason, message),
  status: 'False',
});

const valid = yes('Valid', 'Accepted', 'The specification can be met as it is written.');
const running = no('Finished', 'Running', 'The cluster has not come to its end.');

/**
 * The six conditions of an IOCluster in `phase`, and three more where the hub has a ledger. Reasons
 * are those of crds/schema/conditions.ts.
 */
export function ioClusterConditions(phase: Phase, money?: MoneyWords): readonly ConditionIntent[] {
  const conditions = conditionsOf(phase);
  return money === undefined ? conditions : [...conditions, ...moneyConditions(phase, money)];
}

function conditionsOf(phase: Phase): readonly Intent[] {
  switch (phase.kind) {
    case 'Invalid':
      return [
        no('Valid', phase.reason, phase.message),
        ...withoutLease('Invalid', 'Waiting', 'Invalid', phase.message),
        running,
      ];
    case 'Finished':
      return [
        valid,
        ...withoutLease('Finished', 'Finished', 'Finished', phase.message, phase.releasing),
        yes('Finished', phase.reason, phase.message),
      ];
    case 'Suspended': {
      const message =
        'spec.suspend is true: the devices were given back; set it to false to resume.';
      const rest = withoutLease('Suspended', 'Suspended', 'Suspended', message, phase.releasing);
      return [valid, ...rest, running];
    }
    case 'Releasing':
      return [
        valid,
        no('Admitted', 'Pending', phase.message),
        no('Placed', releasedReason(phase.cause), phase.message),
        no(
          'Provisioned',
          phase.cause === 'RefusedByMember' ? 'RefusedByMember' : 'Releasing',
          phase.message,
        ),
        no('Ready', 'NotPlaced', phase.message),
        running,
      ];
    case 'Waiting':
      return [
        valid,
        ...withoutLease(
          admittedReason(phase.refusal.reason),
          'Waiting',
          'NotAdmitted',
          phase.refusal.message,
        ),
        running,
      ];
    case 'Unfunded':
      return [
        valid,
        ...withoutLease(phase.reason, 'Waiting', 'NotAdmitted', phase.message),
        running,
      ];
    case 'Leased':
      return [valid, ...leasedConditions(phase), running];
  }
}

const toldCauses = new Set(['MemberLost', 'MemberDraining', 'DeviceBroken']);
const releasedReason = (cause: string): string => (toldCauses.has(cause) ? cause : 'Released');

/** Admitted has no reason of its own for an empty federation: nobody has the devices. */
function admittedReason(reason: string): string {
  return reason === 'NoMembers' || reason === 'NoMatchingMembers' ? 'NoMatchingDevices' : reason;
}

function withoutLease(
  admitted: string,
  placed: string,
  ready: string,
  message: string,
  releasing = false,
): readonly Intent[] {
  const provisioned = releasing
    ? no('Provisioned', 'Releasing', 'The member is removing the Ray cluster.')
    : no('Provisioned', 'NotPlaced', 'There is nothing on any member.');
  return [
    no('Admitted', admitted, message),
    no('Placed', placed, message),
    provisioned,
    no('Ready', ready, message),
  ];
}

function leasedConditions(phase: Leased): readonly Intent[] {
  const { lease } = phase;
  const placed = placedCondition(phase);
  const provisioned = provisionedCondition(phase);
  return [
    yes('Admitted', 'Admitted', `Admitted with ${devicesText(lease.devices)}.`),
    placed,
    provisioned,
    readyCondition(phase, provisioned),
  ];
}

function placedCondition({ lease, scaleUpRefusal, damage }: Leased): Intent {
  if (damage !== undefined) return yes('Placed', 'DeviceBroken', damage);
  if (scaleUpRefusal === undefined) return yes('Placed', 'Placed', placedMessage(lease));
  const message = `The lease goes on as it is; more workers have to wait: ${scaleUpRefusal.message}`;
  return yes('Placed', 'ScaleUpWaiting', message);
}

const devicesText = (count: number): string => `${count} ${count === 1 ? 'device' : 'devices'}`;

const placedMessage = ({ member, id, priceMicroUsdPerHour }: Lease): string =>
  `Placed on ${member} by ${id} at ${formatUsd(BigInt(priceMicroUsdPerHour))} USD an hour.`;

function provisionedCondition({ report, lease }: Leased): Intent {
  const { accepted, applied } = report;
  if (accepted !== undefined && !accepted.ok) {
    return no('Provisioned', 'RefusedByMember', `${lease.member} refuses: ${accepted.message}`);
  }
  if (applied?.ok === true) {
    return yes('Provisioned', 'Provisioned', `The RayCluster exists on ${lease.member}.`);
  }
  const why = applied === undefined ? 'its agent has not answered yet' : applied.message;
  return no('Provisioned', 'Applying', `Waiting for ${lease.member}: ${why}`);
}

/** What a member says of a Ray cluster that a renter reads as it is. */
const toldReadiness = new Set(['HeadNotReady', 'WorkersNotReady', 'HeldByQueue']);

function readyCondition(phase: Leased, provisioned: Intent): Intent {
  const { report, lease } = phase;
  if (!phase.memberConnected) {
    const message = `${lease.member} is not heard; what runs there is not known.`;
    return { type: 'Ready', status: 'Unknown', reason: 'MemberUnreachable', message };
  }
  if (provisioned.status !== 'True') return no('Ready', 'NotProvisioned', provisioned.message);
  const { ready } = report;
  if (ready === undefined) return no('Ready', 'HeadNotReady', 'The pods are being started.');
  if (ready.ok) return yes('Ready', 'Ready', ready.message);
  const known = toldReadiness.has(ready.reason);
  return no('Ready', known ? ready.reason : 'NotProvisioned', ready.message);
}
