import type { IODeviceReason, IODeviceStatus } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../condition-intent.ts';
import { formatAmount } from '../pricing/assets.ts';
import { dividedUp } from '../pricing/fees.ts';
import { seventhsOf, wholeGpu } from '../rewards/eligibility.ts';
import type { MultiplierTable } from '../rewards/types.ts';
import { instant } from '../instant.ts';
import { type CoStake, type CoStakeTerms, countCoStake } from './co-stake.ts';
import type { StakePosition } from './program-state.ts';

/** Whose stake counts: the proven wallet of the account that earns, or why there is none. */
export type StakeOwner =
  | Readonly<{ kind: 'Proved'; wallet: string }>
  | Readonly<{ kind: 'Missing'; message: string }>;

/** All that the stake of a device is judged by. */
export type DeviceStake = Readonly<{
  member: string;
  device: string;
  required: bigint;
  owner: StakeOwner;
  /** Of all wallets. */
  positions: readonly StakePosition[];
  /** Undefined: nobody may stake beside the owner. */
  coStake: CoStakeTerms | undefined;
}>;

export type StakeJudgement = Readonly<{
  staked: ConditionIntent<'Staked'>;
  /** For the status; undefined while nobody's stake could count. */
  stake: IODeviceStatus['stake'];
  /** When time alone changes it, in seconds since 1970. */
  changesAtSeconds: number | undefined;
}>;

/** What a device of multiplier 1, or less, needs: 200 IO. */
const leastStake = 20_000_000_000n;
const milliPerOne = 1_000;

/**
 * What has to be staked behind a device: 200 IO times its model's multiplier, and not less than 200
 * IO. Of a MIG slice so many sevenths of it, rounded up: a GPU needs the same however it is cut.
 */
export function requiredStake(
  { model, migProfile }: Readonly<{ model: string; migProfile?: string | undefined }>,
  { models }: MultiplierTable,
): bigint {
  const milli = Object.hasOwn(models, model) ? (models[model]?.milli ?? 0) : 0;
  const whole = leastStake * BigInt(Math.max(milliPerOne, milli));
  const sevenths = seventhsOf(migProfile) || wholeGpu;
  return dividedUp(whole * BigInt(sevenths), BigInt(milliPerOne * wholeGpu));
}

/** Says whether the stake that a device needs is there. Only that of its supplier's wallet counts. */
export function judgeStake(facts: DeviceStake): StakeJudgement {
  const { owner, positions, required } = facts;
  if (owner.kind === 'Missing') {
    const staked = refusal('WalletNotProved', owner.message);
    return { staked, stake: undefined, changesAtSeconds: undefined };
  }
  const own = positions.find((position) => position.owner === owner.wallet);
  const coStake =
    own === undefined || facts.coStake === undefined
      ? undefined
      : countCoStake(facts.coStake, { required, own, positions });
  return {
    staked: stakedCondition(facts, owner.wallet, own, coStake),
    stake: statusOf(required, own, coStake),
    changesAtSeconds: coStake?.changesAtSeconds,
  };
}

function stakedCondition(
  facts: DeviceStake,
  wallet: string,
  own: StakePosition | undefined,
  coStake: CoStake | undefined,
): ConditionIntent<'Staked'> {
  const { required } = facts;
  if (own === undefined || own.amount + own.escrowed === 0n) return missing(facts, wallet);
  if (own.unlockSeconds !== undefined) {
    const until = instant(own.unlockSeconds);
    const message = `The stake can be withdrawn from ${until}; it counts no more, for good.`;
    return refusal('CoolingDown', message);
  }
  const counted = own.amount + (coStake?.counted ?? 0n);
  const sum = `${io(counted)} of ${io(required)} that the device needs`;
  if (counted >= required) {
    const message = `${io(counted)} are staked; the device needs ${io(required)}.`;
    return { type: 'Staked', status: 'True', reason: 'Staked', message };
  }
  const why = coStake?.excluded === undefined ? '' : ` ${coStake.excluded}`;
  if (own.escrowed > 0n) {
    const message = `${sum} are staked beside ${io(own.escrowed)} in open cases.${why}`;
    return refusal('Slashed', message);
  }
  return refusal('BelowMinimum', `${sum} are staked.${why}`);
}

function missing(facts: DeviceStake, wallet: string): ConditionIntent<'Staked'> {
  const { member, device, positions, required } = facts;
  const others = positions.filter(({ amount }) => amount > 0n).map(({ owner }) => owner);
  if (others.length > 0) {
    const named = others.slice(0, namedOwners).join(', ');
    const message = `Only stake of the account's wallet ${wallet} counts, and there is that of ${named}.`;
    return refusal('OtherWallet', message);
  }
  const command = `io-operator stake --member ${member} --device ${device}`;
  return refusal('NotStaked', `${wallet} has to stake ${io(required)}: ${command}`);
}

/** Anybody can stake behind a device: not all of them are told. */
const namedOwners = 3;

function statusOf(
  required: bigint,
  own: StakePosition | undefined,
  coStake: CoStake | undefined,
): NonNullable<IODeviceStatus['stake']> {
  return {
    amountBaseUnits: String(own?.amount ?? 0n),
    requiredBaseUnits: String(required),
    ...(own === undefined || own.escrowed === 0n
      ? {}
      : { escrowedBaseUnits: String(own.escrowed) }),
    ...(own?.unlockSeconds === undefined ? {} : { unlockTime: instant(own.unlockSeconds) }),
    ...(own === undefined ? {} : { address: own.address }),
    ...(coStake === undefined
      ? {}
      : {
          coStake: {
            wallet: coStake.wallet,
            amountBaseUnits: String(coStake.amount),
            countedBaseUnits: String(coStake.counted),
          },
        }),
  };
}

const io = (amount: bigint): string => `${formatAmount(amount, 'IO')} IO`;

function refusal(reason: IODeviceReason<'Staked'>, message: string): ConditionIntent<'Staked'> {
  return { type: 'Staked', status: 'False', reason, message };
}
