import type { Instant } from '../domain/views/types.ts';

/** What a data centre joins by. It holds the token of the invitation. */
export type Invitation = Readonly<{
  /** Values of the chart io-member, as YAML. */
  values: string;
  expiresAt: Instant;
}>;

/**
 * Invites members, as `kubectl io member invite` does. An earlier invitation of the same member ends.
 * Calls throw HubUnavailableError and HubRefusedError of hub-errors.ts.
 */
export type MemberInvitations = Readonly<{
  invite: (member: string) => Promise<Invitation>;
}>;
