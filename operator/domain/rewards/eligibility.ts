import type { DeviceClass, DeviceFacts, RewardRules } from './types.ts';

/** Bits of what was known of a device. They are stored, so they never change their meaning. */
export const flag = {
  verified: 1,
  staked: 2,
  offered: 4,
  leased: 8,
  slashed: 16,
  up: 32,
  supplierKnown: 64,
  coolingDown: 128,
} as const;

/** Why a device earns nothing in an epoch. */
export type Ineligibility =
  | 'NotVerified'
  | 'NotStaked'
  | 'CoolingDown'
  | 'NeitherOfferedNorLeased'
  | 'Slashed'
  | 'NotUp'
  | 'SupplierUnknown'
  | 'ModelNotRewarded';

/** A whole GPU in compute slices. */
export const wholeGpu = 7;

/** Whether a device was up for long enough. */
function isUp(upMinutes: number, rules: RewardRules): boolean {
  return upMinutes >= rules.uptimeWindowMinutes - rules.allowedDownMinutes;
}

/** What is known of a device, as bits. */
export function flagsOf(facts: DeviceFacts, upMinutes: number, rules: RewardRules): number {
  return (
    (facts.verified ? flag.verified : 0) |
    (facts.staked ? flag.staked : 0) |
    (facts.offered ? flag.offered : 0) |
    (facts.leased ? flag.leased : 0) |
    (facts.slashed ? flag.slashed : 0) |
    (isUp(upMinutes, rules) ? flag.up : 0) |
    (facts.supplier === undefined ? 0 : flag.supplierKnown) |
    (facts.coolingDown === true ? flag.coolingDown : 0)
  );
}

/**
 * What a device counts, in thousandths: its model's multiplier, of a MIG slice so many sevenths of
 * it, rounded down. 0 for a model that is not in the table.
 */
export function multiplierOf({ model, sevenths }: DeviceClass, rules: RewardRules): number {
  if (!Object.hasOwn(rules.multipliers.models, model)) return 0;
  const milli = rules.multipliers.models[model]?.milli ?? 0;
  return Math.floor((milli * sevenths) / wholeGpu);
}

/** Compute slices of a device: 7 for a whole GPU, 3 for `3g.40gb`, 1 for `1c.3g.40gb`; 0 for nonsense. */
export function seventhsOf(migProfile: string | undefined): number {
  if (migProfile === undefined) return wholeGpu;
  const [, compute, gpu] = /^(?:([1-7])c\.)?([1-7])g\./.exec(migProfile) ?? [];
  return Number(compute ?? gpu ?? 0);
}

/** All reasons why devices of a class earn nothing; none for those that earn. */
export function ineligibilities(device: DeviceClass, rules: RewardRules): readonly Ineligibility[] {
  const { flags } = device;
  const lacks = (bit: number): boolean => (flags & bit) === 0;
  const reasons: (Ineligibility | false)[] = [
    lacks(flag.verified) && 'NotVerified',
    rules.stakeRequired && lacks(flag.staked) && 'NotStaked',
    !lacks(flag.coolingDown) && 'CoolingDown',
    lacks(flag.offered | flag.leased) && 'NeitherOfferedNorLeased',
    !lacks(flag.slashed) && 'Slashed',
    (lacks(flag.up) || !isUp(device.upMinutes, rules)) && 'NotUp',
    lacks(flag.supplierKnown) && 'SupplierUnknown',
    multiplierOf(device, rules) === 0 && 'ModelNotRewarded',
  ];
  return reasons.filter((reason) => reason !== false);
}

/** A reason in words, as a supplier reads it. */
export function explain(reason: Ineligibility, device: DeviceClass, rules: RewardRules): string {
  switch (reason) {
    case 'NotVerified':
      return 'The device was not verified.';
    case 'NotStaked':
      return 'The stake for the device was missing.';
    case 'CoolingDown':
      return 'The stake for the device was asked back.';
    case 'NeitherOfferedNorLeased':
      return 'The device was neither offered nor leased.';
    case 'Slashed':
      return 'A case burnt stake of the device.';
    case 'NotUp': {
      const needed = rules.uptimeWindowMinutes - rules.allowedDownMinutes;
      return `The device was up in ${device.upMinutes} of ${rules.uptimeWindowMinutes} minutes; it takes ${needed}.`;
    }
    case 'SupplierUnknown':
      return 'The member names no account that could be paid (IOMember spec.accountRef).';
    case 'ModelNotRewarded': {
      const name = device.model === '' ? 'An unknown model' : device.model;
      return `${name} is not rewarded by the multipliers of ${rules.multipliers.date}.`;
    }
  }
}
