/** Who an agent is on the hub: one client certificate for the API server and for the intake. */

const userPrefix = 'compute.io.net:member:';

/** The organization (a Kubernetes group) that every agent's certificate names. */
export const membersGroup = 'compute.io.net:members';

/**
 * A member in the name of one enrolment (from 1): an agent that joins with a new key is one enrolment
 * more. Only the enrolment of IOMember.spec has rights, so a key that was lost has none, although its
 * certificate is still valid.
 */
export type MemberIdentity = Readonly<{ member: string; enrolment: number }>;

/** The common name of an agent's certificate, and so its user on the hub. */
export const memberUser = ({ member, enrolment }: MemberIdentity): string =>
  `${userPrefix}${member}:${enrolment}`;

/** Who a common name stands for; undefined when it is no agent's. */
export function memberOfUser(commonName: string): MemberIdentity | undefined {
  if (!commonName.startsWith(userPrefix)) return undefined;
  const found = /^([a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?):([1-9][0-9]{0,6})$/.exec(
    commonName.slice(userPrefix.length),
  );
  const [, member, enrolment] = found ?? [];
  return member === undefined ? undefined : { member, enrolment: Number(enrolment) };
}
