import type { Caller } from '../../../operator/ports/access-reviews.ts';

/** Who asks, as the credential says, never as the request does. */
export type Principal = Readonly<{
  /** As the hub's RBAC names them. */
  username: string;
  groups: readonly string[];
  via: 'token' | 'wallet' | 'oidc';
  /** Base58: the wallet that signed in; of others undefined. */
  wallet?: string | undefined;
  /** How the console greets them. */
  displayName: string;
  /** What the hub's API server says beside the name, of a token alone. */
  uid?: string | undefined;
  extra?: Caller['extra'] | undefined;
}>;

/** All that the hub knows to be somebody are in it. */
const authenticatedGroup = 'system:authenticated';
const walletsGroup = 'compute.io.net:wallets';
const walletPrefix = 'compute.io.net:wallet:';

/** Names and groups that only the hub itself may give. */
const reserved = /^(system:|compute\.io\.net:)/;
/** More groups, or longer ones, make a session too long for a cookie. */
const maxGroups = 64;
const maxGroupBytes = 1_600;
const maxNameLength = 256;

/** The bearer of a Kubernetes token. */
export function tokenPrincipal({ username, groups, uid, extra }: Caller): Principal {
  return { username, groups, via: 'token', displayName: shortName(username), uid, extra };
}

/** The holder of a wallet that signed in; without a Role for it, it may see nothing but its account. */
export function walletPrincipal(wallet: string): Principal {
  return {
    username: `${walletPrefix}${wallet}`,
    groups: [walletsGroup, authenticatedGroup],
    via: 'wallet',
    wallet,
    displayName: `${wallet.slice(0, 4)}…${wallet.slice(-4)}`,
  };
}

/** What an OIDC provider said of somebody, and what the site puts before its names. */
export type OidcIdentity = Readonly<{
  subject: string;
  name?: string | undefined;
  groups: readonly string[];
}>;
export type OidcPrefixes = Readonly<{ username: string; groups: string }>;

/**
 * Somebody whom an OIDC provider knows. Undefined: the name would be one that only the hub gives, or is
 * too long. Such groups are left out, and those that a cookie has no room for.
 */
export function oidcPrincipal(
  { subject, name, groups }: OidcIdentity,
  prefixes: OidcPrefixes,
): Principal | undefined {
  const username = `${prefixes.username}${subject}`;
  if (subject === '' || username.length > maxNameLength || reserved.test(username))
    return undefined;
  const own = groups
    .map((group) => `${prefixes.groups}${group}`)
    .filter((group) => group.length <= maxNameLength && !reserved.test(group));
  return {
    username,
    groups: [...fitting(own), authenticatedGroup],
    via: 'oidc',
    displayName: (name ?? subject).slice(0, maxNameLength),
  };
}

/** As many of the first groups as a cookie has room for. */
function fitting(groups: readonly string[]): readonly string[] {
  let left = maxGroupBytes;
  return groups.slice(0, maxGroups).filter((group) => {
    left -= Buffer.byteLength(group);
    return left >= 0;
  });
}

/** `system:serviceaccount:team-a:ci` reads `ci`. */
function shortName(username: string): string {
  return (
    /^system:serviceaccount:[^:]+:(?<name>[^:]+)$/.exec(username)?.groups?.['name'] ?? username
  );
}

/** The namespace of the ServiceAccount that it is; undefined for anybody else. */
export function ownNamespace({ username, via }: Principal): string | undefined {
  if (via !== 'token') return undefined;
  return /^system:serviceaccount:(?<namespace>[^:]+):/.exec(username)?.groups?.['namespace'];
}

/** By which the rights of somebody are kept for a while: what the hub's answer depends on. */
export function principalKey({ username, groups, uid = '', extra = {} }: Principal): string {
  return JSON.stringify([username, groups, uid, extra]);
}

/** As the hub's API server takes it. */
export const callerOf = ({ username, groups, uid, extra = {} }: Principal): Caller => ({
  username,
  groups,
  uid,
  extra,
});
