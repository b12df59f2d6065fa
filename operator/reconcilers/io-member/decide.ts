import type { ConditionIntent } from '../../domain/condition-intent.ts';
import { memberNamespace } from '../../domain/lease.ts';
import type { ProductCounts } from '../../domain/inventory/types.ts';
import type { MeteringState, Versions } from '../../domain/member/heartbeat.ts';
import type { IOMember } from '../../../crds/schema/index.ts';

/** What the hub knows of one member at one instant. Durations in milliseconds. */
export type Observed = Readonly<{
  member: IOMember;
  /** Time since the hub saw the member's Lease renewed, by the hub's own clock; undefined: never. */
  heartbeatAgeMs: number | undefined;
  /** Versions that the agent put beside its heartbeat. */
  versions: Versions;
  /** Whether the agent can record usage; undefined when it does not say, as one that meters nothing. */
  metering: MeteringState | undefined;
  /** Devices of the member by product, as the inventory counts them. */
  products: readonly ProductCounts[];
}>;

export type Capacity = Readonly<{
  model: string;
  devices: number;
  verified: number;
  leased: number;
  free: number;
}>;

export type Decision = Readonly<{
  /** Whether the member's namespace, role and bindings exist (`grant`) or are taken away. */
  access: 'grant' | 'revoke';
  namespace: string;
  conditions: readonly ConditionIntent[];
  capacity: readonly Capacity[];
  /** Over all products. */
  devices: Readonly<{ total: number; free: number; leased: number }>;
  versions: Versions;
  /** When the next condition can change by the passing of time alone. */
  requeueAfterMs: number | undefined;
}>;

/** Models listed in status.capacity; the CRD takes no more. */
export const maximumCapacityModels = 64;

export function decide(observed: Observed, memberLostMs: number): Decision {
  const { member, heartbeatAgeMs, metering } = observed;
  const accepted = acceptedCondition(member);
  const connected = connectedCondition(member, heartbeatAgeMs, memberLostMs);
  return {
    access: member.spec.accepted ? 'grant' : 'revoke',
    namespace: memberNamespace(member.metadata.name),
    conditions: [
      accepted,
      connected,
      ...meteringCondition(member, metering, connected),
      schedulableCondition(member, connected, metering),
    ],
    capacity: capacityOf(observed.products),
    devices: totals(observed.products),
    versions: observed.versions,
    requeueAfterMs:
      connected.status === 'True' && heartbeatAgeMs !== undefined
        ? Math.max(memberLostMs - heartbeatAgeMs, 0) + 1
        : undefined,
  };
}

function acceptedCondition(member: IOMember): ConditionIntent {
  if (member.spec.accepted) {
    return intent(
      'Accepted',
      'True',
      'Accepted',
      'An administrator of the hub accepted this member.',
    );
  }
  const patch = `kubectl patch iomember ${member.metadata.name} --type=merge -p '{"spec":{"accepted":true}}'`;
  return intent(
    'Accepted',
    'False',
    'NotAccepted',
    `An administrator of the hub has to accept this member: ${patch}`,
  );
}

function connectedCondition(
  member: IOMember,
  ageMs: number | undefined,
  lostMs: number,
): ConditionIntent {
  if (!member.spec.accepted) {
    return intent('Connected', 'False', 'NotAccepted', 'The member is not accepted yet.');
  }
  if (ageMs === undefined) {
    const why = 'No heartbeat of the agent has arrived yet; is io-operator agent running there?';
    return intent('Connected', 'Unknown', 'NeverConnected', why);
  }
  if (ageMs > lostMs) {
    const why = `No heartbeat for more than ${Math.round(lostMs / 1000)} s.`;
    return intent('Connected', 'False', 'NoHeartbeat', why);
  }
  return intent('Connected', 'True', 'HeartbeatsArrive', 'The agent renews its Lease in time.');
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
function meteringCondition(
  { status }: IOMember,
  state: MeteringState | undefined,
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

function schedulableCondition(
  member: IOMember,
  connected: ConditionIntent,
  metering: MeteringState | undefined,
): ConditionIntent {
  if (!member.spec.accepted) {
    return intent('Schedulable', 'False', 'NotAccepted', 'The member is not accepted yet.');
  }
  if (member.spec.cordoned) {
    const why = 'spec.cordoned is true: leases go on, nothing new is placed here.';
    return intent('Schedulable', 'False', 'Cordoned', why);
  }
  if (connected.status !== 'True') {
    return intent('Schedulable', 'False', 'NotConnected', connected.message);
  }
  if (metering !== undefined && metering !== 'Recording') {
    const why = 'The agent cannot record usage: what would be placed here could not be billed.';
    return intent('Schedulable', 'False', 'NotMetering', why);
  }
  if (member.spec.offers.length === 0) {
    const why = 'spec.offers is empty: name at least one model and its price.';
    return intent('Schedulable', 'False', 'NoOffers', why);
  }
  return intent('Schedulable', 'True', 'Schedulable', 'New leases may be placed here.');
}

/** What status.capacity lists; products ascend by name, so the same devices always read the same. */
function capacityOf(products: readonly ProductCounts[]): readonly Capacity[] {
  return products
    .filter(({ product }) => product !== 'unknown')
    .slice(0, maximumCapacityModels)
    .map(({ product, devices, verified, leased, free }) => ({
      model: product,
      devices,
      verified,
      leased,
      free,
    }));
}

function totals(products: readonly ProductCounts[]): Decision['devices'] {
  const sums = { total: 0, free: 0, leased: 0 };
  for (const product of products) {
    sums.total += product.devices;
    sums.free += product.free;
    sums.leased += product.leased;
  }
  return sums;
}

const intent = (
  type: string,
  status: ConditionIntent['status'],
  reason: string,
  message: string,
): ConditionIntent => ({ type, status, reason, message });
