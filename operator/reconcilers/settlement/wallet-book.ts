import type { IOAccount } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { AccountKey } from '../../domain/ledger/types.ts';
import type { Wallets } from '../../ports/wallets.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';

export type WalletBookOptions = Readonly<{
  wallets: Pick<Wallets, 'since'>;
  clock: Clock;
  logger: Logger;
}>;

const everyMs = 1_000;
const page = 5_000;

/** Which wallets accounts have proved, as the hub knows it; empty until they were read once. */
export class WalletBook {
  readonly #options: WalletBookOptions;
  readonly #proved = new Map<AccountKey, string>();
  #last = 0n;
  #isRead = false;
  #isFailing = false;

  constructor(options: WalletBookOptions) {
    this.#options = options;
  }

  /** Reads new proofs again and again; accounts with one are handed on. */
  watch(enqueue: (account: AccountKey) => void): Runnable {
    return {
      name: 'wallet-book',
      run: async (signal) => {
        while (!signal.aborted) {
          for (const account of await this.read()) enqueue(account);
          await sleep(this.#options.clock, everyMs, signal);
        }
      },
    };
  }

  /** Reads what is new; returns the accounts that changed. What fails is tried again with the next call. */
  async read(): Promise<ReadonlySet<AccountKey>> {
    const changed = new Set<AccountKey>();
    const { wallets, logger } = this.#options;
    try {
      for (let isMore = true; isMore; ) {
        const found = await wallets.since(this.#last, page);
        for (const { number, account, wallet } of found) {
          this.#proved.set(account, wallet);
          this.#last = number;
          changed.add(account);
        }
        isMore = found.length === page;
      }
      this.#isRead = true;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) logger.warn(errorFields(error), 'proofs of wallets could not be read');
      this.#isFailing = true;
    }
    return changed;
  }

  /** Whether `spec.wallet` is proved; undefined while nobody knows, then the condition stays. */
  condition({ metadata, spec }: IOAccount): ConditionIntent | undefined {
    if (!this.#isRead) return undefined;
    const type = 'WalletProved';
    const { namespace = '', name } = metadata;
    const { wallet } = spec;
    if (wallet === undefined) {
      const message = 'Set spec.wallet to the Solana address that is paid out to.';
      return { type, status: 'False', reason: 'WalletMissing', message };
    }
    if (this.#proved.get(`${namespace}/${name}`) === wallet) {
      const message = `${wallet} has signed that it is the wallet of this account.`;
      return { type, status: 'True', reason: 'Proved', message };
    }
    const message = `Sign with ${wallet} that it is yours: io-operator wallet --account ${namespace}/${name}.`;
    return { type, status: 'False', reason: 'NotProved', message };
  }
}
