import type { MemberIdentity } from '../domain/member/identity.ts';

/** Whether an agent is let in, and if not, why. */
export type Admission = 'Admitted' | 'NotAccepted' | 'EnrolmentRevoked';

/** What the hub's IOMembers say of agents. While its API server is away, the last that was known. */
export type MemberGate = Readonly<{
  /** Undefined: nothing is known yet. */
  admits: (agent: MemberIdentity) => Admission | undefined;
  /** Tells of every change of a member, from now on. */
  onChange: (listener: (member: string) => void) => void;
}>;
