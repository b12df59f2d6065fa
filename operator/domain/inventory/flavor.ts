import type { Flavor, InventoryDevice, Offer } from './types.ts';

/** The flavor that `device` belongs to at the price of `offer`. Equal keys are equal flavors. */
export function flavorOf(device: InventoryDevice, offer: Offer): Flavor {
  const key = [
    device.model,
    device.migProfile ?? '',
    device.memoryMiB,
    device.resourceName,
    device.nvlink ? 'nvlink' : '',
    device.confidential ? 'confidential' : '',
    offer.onDemandMicroUsdPerHour,
    offer.spotMicroUsdPerHour ?? '',
  ].join('|');
  return {
    key,
    model: device.model,
    memoryMiB: device.memoryMiB,
    resourceName: device.resourceName,
    nvlink: device.nvlink,
    confidential: device.confidential,
    onDemandMicroUsdPerHour: offer.onDemandMicroUsdPerHour,
    ...(device.migProfile === undefined ? {} : { migProfile: device.migProfile }),
    ...(offer.spotMicroUsdPerHour === undefined
      ? {}
      : { spotMicroUsdPerHour: offer.spotMicroUsdPerHour }),
  };
}
