import type { IOPlacement } from '../../crds/schema/index.ts';

/** Names are derived, never drawn: making the same lease twice makes one object. */

/** Lower-case hexadecimal sha256 of a text; injected, since the core does no I/O. */
export type Hash = (text: string) => string;

/** Joins parts so that no two lists of parts give the same text. */
function lengthPrefixed(parts: readonly string[]): string {
  return parts.map((part) => `${part.length}:${part}`).join('');
}

/** Id of the n-th lease (from 1) of an IOCluster; also the name of IOPlacement and RayCluster. */
export function leaseIdOf(clusterUid: string, generation: number, hash: Hash): string {
  return `lease-${hash(lengthPrefixed([clusterUid, String(generation)])).slice(0, 16)}`;
}

/** What a member learns of the renter's namespace. */
export function tenantOf(namespace: string, hash: Hash): string {
  return hash(lengthPrefixed([namespace])).slice(0, 16);
}

/** Namespace of a tenant on a member. */
export const tenantNamespace = (tenant: string): string => `io-tenant-${tenant}`;

/** Namespace of a member on the hub. */
export const memberNamespace = (member: string): string => `io-member-${member}`;

/** The member that a namespace of the hub belongs to; undefined for any other namespace. */
export function memberOfNamespace(namespace: string): string | undefined {
  return namespace.startsWith('io-member-') ? namespace.slice('io-member-'.length) : undefined;
}

/** Names of the devices that a lease has, as they stand in its placement. */
export const leasedDeviceNames = ({
  workerGroups,
}: Pick<IOPlacement['spec'], 'workerGroups'>): readonly string[] =>
  workerGroups.flatMap(({ devices }) => devices.map(({ name }) => name));
