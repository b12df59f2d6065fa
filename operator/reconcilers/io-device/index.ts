import {
  type IODevice,
  type IODeviceStatus,
  ioDeviceResource,
  type IOMember,
  type IOPlacement,
} from '../../../crds/schema/index.ts';
import { deviceConditions } from '../../domain/devices/conditions.ts';
import type { DeviceVerdict } from '../../domain/devices/verify.ts';
import { productOf } from '../../domain/inventory/types.ts';
import { memberOfNamespace } from '../../domain/lease.ts';
import type { DeviceVerifier } from '../../ports/device-verifier.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller } from '../../runtime/controller.ts';
import type { Informer } from '../../runtime/informer.ts';
import { type ObjectKey, splitKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { devicesIn } from '../federation-state.ts';
import { withConditions } from '../with-conditions.ts';

export type IODeviceOptions = Readonly<{
  client: ApiClient;
  devices: Informer<IODevice>;
  members: Informer<IOMember>;
  placements: Informer<IOPlacement>;
  verifier: DeviceVerifier;
  clock: Clock;
  concurrency: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** Indexes that the informer of IODevices has to have. */
export const deviceIndexes = {
  uuid: ({ spec }: IODevice) => (spec.uuid === undefined ? [] : [spec.uuid]),
  namespace: ({ metadata }: IODevice) => [metadata.namespace ?? ''],
};

/** Says of every device whether it is what it claims, whether it can be rented, and who has it. */
export function ioDeviceController(options: IODeviceOptions): Controller {
  const { devices, members, placements } = options;
  const reconciler = new Reconciler(options);
  const keyOfDevice = ({ metadata }: IODevice): ObjectKey =>
    `${metadata.namespace}/${metadata.name}`;
  return new Controller({
    name: 'io-device',
    reconcile: (key, { signal }) => reconciler.reconcile(key, signal),
    concurrency: options.concurrency,
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 60 * 60_000,
  })
    .watch(devices, (device) => [
      keyOfDevice(device),
      // A uuid that turns up twice is no longer proof for either.
      ...(device.spec.uuid === undefined
        ? []
        : devices.cache.byIndex('uuid', device.spec.uuid).map(keyOfDevice)),
    ])
    .watch(placements, devicesIn)
    .watch(members, (member, { previous }) =>
      offersOf(member) === offersOf(previous)
        ? []
        : devices.cache.byIndex('namespace', `io-member-${member.metadata.name}`).map(keyOfDevice),
    );
}

/** What of a member shows in the conditions of its devices. */
const offersOf = (member: IOMember | undefined): string | undefined =>
  member === undefined ? undefined : JSON.stringify([member.spec.offers, member.spec.cordoned]);

class Reconciler {
  readonly #options: IODeviceOptions;
  readonly #statuses: StatusWriter;
  readonly #own: OwnWrites<IODevice>;

  constructor(options: IODeviceOptions) {
    this.#options = options;
    this.#own = new OwnWrites(options.devices.cache);
    this.#statuses = new StatusWriter({
      client: options.client,
      manager: 'compute.io.net/io-device-status',
    });
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const { devices, verifier } = this.#options;
    const device = this.#own.get(key);
    if (device === undefined || device.metadata.deletionTimestamp !== undefined) return;
    const { uuid } = device.spec;
    const verdict = await verifier.verify({
      spec: device.spec,
      duplicateUuid: uuid !== undefined && devices.cache.byIndex('uuid', uuid).length > 1,
    });
    const status = this.#statusOf(key, device, verdict);
    this.#own.wrote(await this.#statuses.applyStatus(ioDeviceResource, device, status, { signal }));
  }

  #statusOf(key: ObjectKey, device: IODevice, verdict: DeviceVerdict): IODeviceStatus {
    const { members, placements, clock } = this.#options;
    const { spec } = device;
    const name = memberOfNamespace(splitKey(key).namespace ?? '') ?? '';
    const member = members.cache.get(name);
    const [placement] = placements.cache.byIndex('device', key);
    const product = productOf(verdict.model ?? '', spec.migProfile);
    const conditions = withConditions(
      device.status?.conditions,
      deviceConditions({
        spec,
        verdict,
        stake: { kind: 'Disabled' },
        hasPrice:
          spec.offer !== undefined ||
          member?.spec.offers.some(({ model }) => model === product) === true,
        memberCordoned: member?.spec.cordoned === true,
        ...(placement === undefined ? {} : { lease: placement.spec.leaseId }),
      }),
      device.metadata.generation,
      clock.now(),
    );
    return {
      observedGeneration: device.metadata.generation ?? 0,
      ...(verdict.model === undefined ? {} : { model: verdict.model }),
      conditions: [...conditions],
      ...(placement === undefined ? {} : { lease: leaseOf(placement) }),
    };
  }
}

function leaseOf({ spec, metadata }: IOPlacement): NonNullable<IODeviceStatus['lease']> {
  return {
    id: spec.leaseId,
    placement: metadata.name,
    since: metadata.creationTimestamp ?? '',
  };
}
