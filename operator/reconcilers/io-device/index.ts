import {
  type IOAccount,
  type IODevice,
  type IODeviceStatus,
  ioDeviceResource,
  type IOMember,
  type IOPlacement,
  type IOSlashCase,
} from '../../../crds/schema/index.ts';
import { deviceConditions } from '../../domain/devices/conditions.ts';
import type { DeviceVerdict } from '../../domain/devices/verify.ts';
import { productOf } from '../../domain/inventory/types.ts';
import { memberNamespace, memberOfNamespace } from '../../domain/lease.ts';
import type { DeviceVerifier } from '../../ports/device-verifier.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { Informer, WatchedInformer } from '../../runtime/informer.ts';
import { type ObjectKey, splitKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { isConditionTrue, StatusWriter } from '../../runtime/status.ts';
import { devicesIn } from '../federation-state.ts';
import { withConditions } from '../with-conditions.ts';
import { accusedDevice, type DeviceStakeFacts, type DeviceStakes, stakeNews } from './stake.ts';

export type IODeviceOptions = Readonly<{
  client: ApiClient;
  devices: Informer<IODevice>;
  members: Informer<IOMember>;
  placements: Informer<IOPlacement>;
  verifier: DeviceVerifier;
  /** Undefined: nothing is staked, and devices are rented without. */
  staking?: DeviceStaking | undefined;
  clock: Clock;
  concurrency: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** What stakes are judged by, and who tells of their changes. */
export type DeviceStaking = Readonly<{
  stakes: DeviceStakes;
  accounts: WatchedInformer<IOAccount>;
  slashCases: WatchedInformer<IOSlashCase>;
  events: Pick<EventRecorder, 'event'>;
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
  const controller = new Controller({
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
      offersOf(member) === offersOf(previous) ? [] : devicesOfMember(member.metadata.name),
    );
  const { staking } = options;
  if (staking === undefined) return controller;
  staking.stakes.onChange((key) => controller.enqueue(key));
  return controller
    .watch(devices, (device) => staking.stakes.sharing(device))
    .watch(staking.slashCases, accusedDevice)
    .watch(staking.accounts, (account, { previous }) =>
      walletOf(account) === walletOf(previous)
        ? []
        : staking.stakes.membersOf(account).flatMap(devicesOfMember),
    );

  function devicesOfMember(member: string): readonly ObjectKey[] {
    return devices.cache.byIndex('namespace', memberNamespace(member)).map(keyOfDevice);
  }
}

/** What of a member shows in the conditions of its devices. */
const offersOf = (member: IOMember | undefined): string | undefined =>
  member === undefined
    ? undefined
    : JSON.stringify([member.spec.offers, member.spec.cordoned, member.spec.accountRef]);

/** What of an account shows in the conditions of its devices. */
const walletOf = (account: IOAccount | undefined): string | undefined =>
  account === undefined
    ? undefined
    : JSON.stringify([
        account.spec.wallet,
        isConditionTrue(account.status?.conditions, 'WalletProved'),
      ]);

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

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const { devices, verifier, staking } = this.#options;
    const device = this.#own.get(key);
    if (device === undefined || device.metadata.deletionTimestamp !== undefined) return;
    const { uuid } = device.spec;
    const verdict = await verifier.verify({
      spec: device.spec,
      duplicateUuid: uuid !== undefined && devices.cache.byIndex('uuid', uuid).length > 1,
    });
    const staked = staking?.stakes.of(key, device, verdict.model) ?? unstaked;
    const status = this.#statusOf(key, device, verdict, staked);
    const written = await this.#statuses.applyStatus(ioDeviceResource, device, status, { signal });
    this.#own.wrote(written);
    for (const note of stakeNews(device.status, status)) staking?.events.event(written, note);
    const { requeueAfterMs } = staked;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  #statusOf(
    key: ObjectKey,
    device: IODevice,
    verdict: DeviceVerdict,
    staked: DeviceStakeFacts,
  ): IODeviceStatus {
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
        stake: staked.facts,
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
      ...(staked.stake === undefined ? {} : { stake: staked.stake }),
    };
  }
}

const unstaked: DeviceStakeFacts = {
  facts: { kind: 'Disabled' },
  stake: undefined,
  requeueAfterMs: undefined,
};

function leaseOf({ spec, metadata }: IOPlacement): NonNullable<IODeviceStatus['lease']> {
  return {
    id: spec.leaseId,
    placement: metadata.name,
    since: metadata.creationTimestamp ?? '',
  };
}
