import { ApiError } from '../../runtime/api-error.ts';

export type JoinFault = 'Uninvited' | 'Refused' | 'OtherKey' | 'CertificateLost';

/** Why an agent cannot join: waiting does not help, somebody has to do what the message says. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
  readonly fault: JoinFault;

  constructor(fault: JoinFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** What a refusal of the hub's API server means for somebody who comes with an invitation. */
export function invitationFault(error: unknown, member: string): JoinError | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const again = `kubectl io member invite ${member} makes a new invitation`;
  if (error.status === 401) {
    const why = 'the token of the invitation has ended: it is too old, or was used before';
    return new JoinError('Uninvited', `${why}; ${again}`, error);
  }
  if (error.status !== 403) return undefined;
  const why =
    'the invitation does not let this agent ask: it was used before, has ended, or is for another ' +
    'member or enrolment';
  return new JoinError('Uninvited', `${why} (${error.message}); ${again}`, error);
}
