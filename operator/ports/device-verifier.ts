import type { DeviceClaim, DeviceVerdict } from '../domain/devices/verify.ts';

/**
 * Decides whether a device is what its agent says it is. Today the inventory is compared with a
 * table of models; proofs by the device itself come behind the same question.
 */
export type DeviceVerifier = Readonly<{
  /** Throws when it cannot decide now; the caller asks again later and keeps the last verdict. */
  verify: (claim: DeviceClaim) => DeviceVerdict | Promise<DeviceVerdict>;
}>;
