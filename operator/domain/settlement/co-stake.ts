import type { StakePosition } from './program-state.ts';

/** Seconds for which a co-stake counts on after its wallet asked for it back: seven days. */
const waitSeconds = 604_800;

/** Devices that one wallet may stake beside. */
export const maximumCoStakes = 2;

/** Who may stake beside the owner, and on which terms. */
export type CoStakeTerms = Readonly<{
  wallet: string;
  /** Whether the device is one of the few that the wallet may stake beside. */
  isClaimed: boolean;
  /** Whether its stake counted before: then the owner has had the minimum once. */
  countedBefore: boolean;
  cooldownSeconds: number;
  /** By the chain. */
  nowSeconds: number;
}>;

/** What a co-stake counts. */
export type CoStake = Readonly<{
  wallet: string;
  amount: bigint;
  counted: bigint;
  /** Why it does not count. */
  excluded: string | undefined;
  /** When it stops to count by time alone. */
  changesAtSeconds: number | undefined;
}>;

/**
 * What the stake of a second wallet counts for a device. The owner has to meet the minimum alone
 * first; then it counts up to half of the total, and for seven days after it was asked back, so that
 * the owner has time to stand in. Those are the first seven of the fourteen days of its cooldown.
 */
export function countCoStake(
  terms: CoStakeTerms,
  stakes: Readonly<{
    required: bigint;
    own: StakePosition;
    positions: readonly StakePosition[];
  }>,
): CoStake | undefined {
  const { wallet } = terms;
  const { own, positions } = stakes;
  const position = positions.find(({ owner }) => owner === wallet);
  if (position === undefined || position.amount === 0n || wallet === own.owner) return undefined;
  const { amount } = position;
  const until = countsUntil(position, terms);
  const excluded = exclusion(terms, stakes, until);
  if (excluded !== undefined) {
    return { wallet, amount, counted: 0n, excluded, changesAtSeconds: undefined };
  }
  const counted = amount < own.amount ? amount : own.amount;
  return { wallet, amount, counted, excluded, changesAtSeconds: until };
}

/** Undefined: for as long as nobody asks for it back. */
function countsUntil(
  { unlockSeconds }: StakePosition,
  { cooldownSeconds }: CoStakeTerms,
): number | undefined {
  return unlockSeconds === undefined ? undefined : unlockSeconds - cooldownSeconds + waitSeconds;
}

function exclusion(
  { wallet, isClaimed, countedBefore, nowSeconds }: CoStakeTerms,
  { required, own }: Readonly<{ required: bigint; own: StakePosition }>,
  until: number | undefined,
): string | undefined {
  if (!isClaimed) {
    return `The stake of ${wallet} does not count: it stands beside ${maximumCoStakes} other devices.`;
  }
  if (until !== undefined && nowSeconds >= until) {
    return `The stake of ${wallet} does not count any more: it was asked back.`;
  }
  if (!countedBefore && own.amount < required) {
    return `The stake of ${wallet} does not count before the owner has met the minimum alone.`;
  }
  return undefined;
}
