import { jsonEqual } from './json.ts';

/** The spec of a coordination.k8s.io/v1 Lease, as far as leader election uses it. */
export type LeaseSpec = {
  holderIdentity?: string | undefined;
  leaseDurationSeconds?: number | undefined;
  acquireTime?: string | undefined;
  renewTime?: string | undefined;
  leaseTransitions?: number | undefined;
};

/** A Lease as it was read or written. */
export type SeenLease = { spec: LeaseSpec; uid: string; resourceVersion: string };

/** What one candidate knows. Times are monotonic milliseconds of its own clock. */
export type Candidacy = {
  identity: string;
  /** The last Lease that was read, and when it was first seen in this state. */
  observed: (SeenLease & { sinceMs: number }) | undefined;
  /** The term in which this process leads, and when its last renewal was sent. */
  term: { token: number; renewedAtMs: number } | undefined;
  /** What was last sent to take the Lease: its answer may have been lost. */
  attempted?: { token: number; acquireTime: string };
  /** The highest token seen: a Lease that was deleted must not bring an old one back. */
  highestToken: number;
};

/** Durations of the election. */
export type ElectionTimes = {
  leaseDurationMs: number;
  renewDeadlineMs: number;
  retryPeriodMs: number;
};

/** What to write into the Lease. */
export type LeaseWrite =
  | { do: 'create'; spec: LeaseSpec; token: number }
  | { do: 'replace'; lease: SeenLease; spec: LeaseSpec; token: number };

/** What to do with the Lease. */
export type ElectionStep =
  | LeaseWrite
  | { do: 'wait'; holder: string }
  | { do: 'lose'; reason: string };

/** client-go's durations. */
export const defaultElectionTimes: ElectionTimes = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};

/** Throws a RangeError when the durations cannot keep two leaders apart. */
export function checkElectionTimes(times: ElectionTimes): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times;
  if (!(leaseDurationMs > renewDeadlineMs)) {
    throw new RangeError(
      `leaseDurationMs ${leaseDurationMs} must be more than renewDeadlineMs ${renewDeadlineMs}`,
    );
  }
  if (!(renewDeadlineMs > retryPeriodMs * 1.2) || !(retryPeriodMs > 0)) {
    throw new RangeError(
      `renewDeadlineMs ${renewDeadlineMs} must be more than 1.2 retryPeriodMs ${retryPeriodMs}`,
    );
  }
}

/**
 * Takes note of the Lease as it was read at `nowMs`; undefined: it does not exist. Its age counts
 * from when this process first saw it so, since other machines' clocks may be wrong.
 */
export function observeLease(
  candidacy: Candidacy,
  lease: SeenLease | undefined,
  nowMs: number,
): Candidacy {
  if (lease === undefined) return { ...candidacy, observed: undefined };
  const { observed } = candidacy;
  // By its content, not its resourceVersion: a new label on the Lease is no sign of life.
  const same = observed !== undefined && jsonEqual(observed.spec, lease.spec);
  return {
    ...candidacy,
    observed: { ...lease, sinceMs: same ? observed.sinceMs : nowMs },
    highestToken: Math.max(candidacy.highestToken, lease.spec.leaseTransitions ?? 0),
  };
}

/** Decides what this candidate does with the Lease at `nowMs`; `nowIso` is what it writes. */
export function electionStep(
  candidacy: Candidacy,
  times: ElectionTimes,
  nowMs: number,
  nowIso: string,
): ElectionStep {
  const { observed, term, identity } = candidacy;
  const leaseDurationSeconds = Math.ceil(times.leaseDurationMs / 1000);
  const fresh = { holderIdentity: identity, leaseDurationSeconds, renewTime: nowIso };
  if (term !== undefined) return renewal(candidacy, term, nowMs, { times, fresh });
  const token = candidacy.highestToken + 1;
  const spec = { ...fresh, acquireTime: nowIso, leaseTransitions: token };
  if (observed === undefined) return { do: 'create', spec, token };
  const { spec: seen } = observed;
  const holder = seen.holderIdentity ?? '';
  if (holder === identity && isAttempt(seen, candidacy.attempted)) {
    const again = { ...seen, ...fresh };
    return { do: 'replace', lease: observed, spec: again, token: seen.leaseTransitions };
  }
  // The holder's own word on how long its lease runs, in case it was configured otherwise.
  const durationMs = (seen.leaseDurationSeconds ?? leaseDurationSeconds) * 1000;
  // Its own identity from another term counts as another's: that process may still be running.
  if (holder !== '' && nowMs < observed.sinceMs + durationMs) return { do: 'wait', holder };
  return { do: 'replace', lease: observed, spec, token };
}

function isAttempt(
  seen: LeaseSpec,
  attempted: Candidacy['attempted'],
): seen is LeaseSpec & { leaseTransitions: number } {
  return (
    attempted !== undefined &&
    seen.leaseTransitions === attempted.token &&
    seen.acquireTime === attempted.acquireTime
  );
}

/** A leader renews its own term or none: whatever else the Lease says, others may have led. */
function renewal(
  candidacy: Candidacy,
  term: { token: number; renewedAtMs: number },
  nowMs: number,
  context: { times: ElectionTimes; fresh: LeaseSpec },
): ElectionStep {
  const { observed, identity } = candidacy;
  if (!leads(candidacy, context.times, nowMs)) {
    return { do: 'lose', reason: `no renewal for ${context.times.renewDeadlineMs} ms` };
  }
  if (observed === undefined) return { do: 'lose', reason: 'the Lease was deleted' };
  const { holderIdentity: holder, acquireTime, leaseTransitions } = observed.spec;
  if (holder !== identity || leaseTransitions !== term.token) {
    return { do: 'lose', reason: `the Lease was taken by ${holder ?? 'nobody'}` };
  }
  const spec = { ...context.fresh, acquireTime, leaseTransitions };
  return { do: 'replace', lease: observed, spec, token: term.token };
}

/** The Lease was written as `step` said, by a request sent at `sentAtMs`. */
export function acceptWrite(
  candidacy: Candidacy,
  written: SeenLease & { token: number },
  sentAtMs: number,
): Candidacy {
  const { token, ...lease } = written;
  return {
    ...candidacy,
    observed: { ...lease, sinceMs: sentAtMs },
    term: { token, renewedAtMs: sentAtMs },
    highestToken: Math.max(candidacy.highestToken, token),
  };
}

/** Whether the candidate may still act as leader at `nowMs`. */
export function leads(candidacy: Candidacy, times: ElectionTimes, nowMs: number): boolean {
  const { term } = candidacy;
  return term !== undefined && nowMs < term.renewedAtMs + times.renewDeadlineMs;
}

/** The spec that gives the Lease up, so that the next leader need not wait for it to run out. */
export function releasedSpec(candidacy: Candidacy, nowIso: string): LeaseSpec | undefined {
  const { observed, term, identity } = candidacy;
  if (term === undefined || observed?.spec.holderIdentity !== identity) return undefined;
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: nowIso,
    renewTime: nowIso,
    leaseTransitions: term.token,
  };
}
