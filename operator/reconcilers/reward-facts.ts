import type { Condition, IODevice, IODeviceReason, IOMember } from '../../crds/schema/index.ts';
import { memberOfNamespace } from '../domain/lease.ts';
import type { DeviceFacts } from '../domain/rewards/types.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import { isConditionTrue } from '../runtime/status.ts';

/** All devices as rewards see them. A device counts for the member whose namespace it lies in. */
export function rewardFacts(informers: {
  devices: WatchedInformer<IODevice>;
  members: WatchedInformer<IOMember>;
}): readonly DeviceFacts[] {
  const { devices, members } = informers;
  return devices.cache.list().flatMap(({ metadata, spec, status }) => {
    const member = memberOfNamespace(metadata.namespace ?? '');
    if (member === undefined) return [];
    const account = members.cache.get(member)?.spec.accountRef;
    const is = (type: string): boolean => isConditionTrue(status?.conditions, type);
    return [
      {
        member,
        name: metadata.name,
        model: status?.model,
        migProfile: spec.migProfile,
        verified: is('Verified'),
        staked: is('Staked'),
        coolingDown: stakeReason(status?.conditions) === 'CoolingDown',
        offered: is('Offered'),
        leased: is('Leased'),
        slashed: is('Slashed'),
        supplier: account === undefined ? undefined : `${account.namespace}/${account.name}`,
      },
    ];
  });
}

function stakeReason(
  conditions: readonly Condition[] | undefined,
): IODeviceReason<'Staked'> | undefined {
  const staked = conditions?.find(({ type }) => type === 'Staked');
  return staked?.reason as IODeviceReason<'Staked'> | undefined;
}
