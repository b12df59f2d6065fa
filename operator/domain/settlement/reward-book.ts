import type { AccountKey } from '../ledger/types.ts';
import { compareText } from '../order.ts';
import { fromHex } from './hex.ts';
import { hashBytes, type WalletTotals } from './merkle.ts';

/** An account proved a wallet. Public keys are 32 bytes in hexadecimal. */
export type WalletBinding = Readonly<{
  account: AccountKey;
  publicKey: string;
  sinceEpoch: number;
}>;

/** Where a book begins: with the end of `epoch`. */
export type BookOpening = Readonly<{
  epoch: number;
  /** What wallets have got until then, in the order of their index. */
  totals: readonly Readonly<{ publicKey: string; total: bigint }>[];
  /** The wallet of each account that has one. */
  wallets: readonly Readonly<{ account: AccountKey; publicKey: string }>[];
  /** What accounts without a wallet have got until then. */
  kept: readonly Readonly<{ account: AccountKey; amount: bigint }>[];
}>;

/** Before the first epoch. */
export const emptyOpening: BookOpening = { epoch: 0, totals: [], wallets: [], kept: [] };

/**
 * Adds up what wallets have got, epoch by epoch. Rewards go to the wallet that the account had at the
 * end of the epoch; without one they are kept, and come in with its first. A wallet gets its place when
 * it has its first reward: in the order of that epoch, then of its public key.
 */
export class RewardBook {
  #epoch: number;
  readonly #totals = new Map<string, bigint>();
  readonly #walletOf = new Map<AccountKey, string>();
  readonly #kept = new Map<AccountKey, bigint>();

  constructor({ epoch, totals, wallets, kept }: BookOpening = emptyOpening) {
    this.#epoch = epoch;
    for (const { publicKey, total } of totals) this.#totals.set(publicKey, total);
    for (const { account, publicKey } of wallets) this.#walletOf.set(account, publicKey);
    for (const { account, amount } of kept) this.#kept.set(account, amount);
  }

  /** The epoch at whose end the totals are. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What accounts have got that have no wallet. */
  get kept(): ReadonlyMap<AccountKey, bigint> {
    return this.#kept;
  }

  /**
   * Takes the rewards of an epoch, and the bindings that came to count since the epoch before, in the
   * order in which they were made. Epochs come in order; none with rewards is left out.
   */
  take(
    epoch: number,
    rewards: ReadonlyMap<AccountKey, bigint>,
    bindings: readonly WalletBinding[],
  ): void {
    if (epoch <= this.#epoch) throw new RangeError(`epoch ${epoch} was taken before`);
    const gains = new Map<string, bigint>();
    const gain = (publicKey: string, amount: bigint): void => {
      if (amount > 0n) gains.set(publicKey, (gains.get(publicKey) ?? 0n) + amount);
    };
    for (const { account, publicKey } of bindings) this.#walletOf.set(account, publicKey);
    for (const { account } of bindings) {
      const kept = this.#kept.get(account) ?? 0n;
      this.#kept.delete(account);
      gain(this.#walletOf.get(account) ?? '', kept);
    }
    for (const [account, amount] of rewards) {
      const wallet = this.#walletOf.get(account);
      if (wallet !== undefined) gain(wallet, amount);
      else if (amount > 0n) this.#kept.set(account, (this.#kept.get(account) ?? 0n) + amount);
    }
    for (const [wallet, amount] of [...gains].toSorted(([a], [b]) => compareText(a, b))) {
      this.#totals.set(wallet, (this.#totals.get(wallet) ?? 0n) + amount);
    }
    this.#epoch = epoch;
  }

  /** The leaves, by their index. */
  leaves(): WalletTotals {
    const wallets = new Uint8Array(this.#totals.size * hashBytes);
    [...this.#totals.keys()].forEach((key, at) => wallets.set(fromHex(key), at * hashBytes));
    return { wallets, totals: BigUint64Array.from(this.#totals.values()) };
  }

  /** Sum of all totals. */
  get total(): bigint {
    return [...this.#totals.values()].reduce((sum, total) => sum + total, 0n);
  }
}
