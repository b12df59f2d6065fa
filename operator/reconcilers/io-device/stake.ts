import type {
  Condition,
  IOAccount,
  IODevice,
  IODeviceStatus,
  IOMember,
  IOSlashCase,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { StakeFacts } from '../../domain/devices/conditions.ts';
import { memberOfNamespace } from '../../domain/lease.ts';
import type { MultiplierTable } from '../../domain/rewards/types.ts';
import { type CoStakeTerms, maximumCoStakes } from '../../domain/settlement/co-stake.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import { slashedCondition } from '../../domain/settlement/slashed.ts';
import { judgeStake, requiredStake, type StakeJudgement } from '../../domain/settlement/stake.ts';
import type { EventNote } from '../../runtime/events.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type ObjectKey, splitKey } from '../../runtime/kube-object.ts';
import { deviceIdOf } from '../../settlement/ids.ts';
import type { StakeBook } from '../stake-book.ts';
import { stakeOwner } from '../stake-owner.ts';

/** Names the wallet that may stake beside the supplier's. */
const coStakerAnnotation = 'compute.io.net/co-staker';

export type DeviceStakesOptions = Readonly<{
  book: StakeBook;
  devices: WatchedInformer<IODevice>;
  members: WatchedInformer<IOMember>;
  accounts: WatchedInformer<IOAccount>;
  slashCases: WatchedInformer<IOSlashCase>;
  multipliers: MultiplierTable;
  /** A device without its stake is not rented. */
  isRequired: boolean;
  allowsCoStakes: boolean;
}>;

/** What the chain and cases say of one device. */
export type DeviceStakeFacts = Readonly<{
  facts: StakeFacts;
  stake: IODeviceStatus['stake'];
  requeueAfterMs: number | undefined;
}>;

/** Indexes that the informer of IODevices has to have beside its own, where stakes are watched. */
export const deviceStakeIndexes = {
  deviceId: ({ metadata }: IODevice): readonly string[] => {
    const member = memberOfNamespace(metadata.namespace ?? '');
    return member === undefined ? [] : [toHex(deviceIdOf(member, metadata.name))];
  },
  coStaker: (device: IODevice): readonly string[] => {
    const wallet = coStakerOf(device);
    return wallet === undefined ? [] : [wallet];
  },
};

/** Index of IOSlashCases: the device that one is against. */
export const accusedDevice = ({ metadata, spec }: IOSlashCase): readonly ObjectKey[] => [
  `${metadata.namespace}/${spec.deviceRef.name}`,
];

/** Judges the stakes of devices by what the book has read of the chain. */
export class DeviceStakes {
  readonly #options: DeviceStakesOptions;

  constructor(options: DeviceStakesOptions) {
    this.#options = options;
  }

  /** Before the chain was read once, what the status says stands. */
  of(key: ObjectKey, device: IODevice, model: string | undefined): DeviceStakeFacts {
    const { slashCases, isRequired, book } = this.#options;
    const slashed = slashedCondition(slashCases.cache.byIndex('device', key));
    const judged = this.#judge(key, device, model) ?? asBefore(device);
    const facts: StakeFacts = { kind: 'Judged', staked: judged.staked, slashed, isRequired };
    const { changesAtSeconds } = judged;
    return {
      facts,
      stake: judged.stake,
      requeueAfterMs:
        changesAtSeconds === undefined
          ? undefined
          : Math.max(changesAtSeconds - book.nowSeconds, 1) * 1_000,
    };
  }

  /** Calls `changed` with every device that a change of the chain may concern. */
  onChange(changed: (key: ObjectKey) => void): void {
    const { book, devices } = this.#options;
    book.onChange((change) => {
      if (change.kind === 'All') for (const key of devices.cache.keys()) changed(key);
      if (change.kind !== 'Stake') return;
      for (const device of devices.cache.byIndex('deviceId', change.deviceId)) {
        for (const key of this.sharing(device)) changed(key);
      }
    });
  }

  /** A device with all that name the same co-staker, since only some of them may count it. */
  sharing(device: IODevice): readonly ObjectKey[] {
    const wallet = this.#options.allowsCoStakes ? coStakerOf(device) : undefined;
    const others =
      wallet === undefined ? [] : this.#options.devices.cache.byIndex('coStaker', wallet);
    return [keyOf(device), ...others.map(keyOf)];
  }

  /** Names of the members that an account earns for. */
  membersOf(account: IOAccount): readonly string[] {
    const { members } = this.#options;
    return members.cache.byIndex('account', keyOf(account)).map(({ metadata }) => metadata.name);
  }

  #judge(key: ObjectKey, device: IODevice, model = ''): StakeJudgement | undefined {
    const { book, multipliers } = this.#options;
    if (book.terms === undefined) return undefined;
    const member = memberOfNamespace(splitKey(key).namespace ?? '') ?? '';
    const { migProfile } = device.spec;
    return judgeStake({
      member,
      device: device.metadata.name,
      required: requiredStake({ model, migProfile }, multipliers),
      owner: stakeOwner(member, this.#options),
      positions: book.stakesOf(toHex(deviceIdOf(member, device.metadata.name))),
      coStake: this.#coStakeTerms(key, device, book.terms.cooldownSeconds),
    });
  }

  #coStakeTerms(
    key: ObjectKey,
    device: IODevice,
    cooldownSeconds: number,
  ): CoStakeTerms | undefined {
    const { book, allowsCoStakes } = this.#options;
    const wallet = coStakerOf(device);
    if (!allowsCoStakes || wallet === undefined) return undefined;
    const before = device.status?.stake?.coStake;
    return {
      wallet,
      isClaimed: this.#claimedBy(wallet).includes(key),
      countedBefore: before?.wallet === wallet && before.countedBaseUnits !== '0',
      cooldownSeconds,
      nowSeconds: book.nowSeconds,
    };
  }

  /** The few devices that a wallet may stake beside: the first by name of those where it does. */
  #claimedBy(wallet: string): readonly ObjectKey[] {
    const { devices, book } = this.#options;
    return devices.cache
      .byIndex('coStaker', wallet)
      .map(keyOf)
      .filter((key) => {
        const { namespace = '', name } = splitKey(key);
        const id = toHex(deviceIdOf(memberOfNamespace(namespace) ?? '', name));
        return book.stakesOf(id).some(({ owner, amount }) => owner === wallet && amount > 0n);
      })
      .toSorted()
      .slice(0, maximumCoStakes);
  }
}

