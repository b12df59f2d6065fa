import type { MemberStanding, Verdict } from '../../domain/member/join.ts';

/** One request of a member with what the rules say of it. */
export type ObservedRequest = Readonly<{
  name: string;
  /** Undefined: a renewal. */
  enrolment: number | undefined;
  verdict: Verdict;
  state: 'Open' | 'Approved' | 'Issued' | 'Denied' | 'Failed';
  /** When it came into that state, in milliseconds of the API server's clock; 0: not known. */
  sinceMs: number;
  /** Digest of the key for which the certificate was issued; undefined: it is not. */
  issuedKeySha256: string | undefined;
  /** Whether the agent says that it has stored the certificate. */
  received: boolean;
  /** Whether the hub itself has to sign it. */
  isOurs: boolean;
}>;

/** What the hub knows of the joining of one member at one instant. */
export type Observed = Readonly<{
  /** The hub's wall clock, in milliseconds. */
  nowMs: number;
  member: MemberStanding | undefined;
  requests: readonly ObservedRequest[];
  invitation: Readonly<{ enrolment: number; expiresMs: number }> | undefined;
  /** When the member was heard last, in milliseconds of the hub's wall clock; undefined: never. */
  heardAtMs: number | undefined;
}>;
