import type { Difference, SignedBinding, StoredStanding } from '../../domain/audit/types.ts';
import type { Transfer } from '../../domain/ledger/journal.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import type { WalletTotals } from '../../domain/settlement/merkle.ts';
import { hashBytes } from '../../domain/settlement/merkle.ts';
import { type BookOpening, RewardBook } from '../../domain/settlement/reward-book.ts';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { provedBindings, rewardsIn, rootOfBook } from './reward-replay.ts';

type Report = (difference: Difference) => void;

const amountBytes = 8;

/** Adds up again what wallets have got, epoch by epoch, and compares standings and roots. */
export class RootAudit {
  readonly #book: RewardBook;
  readonly #report: Report;

  constructor(opening: BookOpening, report: Report) {
    this.#book = new RewardBook(opening);
    this.#report = report;
  }

  /** Takes the transfers that an epoch's rewards make, and what was proved and stored by then. */
  take(
    epoch: number,
    transfers: readonly Transfer[],
    bindings: readonly SignedBinding[],
    stored: StoredStanding | undefined,
  ): void {
    const since = this.#book.epoch;
    const own = bindings.filter((each) => each.sinceEpoch > since && each.sinceEpoch <= epoch);
    this.#book.take(epoch, rewardsIn(transfers), provedBindings(own, this.#report));
    if (stored !== undefined) this.#compare(stored);
  }

  #compare({ epoch, wallets, total, leavesHash, roots }: StoredStanding): void {
    const leaves = this.#book.leaves();
    const differs = (table: string, row: string, is: unknown, has: unknown): void => {
      if (is === has) return;
      this.#report({ epoch, table, row, stored: String(is), computed: String(has) });
    };
    differs('reward_standings', 'wallets', wallets, leaves.totals.length);
    differs('reward_standings', 'total', total, this.#book.total);
    differs('reward_standings', 'leaves_hash', leavesHash, leavesHashOf(leaves));
    for (const { root, depth, distributor, ...target } of roots) {
      const computed = rootOfBook(this.#book, { distributor, ...target });
      differs('reward_roots', `root of ${distributor}`, root, computed?.root);
      differs('reward_roots', `depth of ${distributor}`, depth, computed?.depth);
    }
  }
}

/** As io.reward_standings has it. */
function leavesHashOf({ wallets, totals }: WalletTotals): string {
  const stride = hashBytes + amountBytes;
  const bytes = Buffer.alloc(totals.length * stride);
  totals.forEach((total, at) => {
    bytes.set(wallets.subarray(at * hashBytes, (at + 1) * hashBytes), at * stride);
    bytes.writeBigUInt64BE(total, at * stride + hashBytes);
  });
  return toHex(sha256Bytes(bytes));
}
