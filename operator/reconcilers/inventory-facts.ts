import type { IODevice, IODeviceReason, IOMember } from '../../crds/schema/index.ts';
import { modelTable } from '../domain/devices/model-table.ts';
import type { InventoryDevice, InventoryMember } from '../domain/inventory/types.ts';
import { memberOfNamespace } from '../domain/lease.ts';
import { isConditionTrue } from '../runtime/status.ts';

/**
 * An IODevice as placement sees it. Its member is the one whose namespace it lies in: what the
 * device says of itself is a claim, where a member may write is not.
 */
export function inventoryDevice(device: IODevice): InventoryDevice | undefined {
  const { spec, status, metadata } = device;
  const member = memberOfNamespace(metadata.namespace ?? '');
  if (member === undefined) return undefined;
  const model = status?.model ?? '';
  return {
    member,
    name: metadata.name,
    node: spec.node.name,
    index: spec.index,
    model,
    memoryMiB: spec.memoryMiB,
    ...(spec.migProfile === undefined ? {} : { migProfile: spec.migProfile }),
    resourceName: spec.resourceName,
    nvlink: spec.nvlinkDomain !== undefined || modelTable.find(model)?.nvlink === true,
    ...(spec.nvlinkDomain === undefined ? {} : { nvlinkDomain: spec.nvlinkDomain }),
    confidential: spec.confidential,
    ...(spec.offer === undefined ? {} : { offer: offerOf(spec.offer) }),
    verified: isConditionTrue(status?.conditions, 'Verified'),
    ...wellness(device),
    allocatable:
      spec.allocatable && spec.node.ready && spec.node.schedulable && !lacksStake(status),
  };
}

/** The agent's word counts before it shows in a condition: no lease begins on such a device. */
function wellness({ spec, status }: IODevice): Pick<InventoryDevice, 'healthy' | 'broken'> {
  const state = spec.health?.state ?? 'Healthy';
  const healthy = isConditionTrue(status?.conditions, 'Healthy') && state === 'Healthy';
  return { healthy, ...(state === 'Broken' ? { broken: true } : {}) };
}

/** Only where a stake is required does this keep a device from being offered. */
function lacksStake(status: IODevice['status']): boolean {
  const offered = status?.conditions?.find(({ type }) => type === 'Offered');
  return offered?.reason === ('NotStaked' satisfies IODeviceReason<'Offered'>);
}

/** An IOMember as placement sees it. */
export function inventoryMember(member: IOMember): InventoryMember {
  const { accountRef, location, certifications, offers } = member.spec;
  return {
    name: member.metadata.name,
    schedulable: isConditionTrue(member.status?.conditions, 'Schedulable'),
    country: location.country,
    ...(location.region === undefined ? {} : { region: location.region }),
    ...(location.latitude === undefined || location.longitude === undefined
      ? {}
      : {
          coordinates: {
            latitude: Number(location.latitude),
            longitude: Number(location.longitude),
          },
        }),
    certifications,
    ...(accountRef === undefined ? {} : { supplier: `${accountRef.namespace}/${accountRef.name}` }),
    offers: offers.map((offer) => ({ model: offer.model, ...offerOf(offer) })),
  };
}

function offerOf(offer: { onDemandMicroUsdPerHour: number; spotMicroUsdPerHour?: number }) {
  return {
    onDemandMicroUsdPerHour: BigInt(offer.onDemandMicroUsdPerHour),
    ...(offer.spotMicroUsdPerHour === undefined
      ? {}
      : { spotMicroUsdPerHour: BigInt(offer.spotMicroUsdPerHour) }),
  };
}
