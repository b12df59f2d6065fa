import type { CustomResource } from './custom-resource.ts';
import { ioAccountDefinition } from './io-account.ts';
import { ioClusterDefinition } from './io-cluster.ts';
import { ioDeviceDefinition } from './io-device.ts';
import { ioMemberDefinition } from './io-member.ts';
import { ioPlacementDefinition } from './io-placement.ts';
import { ioSlashCaseDefinition } from './io-slash-case.ts';

/** Every kind of the federation. */
export const definitions: readonly CustomResource[] = [
  ioClusterDefinition,
  ioDeviceDefinition,
  ioMemberDefinition,
  ioPlacementDefinition,
  ioAccountDefinition,
  ioSlashCaseDefinition,
];
