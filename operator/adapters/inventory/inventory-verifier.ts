import { modelTable } from '../../domain/devices/model-table.ts';
import { verifyInventory } from '../../domain/devices/verify.ts';
import type { DeviceVerifier } from '../../ports/device-verifier.ts';

/** Compares what an agent states with the operator's own table of GPU models. */
export const inventoryVerifier: DeviceVerifier = {
  verify: (claim) => verifyInventory(claim, modelTable),
};
