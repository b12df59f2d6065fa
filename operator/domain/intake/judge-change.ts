import type { IntervalChange } from '../metering/types.ts';
import {
  type Knowledge,
  type Outcome,
  type Rejection,
  type SlotTimeline,
  spanOf,
} from './slot-timeline.ts';

/** A change may lie so far after now by the hub's clock: agents' clocks are held to this. */
const maxSkewSeconds = 120;
/** A device may be Ready so long before the lease has it: seconds are rounded on either side. */
const earlySeconds = 2;

/** What the store says of the lease that a change names. */
export type LeaseFacts = Readonly<{
  /** The sender is the member that holds it. */
  mine: boolean;
  /** Its last second was paid, and nothing is added to it any more. */
  settled: boolean;
  endedAtSeconds: number | undefined;
}>;

/** What the store says of a device of that lease. */
export type DeviceFacts = Readonly<{
  /** Since when the lease has it. */
  addedAtSeconds: number;
  timeline: SlotTimeline;
}>;

/** Takes a change into the timeline of its device, or says why it cannot be billed. */
export function judgeChange(
  change: IntervalChange,
  lease: LeaseFacts | undefined,
  device: DeviceFacts | undefined,
  knowledge: Knowledge & Readonly<{ nowSeconds: number }>,
): Outcome {
  const { leaseId } = change;
  if (lease === undefined) return no('LeaseUnknown', `there is no lease ${leaseId}`);
  if (!lease.mine) {
    return no('NotTheMemberOfTheLease', `another member holds the lease ${leaseId}`);
  }
  if (device === undefined) {
    return no('DeviceNotInLease', `the lease ${leaseId} has no device ${change.device}`);
  }
  if (change.kind === 'Closed' && change.endSeconds <= change.startSeconds) {
    return no('EmptyInterval', `${spanOf(change)} has no second`);
  }
  const latest = change.kind === 'Closed' ? change.endSeconds : change.startSeconds;
  if (latest > knowledge.nowSeconds + maxSkewSeconds) {
    const ahead = latest - knowledge.nowSeconds;
    return no('InTheFuture', `${spanOf(change)} is ${ahead} s ahead of the hub's clock`);
  }
  const late = tooLate(change, lease, device);
  // What was paid is not opened again.
  const currentSpool = knowledge.currentSpool && !lease.settled;
  return late ?? device.timeline.take(change, { ...knowledge, currentSpool });
}

function tooLate(
  change: IntervalChange,
  { settled, endedAtSeconds }: LeaseFacts,
  { addedAtSeconds, timeline }: DeviceFacts,
): Rejection | undefined {
  const ended = endedAtSeconds ?? Number.POSITIVE_INFINITY;
  const known = timeline.find(change);
  if (known !== undefined) {
    const told = known.end !== undefined && known.end.reason !== 'Unreported';
    if (!settled || change.kind === 'Opened' || told) return undefined;
  } else if (change.startSeconds < addedAtSeconds - earlySeconds) {
    const message = `${spanOf(change)} begins before the lease had the device, at ${addedAtSeconds}`;
    return no('TooOld', message);
  } else if (change.startSeconds >= ended) {
    return no('TooOld', `${spanOf(change)} begins when the lease had ended, at ${ended}`);
  }
  return settled ? no('TooOld', `${spanOf(change)} comes after the lease was settled`) : undefined;
}

const no = (reason: Rejection['reason'], message: string): Rejection => ({ reason, message });
