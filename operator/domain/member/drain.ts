/**
 * Taking everything off a member by a deadline. Spot leases were sold as such and leave at once;
 * others leave as soon as another member can take them, and at the deadline in any case.
 */
export type DrainInput = Readonly<{
  /** Both in milliseconds of the hub's wall clock. */
  deadlineMs: number;
  nowMs: number;
  capacity: 'OnDemand' | 'Spot';
  /** Whether another member could take the lease now. */
  canMove: boolean;
}>;

/** `Move`: the lease is released here, and its IOCluster placed anew wherever there is room. */
export function drainStep({ deadlineMs, nowMs, capacity, canMove }: DrainInput): 'Stay' | 'Move' {
  if (nowMs >= deadlineMs || capacity === 'Spot') return 'Move';
  return canMove ? 'Move' : 'Stay';
}

/**
 * Until when everything has to be off a member, in milliseconds of the wall clock; undefined when
 * nothing is to be taken off. What the hub's administrator, the data centre and a deletion ask for
 * count together: the earliest is the one that is kept. A deletion asks for now, unless spec.drain
 * gives the leases longer.
 */
export function drainDeadlineMs(
  asked: Readonly<{
    /** RFC 3339: spec.drain.deadline of the IOMember. */
    drainDeadline: string | undefined;
    /** RFC 3339: what the data centre announces with its heartbeats. */
    wishedDeadline: string | undefined;
    /** RFC 3339: metadata.deletionTimestamp of the IOMember. */
    deletedAt: string | undefined;
  }>,
): number | undefined {
  const { drainDeadline, wishedDeadline, deletedAt } = asked;
  const deadlines = [drainDeadline ?? deletedAt, wishedDeadline].flatMap((time) => {
    const atMs = Date.parse(time ?? '');
    return Number.isNaN(atMs) ? [] : [atMs];
  });
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}
