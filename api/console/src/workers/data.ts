import type { CaseView, DeviceView, MemberView } from '../../../../operator/domain/views/types.ts';
import { useAccount } from '../app/session.ts';
import type { Answer } from '../client/typed.ts';
import { useApi, useApiPages } from '../client/use-api.ts';
import type { DeviceFilter } from './device-search.ts';

/** How many devices there are of each state, for the head of a list. */
export type DeviceCounts = Answer<'DeviceCounts'>;
/** What a device did in an hour; what nobody measured is left out. */
export type DeviceMetric = Answer<'DeviceMetric'>;
/** What a device got of an epoch, and what was known of it then. */
export type DeviceReward = Answer<'DeviceReward'>;

type Items<T> = Readonly<{ items: readonly T[] }>;

/** The account that is chosen in the header, as the API names it in queries. */
export function useAccountKey(): string | undefined {
  const [account] = useAccount();
  return account === undefined ? undefined : `${account.namespace}/${account.name}`;
}

const devicePath = (member: string, name: string): string =>
  `/devices/${encodeURIComponent(member)}/${encodeURIComponent(name)}`;

/** As many as the API gives at once: people scroll through thousands. */
const devicesPerPage = 200;

export const useDevices = (filter: DeviceFilter) =>
  useApiPages<DeviceView>(['device'], '/devices', { limit: devicesPerPage, ...filter });

export const useDeviceCounts = (filter: DeviceFilter) =>
  useApi<DeviceCounts>(['device', { counts: true }], '/devices/counts', {
    query: { ...filter },
    keep: true,
  });

export const useDevice = (member: string, name: string) =>
  useApi<DeviceView>(['device', member, name], devicePath(member, name));

export const useDeviceMetrics = (member: string, name: string, hours: number) =>
  useApi<Items<DeviceMetric>>(
    ['device', member, name, 'metrics'],
    `${devicePath(member, name)}/metrics`,
    { query: { hours } },
  );

export const useDeviceRewards = (member: string, name: string, epochs: number) =>
  useApi<Items<DeviceReward>>(
    ['device', member, name, 'rewards'],
    `${devicePath(member, name)}/rewards`,
    { query: { epochs } },
  );

export const useMembers = (account: string | undefined) =>
  useApiPages<MemberView>(['member'], '/members', account === undefined ? {} : { account });

export const useMember = (name: string, options: Readonly<{ refetchMs?: number }> = {}) =>
  useApi<MemberView>(['member', name], `/members/${encodeURIComponent(name)}`, options);

export const useCases = (filter: Readonly<{ account?: string; member?: string }>) =>
  useApiPages<CaseView>(['case'], '/cases', { ...filter });

export const useCase = (member: string, name: string) =>
  useApi<CaseView>(
    ['case', member, name],
    `/cases/${encodeURIComponent(member)}/${encodeURIComponent(name)}`,
  );
