import { auditRewards } from '../../domain/audit/reward-audit.ts';
import type { Difference, SignedBinding, StoredRewards } from '../../domain/audit/types.ts';
import type { Transfer } from '../../domain/ledger/journal.ts';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import { leafHashes, MerkleTree } from '../../domain/settlement/merkle.ts';
import { RewardBook } from '../../domain/settlement/reward-book.ts';
import type { RewardRoot, RewardTarget } from '../../domain/settlement/roots.ts';
import { accountResource, readSignIn } from '../../domain/settlement/sign-in.ts';
import type { AuditReader, AuditSource } from '../../ports/audit-source.ts';
import { sha256, sha256Bytes } from '../../runtime/sha256.ts';
import { base58Decode } from '../../settlement/base58.ts';
import { isSignedBy } from '../../settlement/wallet-signature.ts';

export type RewardReplayOptions = Readonly<{
  source: AuditSource;
  target: RewardTarget;
  /** Takes what the ledger has and its own rules say otherwise. */
  report: (difference: Difference) => void;
  /** Told after each part of a long replay. */
  progress?: (epoch: number) => void;
}>;

/** Epochs that are read as one snapshot. */
const epochsAtOnce = 168;

/**
 * Computes roots again from what rewards were computed from: classes of devices, rules, emission, and
 * wallets that are proved by a signature. Nothing that was added up before is believed. It begins with
 * the first epoch and keeps what it has come to, so the next root costs one epoch.
 */
export class RewardReplay {
  readonly #options: RewardReplayOptions;
  #book = new RewardBook();

  constructor(options: RewardReplayOptions) {
    this.#options = options;
  }

  /**
   * The root that an epoch has to have, without leaves while no wallet has a reward; undefined when
   * its rewards are not distributed.
   */
  async rootAt(epoch: number): Promise<RewardRoot | undefined> {
    if (epoch < this.#book.epoch) this.#book = new RewardBook();
    while (this.#book.epoch < epoch) {
      const from = this.#book.epoch + 1;
      const to = Math.min(epoch, from + epochsAtOnce - 1);
      const taken = await this.#options.source.read((reader) => this.#take(reader, from, to));
      if (taken < to) return undefined;
      this.#options.progress?.(taken);
    }
    const nobodys = { epoch, root: '', total: 0n, leafCount: 0, depth: 0 };
    return rootOfBook(this.#book, this.#options.target) ?? nobodys;
  }

  /** Takes these epochs; returns the last one that there is. */
  async #take(reader: AuditReader, from: number, to: number): Promise<number> {
    const { report } = this.#options;
    const last = Math.min(to, await reader.lastRewarded());
    // What fails in the middle must not leave a part of it in the book.
    const parts: [epoch: number, rewards: ReadonlyMap<string, bigint>][] = [];
    for await (const stored of reader.rewards(from, last)) {
      const { epoch } = stored.header;
      if (epoch >= from && epoch <= last) parts.push([epoch, rewardsOf(stored, report)]);
    }
    const bindings = provedBindings(await reader.bindings(from, last), report);
    for (const [epoch, rewards] of parts) {
      const since = this.#book.epoch;
      const own = bindings.filter((each) => each.sinceEpoch > since && each.sinceEpoch <= epoch);
      this.#book.take(epoch, rewards, own);
    }
    if (this.#book.epoch < last) {
      const rest = bindings.filter(({ sinceEpoch }) => sinceEpoch > this.#book.epoch);
      this.#book.take(last, new Map(), rest);
    }
    return last;
  }
}

/** What suppliers have to get for an epoch, whatever was written down. */
function rewardsOf(
  stored: StoredRewards,
  report: (difference: Difference) => void,
): ReadonlyMap<string, bigint> {
  return rewardsIn(auditRewards(stored, sha256, report));
}

/** What suppliers get by the transfers of an epoch's rewards. */
export function rewardsIn(transfers: readonly Transfer[]): ReadonlyMap<string, bigint> {
  return new Map(
    transfers
      .filter(({ cause }) => cause === 'Reward')
      .map(({ credit, amount }) => [credit.owner, amount]),
  );
}

/** Those whose wallet really signed that it is the account's; the others are told. */
export function provedBindings(
  bindings: readonly SignedBinding[],
  report: (difference: Difference) => void,
): readonly SignedBinding[] {
  return bindings.filter((binding) => {
    if (isProved(binding)) return true;
    const { account, wallet, sinceEpoch: epoch } = binding;
    const row = `${wallet} of ${account}`;
    report({ epoch, table: 'wallets', row, stored: 'a proof', computed: 'no signature of it' });
    return false;
  });
}

function isProved({ account, wallet, publicKey, message, signature }: SignedBinding): boolean {
  const signIn = readSignIn(message);
  const says =
    signIn?.address === wallet && signIn.resources.join('\n') === accountResource(account);
  if (!says || toHex(base58Decode(wallet)) !== publicKey) return false;
  return isSignedBy(fromHex(publicKey), message, fromHex(signature));
}

/** Undefined while no reward has come to a wallet. */
export function rootOfBook(book: RewardBook, target: RewardTarget): RewardRoot | undefined {
  const leaves = book.leaves();
  const leafCount = leaves.totals.length;
  if (leafCount === 0) return undefined;
  const domain = {
    programId: base58Decode(target.programId),
    distributor: base58Decode(target.distributor),
    mint: base58Decode(target.mint),
  };
  const { root, depth } = new MerkleTree(leafHashes(domain, leaves, sha256Bytes), sha256Bytes);
  return { epoch: book.epoch, root: toHex(root), total: book.total, leafCount, depth };
}
