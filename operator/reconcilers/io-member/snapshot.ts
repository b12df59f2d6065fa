import type { IOMember, IOMemberStatus } from '../../../crds/schema/index.ts';
import type { ProductCounts } from '../../domain/inventory/types.ts';
import type { MemberWishes, MeteringState, Versions } from '../../domain/member/heartbeat.ts';

/** How far an agent has come with its certificate, as its requests on the hub say. */
export type Joining = Readonly<Pick<IOMemberStatus, 'request' | 'credential'>>;

/** What the hub knows of one member at one instant. Durations in milliseconds. */
export type Observed = Readonly<{
  member: IOMember;
  /** The hub's wall clock. */
  nowMs: number;
  /** Time since the hub saw the member's Lease renewed, by the hub's own clock; undefined: never. */
  heartbeatAgeMs: number | undefined;
  /** Versions that the agent put beside its heartbeat. */
  versions: Versions;
  /** Whether the agent can record usage; undefined when it does not say, as one that meters nothing. */
  metering: MeteringState | undefined;
  /** What the data centre wants of its own member. */
  wishes: MemberWishes;
  /** Which cluster the last heartbeat came from; undefined when the agent does not say. */
  clusterUid: string | undefined;
  /** Whether that heartbeat came after the rights of every other enrolment had ended. */
  isOfEnrolment: boolean;
  /** An older IOMember, let in as well, whose agent runs in the same cluster. */
  olderTwin: string | undefined;
  joining: Joining;
  /** Devices of the member by product, as the inventory counts them. */
  products: readonly ProductCounts[];
  /** IOPlacements in the member's namespace, those included that are being released. */
  placements: number;
  /** Undefined without a ledger, and while the member is not being removed. */
  unsettledLeases: number | undefined;
  /** Time since this process first saw a member that is being removed without a placement. */
  emptyForMs: number;
}>;

/** From when on a silent member is lost, and from when on everything on it has surely stopped. */
export type SilenceLimits = Readonly<{
  /** From here on nothing new is placed on the member: it may be on its way to be lost. */
  lateMs: number;
  lostMs: number;
  fencedMs: number;
}>;
