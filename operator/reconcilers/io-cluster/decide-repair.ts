import type { IOPlacement } from '../../../crds/schema/index.ts';
import { boundedMessage } from '../../domain/condition-intent.ts';
import { deviceKey } from '../../domain/inventory/types.ts';
import { repair, type Repaired } from '../../domain/placement/repair.ts';
import { requestOf } from '../../domain/placement/request.ts';
import type { PlacedDevice } from '../../domain/placement/types.ts';
import { canMove, type Leaving } from './decide-leaving.ts';
import { placementObject } from './decide-placement-object.ts';
import type { Observed } from './snapshot.ts';

/** How often a lease that could not be repaired looks again for room elsewhere. */
const lookAgainMs = 10_000;

/** What the renter is told of a repair, as an event. */
export type RepairNote = Readonly<{ type: 'Normal' | 'Warning'; reason: string; message: string }>;

/** What becomes of a lease with broken devices. */
export type Repair =
  /** Others of the member take their place. */
  | Readonly<{
      kind: 'Apply';
      object: Omit<IOPlacement, 'status'>;
      added: readonly PlacedDevice[];
      refusal: undefined;
      notes: readonly RepairNote[];
    }>
  /** All of it goes to another member. */
  | Readonly<{ kind: 'Move'; leaving: Leaving }>
  /** Nobody has room for it: it goes on with what is left. */
  | Readonly<{ kind: 'Stay'; message: string; requeueAfterMs: number }>;

/** Undefined: none of the lease's devices is broken. */
export function repairOf(observed: Observed, placement: IOPlacement): Repair | undefined {
  const broken = brokenDevices(observed, placement);
  if (broken.size === 0) return undefined;
  const { cluster, inventory } = observed;
  const { member, fencing } = placement.spec;
  const request = requestOf(cluster.spec, {});
  const result = repair(request, placement.spec, broken, inventory);
  const what = `${named([...broken])} of ${member} ${broken.size === 1 ? 'is' : 'are'} broken`;
  if (result.kind === 'Repaired') return replaced(observed, placement, result, what);
  const message = `${what}, and it has no other for the lease`;
  if (fencing?.policy !== 'Never' && canMove(observed, member)) {
    const moves = `${message}; the cluster is placed anew elsewhere.`;
    const phase = { kind: 'Releasing', cause: 'DeviceBroken', message: moves } as const;
    return { kind: 'Move', leaving: { phase, cool: member, remove: placement } };
  }
  const goesOn = `${message}, nor has another member; the lease goes on without, unbilled for it.`;
  return { kind: 'Stay', message: boundedMessage(goesOn), requeueAfterMs: lookAgainMs };
}

/** Names of the lease's devices that do no work any more. */
function brokenDevices({ inventory }: Observed, { spec }: IOPlacement): ReadonlySet<string> {
  return new Set(
    spec.workerGroups.flatMap(({ devices }) =>
      devices.flatMap(({ name }) =>
        inventory.device(deviceKey(spec.member, name))?.broken === true ? [name] : [],
      ),
    ),
  );
}

/** The same placement with other devices, and nothing else: what was edited since has its own turn. */
function replaced(
  { cluster, hash }: Observed,
  placement: IOPlacement,
  { groups, added }: Repaired,
  what: string,
): Repair {
  const { spec } = placement;
  const workerGroups = spec.workerGroups.map((group) => ({
    ...group,
    devices: [...(groups.get(group.name) ?? group.devices)],
  }));
  const written = placementObject({
    cluster,
    member: spec.member,
    groups: new Map(),
    priceMicroUsdPerHour: spec.priceMicroUsdPerHour,
    leaseId: spec.leaseId,
    leaseGeneration: spec.leaseGeneration,
    namespace: placement.metadata.namespace ?? '',
    hash,
  });
  const message = `${named(added.map((device) => device.name))} of ${spec.member} joined ${spec.leaseId} instead.`;
  return {
    kind: 'Apply',
    object: { ...written, spec: { ...spec, workerGroups } },
    added,
    refusal: undefined,
    notes: [
      { type: 'Warning', reason: 'DeviceBroken', message: boundedMessage(`${what}.`) },
      { type: 'Normal', reason: 'DeviceReplaced', message: boundedMessage(message) },
    ],
  };
}

/** The first few by name, and how many more. */
function named(names: readonly string[]): string {
  const shown = 3;
  const first = names.toSorted().slice(0, shown).join(', ');
  return names.length > shown ? `${first} and ${names.length - shown} more` : first;
}
