import type {
  IOMember,
  IOMemberConditionType,
  IOMemberReason,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { MeteringState } from '../../domain/member/heartbeat.ts';
import { removalMessages, type RemovalStep } from './decide-removal.ts';
import type { Observed, SilenceLimits } from './snapshot.ts';

/** The conditions of an IOMember, each from the same snapshot. */

const late = 'HeartbeatLate' satisfies IOMemberReason<'Connected' | 'Schedulable'>;

export function acceptedCondition({ metadata: { name }, spec }: IOMember): ConditionIntent {
  if (spec.accepted) {
    const why = 'An administrator of the hub accepted this member.';
    return intent('Accepted', 'True', 'Accepted', why);
  }
  if (spec.denied) {
    const why =
      'An administrator of the hub does not want this member; ' +
      `kubectl io member accept ${name} lets it in after all.`;
    return intent('Accepted', 'False', 'Denied', why);
  }
  const patch = `kubectl patch iomember ${name} --type=merge -p '{"spec":{"accepted":true}}'`;
  const why = `An administrator of the hub has to accept this member: ${patch}`;
  return intent('Accepted', 'False', 'NotAccepted', why);
}

/** How an agent that asks for its certificate here stands; nothing of one that never did. */
export function joinedCondition({ member, joining }: Observed): readonly ConditionIntent[] {
  const { spec, metadata } = member;
  const { request } = joining;
  const credential = joining.credential ?? member.status?.credential;
  if (request === undefined && credential === undefined) return [];
  const joined = (
    status: ConditionIntent['status'],
    reason: IOMemberReason<'Joined'>,
    why: string,
  ) => [intent('Joined', status, reason, why)];
  if (spec.denied)
    return joined('False', 'Denied', 'The member was denied; its agent gets nothing.');
  const putOut = (enrolment: number) =>
    `Its key is of enrolment ${enrolment}, and only ${spec.enrolment} is let in: ` +
    `kubectl io member invite ${metadata.name} lets it join anew.`;
  if (request !== undefined) {
    const { enrolment, keySha256 } = request;
    const accept = `kubectl io member accept ${metadata.name}`;
    if (enrolment < spec.enrolment) return joined('False', 'Refused', putOut(enrolment));
    if (enrolment > spec.enrolment && spec.accepted) {
      const why =
        `An agent with another key, ${keySha256}, asks to join in place of the one before. ` +
        `If its data centre confirms the key: ${accept}`;
      return joined('False', 'RejoinPending', why);
    }
    const why = spec.accepted
      ? 'The member was accepted; its certificate is being issued.'
      : `An agent with the key ${keySha256} asks to join. If its data centre confirms the key: ${accept}`;
    return joined('False', 'AwaitingAcceptance', why);
  }
  const held = credential?.enrolment ?? 0;
  return held === spec.enrolment
    ? joined('True', 'CertificateIssued', 'Its agent has a certificate, and renews it in time.')
    : joined('False', 'Refused', putOut(held));
}

export function connectedCondition(
  observed: Observed,
  { lateMs, lostMs }: SilenceLimits,
): ConditionIntent {
  const { member, heartbeatAgeMs: ageMs, olderTwin } = observed;
  if (!member.spec.accepted) {
    return intent('Connected', 'False', 'NotAccepted', 'The member is not accepted yet.');
  }
  if (ageMs === undefined) {
    const why = 'No heartbeat of the agent has arrived yet; is io-operator agent running there?';
    return intent('Connected', 'Unknown', 'NeverConnected', why);
  }
  if (isOtherCluster(observed)) {
    const why =
      'The agent runs in another cluster than before: its key was copied, or its cluster made anew. ' +
      `kubectl io member revoke ${member.metadata.name} puts the key out; then invite it anew.`;
    return intent('Connected', 'False', 'OtherCluster', why);
  }
  if (olderTwin !== undefined) {
    const why = `The agent of the older IOMember ${olderTwin} runs in the same cluster: remove one of the two.`;
    return intent('Connected', 'False', 'DuplicateCluster', why);
  }
  if (ageMs > lostMs) {
    const why = `No heartbeat for more than ${Math.round(lostMs / 1000)} s.`;
    return intent('Connected', 'False', 'NoHeartbeat', why);
  }
  if (ageMs > lateMs) {
    const why =
      `No heartbeat for more than ${Math.round(lateMs / 1000)} s: nothing new is placed here; ` +
      `after ${Math.round(lostMs / 1000)} s the member counts as lost.`;
    return intent('Connected', 'True', late, why);
  }
  return intent('Connected', 'True', 'HeartbeatsArrive', 'The agent renews its Lease in time.');
}

/**
 * Once one key was seen in two clusters it stays so until an administrator lets in another: whose
 * heartbeat comes next says nothing about whose the key is.
 */
function isOtherCluster({ member, clusterUid, isOfEnrolment }: Observed): boolean {
  const { status, spec } = member;
  if (status?.clusterUid === undefined || status.clusterEnrolment !== spec.enrolment) return false;
  const before = status.conditions?.find(({ type }) => type === 'Connected');
  if (before?.reason === ('OtherCluster' satisfies IOMemberReason<'Connected'>)) return true;
  return isOfEnrolment && clusterUid !== undefined && clusterUid !== status.clusterUid;
}

export function fencedCondition(
  { member, heartbeatAgeMs: ageMs }: Observed,
  { fencedMs }: SilenceLimits,
): ConditionIntent {
  if (!member.spec.accepted || ageMs === undefined) {
    return intent('Fenced', 'Unknown', 'NotConnected', 'The member was never heard.');
  }
  if (ageMs <= fencedMs) {
    const why = 'The agent was heard a short time ago: what it runs goes on.';
    return intent('Fenced', 'False', 'NotFenced', why);
  }
  const why =
    `The agent was silent for more than ${Math.round(fencedMs / 1000)} s: what it stops by itself ` +
    'has stopped, unless an IOCluster gives it longer.';
  return intent('Fenced', 'True', 'SilentTooLong', why);
}

/** Only while something is to be taken off. */
export function drainedCondition(
  { placements }: Observed,
  deadlineMs: number | undefined,
  removal: RemovalStep | undefined,
): readonly ConditionIntent[] {
  if (deadlineMs === undefined) return [];
  const until = new Date(deadlineMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const going = `Leases move or end by themselves until ${until}; what is left then is released.`;
  return [
    placements > 0
      ? intent(
          'Drained',
          'False',
          'Draining',
          removal === undefined ? going : removalMessages[removal],
        )
      : intent(
          ...(['Drained', 'True', 'Drained'] as const),
          removal === undefined ? 'No lease is here any more.' : removalMessages[removal],
        ),
  ];
}

const cannotRecord: Readonly<Record<Exclude<MeteringState, 'Recording'>, string>> = {
  SpoolFull:
    'The spool of the agent, or its disk, is full: what is recorded is kept, and no usage begins until ' +
    'there is room. Make room under --spool-directory; is the api reachable?',
  SpoolFailed:
    'The agent cannot write to its spool: no usage begins until it can. Its log says why; see to the ' +
    'disk of --spool-directory.',
};

/** What the agent says of its spool; nothing of one that never metered. */
export function meteringCondition(
  { member: { status }, metering: state }: Observed,
  connected: ConditionIntent,
): readonly ConditionIntent[] {
  const metered = status?.conditions?.some(({ type }) => type === 'Metering') === true;
  if (state === undefined && !metered) return [];
  if (connected.status !== 'True') {
    return [intent('Metering', 'Unknown', 'NotConnected', connected.message)];
  }
  if (state === undefined) {
    const why = 'The agent runs without --api-url: it records no usage.';
    return [intent('Metering', 'Unknown', 'NotMetered', why)];
  }
  return state === 'Recording'
    ? [intent('Metering', 'True', state, 'The agent records usage on its disk.')]
    : [intent('Metering', 'False', state, cannotRecord[state])];
}

export function schedulableCondition(
  { member: { spec }, metering, wishes }: Observed,
  deadlineMs: number | undefined,
  connected: ConditionIntent,
): ConditionIntent {
  const no = (reason: IOMemberReason<'Schedulable'>, why: string) =>
    intent('Schedulable', 'False', reason, why);
  if (!spec.accepted) return no('NotAccepted', 'The member is not accepted yet.');
  if (deadlineMs !== undefined) {
    return no('Draining', 'Everything is taken off this member: nothing new is placed here.');
  }
  if (spec.cordoned) {
    return no('Cordoned', 'spec.cordoned is true: leases go on, nothing new is placed here.');
  }
  if (connected.status !== 'True') return no('NotConnected', connected.message);
  if (connected.reason === late) return no(late, connected.message);
  if (wishes.cordoned) {
    const why = 'The data centre cordoned its member: leases go on, nothing new is placed here.';
    return no('CordonedByMember', why);
  }
  if (metering !== undefined && metering !== 'Recording') {
    const why = 'The agent cannot record usage: what would be placed here could not be billed.';
    return no('NotMetering', why);
  }
  if (spec.offers.length === 0) {
    return no('NoOffers', 'spec.offers is empty: name at least one model and its price.');
  }
  return intent('Schedulable', 'True', 'Schedulable', 'New leases may be placed here.');
}

function intent<Type extends IOMemberConditionType>(
  type: Type,
  status: ConditionIntent['status'],
  reason: IOMemberReason<Type>,
  message: string,
): ConditionIntent {
  return { type, status, reason, message };
}