const coStakerOf = ({ metadata }: IODevice): string | undefined =>
  metadata.annotations?.[coStakerAnnotation];

/** Reasons of Staked and Slashed that a person should hear of, when they are good. */
const good = new Set(['Staked', 'NoCase']);

/** Reasons of Staked before the chain was read. */
const unjudged = new Set(['StakingDisabled', 'ChainUnavailable']);

/** What a supplier should hear of: stake that is there, is not enough any more, or was burnt. */
export function stakeNews(
  before: IODeviceStatus | undefined,
  after: IODeviceStatus,
): readonly EventNote[] {
  return ['Staked', 'Slashed'].flatMap((type): EventNote[] => {
    const of = (status: IODeviceStatus | undefined): Condition | undefined =>
      status?.conditions?.find((condition) => condition.type === type);
    const [was, is] = [of(before), of(after)];
    if (is === undefined || was?.reason === is.reason) return [];
    // What was never judged before is news only when it is good.
    const isFirst = was === undefined || unjudged.has(was.reason);
    if (is.status === 'Unknown' ? unjudged.has(is.reason) : isFirst && is.status !== 'True') {
      return [];
    }
    const isGood = good.has(is.reason);
    return [{ type: isGood ? 'Normal' : 'Warning', reason: is.reason, message: is.message }];
  });
}

/** What the status said before this process had read the chain. */
function asBefore({ status }: IODevice): StakeJudgement {
  const told = status?.conditions?.find(({ type }) => type === 'Staked');
  const isJudged = told !== undefined && !unjudged.has(told.reason);
  return {
    staked: isJudged ? intentOf(told) : unread,
    stake: status?.stake,
    changesAtSeconds: undefined,
  };
}

const unread: ConditionIntent<'Staked'> = {
  type: 'Staked',
  status: 'Unknown',
  reason: 'ChainUnavailable',
  message: 'The chain was not read yet.',
};

const intentOf = ({ status, reason, message }: Condition): ConditionIntent<'Staked'> => ({
  type: 'Staked',
  status,
  reason,
  message,
});
