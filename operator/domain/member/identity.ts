/** Who an agent is on the hub: one client certificate for the API server and for the intake. */

const userPrefix = 'compute.io.net:member:';

/** The organization (a Kubernetes group) that every agent's certificate names. */
export const membersGroup = 'compute.io.net:members';

/** The common name of an agent's certificate. */
export const memberUser = (member: string): string => `${userPrefix}${member}`;

/** The member that a common name stands for; undefined when it is no agent's. */
export function memberOfUser(commonName: string): string | undefined {
  if (!commonName.startsWith(userPrefix)) return undefined;
  const member = commonName.slice(userPrefix.length);
  return /^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/.test(member) ? member : undefined;
}
