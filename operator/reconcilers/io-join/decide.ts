import type { MemberIdentity } from '../../domain/member/identity.ts';
import type { DenialReason } from '../../domain/member/join.ts';
import type { Observed, ObservedRequest } from './snapshot.ts';

export type Decision = Readonly<{
  approve: readonly Readonly<{ name: string; message: string }>[];
  deny: readonly Readonly<{ name: string; reason: DenialReason; message: string }>[];
  sign: readonly Readonly<{ name: string; identity: MemberIdentity }>[];
  /** The invitation is used up, has ended, or was overtaken. */
  endInvitation: boolean;
  /** Requests that are done with; taken away after the invitation. */
  remove: readonly string[];
  /** When something can change by the passing of time alone; undefined: never. */
  requeueAfterMs: number | undefined;
}>;

/** So long an agent can read why it was refused; after that it may ask anew. */
const deniedForMs = 60_000;
/** An agent that has not fetched a renewed certificate by then has lost its key, and asks anew. */
const renewalForMs = 600_000;
/** Clocks of hub and API server may differ; a heartbeat that late is one of the new certificate. */
const heardAfterMs = 10_000;
const longestWaitMs = 3_600_000;

export function decide(observed: Observed): Decision {
  const { requests, nowMs, invitation } = observed;
  const open = requests.filter(({ state }) => state === 'Open');
  const endInvitation = isInvitationOver(observed);
  return {
    approve: open.flatMap(({ name, verdict }) =>
      verdict.kind === 'Approve' ? [{ name, message: verdict.message }] : [],
    ),
    deny: open.flatMap(({ name, verdict }) =>
      verdict.kind === 'Deny' ? [{ name, reason: verdict.reason, message: verdict.message }] : [],
    ),
    // Whoever approved it: what the hub's key signs keeps to the hub's rules.
    sign: requests.flatMap(({ name, verdict, state, isOurs }) =>
      isOurs && state === 'Approved' && verdict.kind === 'Approve'
        ? [{ name, identity: verdict.identity }]
        : [],
    ),
    endInvitation,
    remove: requests.filter((each) => isDone(each, observed)).map(({ name }) => name),
    requeueAfterMs: waitMs(
      [
        ...requests.flatMap(endOf),
        ...(invitation === undefined || endInvitation ? [] : [invitation.expiresMs]),
        // A heartbeat is no change of what this controller watches.
        ...(invitation !== undefined && requests.some(isAwaited) ? [nowMs + heardAfterMs] : []),
      ],
      nowMs,
    ),
  };
}

/**
 * An invitation lets one agent in. It has to live until that agent has its certificate, since it reads
 * it with the invitation's token; and no longer.
 */
function isInvitationOver({ invitation, member, requests, nowMs, heardAtMs }: Observed): boolean {
  if (invitation === undefined) return false;
  const { enrolment, expiresMs } = invitation;
  if (nowMs >= expiresMs) return true;
  if (member === undefined) return false;
  if (member.enrolment > enrolment) return true;
  if ((member.credential?.enrolment ?? 0) < enrolment) return false;
  const issued = requests.find((each) => each.enrolment === enrolment && each.state === 'Issued');
  if (issued === undefined || issued.received) return true;
  return heardAtMs !== undefined && heardAtMs > issued.sinceMs + heardAfterMs;
}

function isDone(request: ObservedRequest, { member, nowMs }: Observed): boolean {
  const [end] = endOf(request);
  if (end !== undefined && nowMs >= end) return true;
  if (request.state !== 'Issued' || !request.received) return false;
  // The status keeps what was issued: it has to be there before the request goes.
  return member === undefined || member.credential?.keySha256 === request.issuedKeySha256;
}

const isAwaited = ({ state, received }: ObservedRequest): boolean =>
  state === 'Issued' && !received;

/** When a request ends whatever its agent does; nothing: not by the passing of time. */
function endOf({ state, sinceMs, enrolment }: ObservedRequest): number[] {
  if (state === 'Denied' || state === 'Failed') return [sinceMs + deniedForMs];
  return state === 'Issued' && enrolment === undefined ? [sinceMs + renewalForMs] : [];
}

function waitMs(endsMs: readonly number[], nowMs: number): number | undefined {
  if (endsMs.length === 0) return undefined;
  return Math.min(Math.max(Math.min(...endsMs) - nowMs, 1_000), longestWaitMs);
}
