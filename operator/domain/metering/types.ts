/**
 * What a member tells the hub about the use of its devices. Times are whole seconds since 1970 in
 * UTC: Kubernetes tells readiness in seconds, and a second is what is billed.
 */

/** Why an interval came to its end. */
export type EndReason =
  /** The pod stopped being Ready, or a container of it restarted. */
  | 'NotReady'
  /** The pod is gone, or is being deleted. */
  | 'PodGone'
  /** The node stopped being Ready, or is gone. */
  | 'NodeLost'
  /** The lease was released. */
  | 'Released'
  /** The hub was not heard for too long, so the agent stopped the work. */
  | 'Fenced'
  /** The GPU does no work any more: the agent saw an error of it. */
  | 'DeviceBroken'
  /** The agent did not see what happened after this instant, so nothing after it is claimed. */
  | 'Unobserved';

/**
 * Names a usage interval: a worker was Ready on one device of a lease from `startSeconds` on. Two
 * reports with the same key speak of the same interval.
 */
export type IntervalKey = Readonly<{
  leaseId: string;
  podUid: string;
  /** Name of the IODevice; unique in its member. */
  device: string;
  startSeconds: number;
}>;

/** An interval began, or came to its end. A `Closed` tells all: the `Opened` may be lost. */
export type IntervalChange =
  | (IntervalKey & Readonly<{ kind: 'Opened' }>)
  | (IntervalKey & Readonly<{ kind: 'Closed'; endSeconds: number; reason: EndReason }>);

/** One message of a member. The member's name is not in it: it is read from the credential. */
export type UsageReport = Readonly<{
  /** Names the spool that the agent writes; a fresh disk has a fresh one. 16 to 64 characters. */
  spoolId: string;
  /** From 1, one more each report of this spool. A report is sent again, unchanged, until acknowledged. */
  sequence: number;
  /** The agent's clock when this was sent, in milliseconds: with it the hub measures the skew. */
  sentAtMs: number;
  /**
   * Intervals that are open were Ready until then; what the agent saw before it is in this report
   * or in an earlier one.
   */
  observedUntilSeconds: number;
  changes: readonly IntervalChange[];
}>;

/** Most changes in one report; a larger list is split. */
export const maxChangesPerReport = 2_000;

/** One minute of a member: a bit for each device of its roster. */
export type HeartbeatReport = Readonly<{
  /** Minutes since 1970. */
  minute: number;
  sentAtMs: number;
  /** Hash of the roster; the hub answers `RosterUnknown` when it does not have it yet. */
  rosterHash: string;
  /** IODevice names, ascending. Sent with the first heartbeat after the roster changed. */
  roster?: readonly string[];
  /** Base64 of the bits; bit i, from the lowest of byte 0 on, is device i: 1 is up. */
  up: string;
}>;

/** Most devices in the roster of a member. */
export const maxRosterDevices = 20_000;

/** Why the hub did not take a change. Each is kept in the dead-letter table. */
export type UsageRejection =
  | 'LeaseUnknown'
  | 'NotTheMemberOfTheLease'
  | 'DeviceNotInLease'
  | 'InTheFuture'
  | 'TooOld'
  | 'EmptyInterval'
  | 'Overlapping'
  /** The same key was told before with another end. */
  | 'Conflicting';
