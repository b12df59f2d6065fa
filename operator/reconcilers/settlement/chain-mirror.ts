import type { IOAccount } from '../../../crds/schema/index.ts';
import type { AccountKey } from '../../domain/ledger/types.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import {
  type ChainEvent,
  ContradictionError,
  type LoggedEvents,
  mirror,
  type MirroredDeployment,
  type Parties,
} from '../../domain/settlement/mirror.ts';
import type { ChainTransaction } from '../../domain/settlement/types.ts';
import { type Chain, ChainUnavailableError } from '../../ports/chain.ts';
import type { ChainCursor, ChainMirror } from '../../ports/chain-mirror.ts';
import type { MirrorFault, MirrorMetrics } from '../../ports/mirror-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { addressesOf, type Deployment } from '../../settlement/addresses.ts';
import { loggedEvents, referenceIn } from '../../settlement/chain-events.ts';
import { depositReferenceOf } from '../../settlement/ids.ts';
import type { ChainProgress } from './chain-progress.ts';

export type ChainMirrorOptions = Readonly<{
  chain: Pick<Chain, 'head' | 'signatures' | 'transaction' | 'watchProgram'>;
  mirror: ChainMirror;
  deployment: Deployment;
  /** Whose deposits are known. */
  accounts: Pick<WatchedInformer<IOAccount>, 'cache'>;
  progress: ChainProgress;
  metrics: MirrorMetrics;
  clock: Clock;
  logger: Logger;
}>;

const idleMs = 4_000;
/** After the program changed, until that is final, which takes some seconds. */
const alertMs = 500;
const alertForMs = 30_000;
/** Transactions of one address that are taken in one round, so that each gets its turn. */
const roundLimit = 500;
/** Transactions that are listed ahead; of more the newest are listed again later. */
const maxBacklog = 100_000;
/** Transactions that are read side by side. */
const readsAtOnce = 8;

/** The mirror as a runnable: takes what is final on chain into the ledger, again and again. */
export function chainMirror(options: ChainMirrorOptions): Runnable {
  const { chain, clock, deployment, progress } = options;
  const taker = new ChainTaker(options);
  return {
    name: 'chain-mirror',
    run: async (signal) => {
      let alertUntilMs = Number.NEGATIVE_INFINITY;
      let wake = new AbortController();
      const stop = chain.watchProgram(deployment.programId, () => {
        alertUntilMs = clock.monotonicMs() + alertForMs;
        wake.abort();
      });
      while (!signal.aborted) {
        wake = new AbortController();
        const { wanted } = progress;
        const hasMore = await taker.round(signal);
        const isAlert = clock.monotonicMs() < alertUntilMs;
        // While something is under way, a hint tells nothing new.
        const hints = isAlert ? [signal, wanted] : [signal, wanted, wake.signal];
        if (!hasMore) await sleep(clock, isAlert ? alertMs : idleMs, AbortSignal.any(hints));
      }
      stop();
    },
  };
}

type Listed = Awaited<ReturnType<Chain['signatures']>>[number];

/** Takes final transactions in order, from the cursor of each address that is followed. */
export class ChainTaker {
  readonly #options: ChainMirrorOptions;
  readonly #followed: readonly string[];
  readonly #deployment: MirroredDeployment;
  /** What is listed and not taken yet, oldest first. */
  readonly #backlog = new Map<string, Listed[]>();
  /** By reference, so that an account's is computed once. */
  readonly #references = new Map<AccountKey, string>();
  #begun = false;
  /** What the last round failed with, so that it is told once. */
  #failure: string | undefined;

  constructor(options: ChainMirrorOptions) {
    this.#options = options;
    const { programId, ioMint, usdcMint } = options.deployment;
    const { custodyVault } = addressesOf(options.deployment);
    this.#followed = [programId, custodyVault.IO, custodyVault.USDC];
    this.#deployment = { programId, mints: { IO: ioMint, USDC: usdcMint }, custody: custodyVault };
  }

  /** Returns whether there is more to take; what fails is told, and comes again with the next round. */
  async round(signal: AbortSignal): Promise<boolean> {
    const { metrics, logger } = this.#options;
    try {
      const hasMore = await this.#take(signal);
      if (this.#failure !== undefined) logger.info({}, 'the chain is mirrored again');
      this.#failure = undefined;
      return hasMore;
    } catch (error) {
      const fault = faultOf(error);
      metrics.mirrorFailed(fault);
      const failure = error instanceof Error ? error.message : String(error);
      if (this.#failure !== failure) {
        logger.error({ fault, ...errorFields(error) }, 'the mirror stands still');
      }
      this.#failure = failure;
      // What was listed by then may be listed otherwise.
      this.#backlog.clear();
      return false;
    }
  }

  async #take(signal: AbortSignal): Promise<boolean> {
    const { chain, mirror: store, progress, metrics } = this.#options;
    if (!this.#begun) await store.begin(this.#options.deployment, this.#nowSeconds());
    this.#begun = true;
    const { slot } = await chain.head();
    const cursors = await store.cursors();
    let hasMore = false;
    for (const address of this.#followed) {
      const isWhole = await this.#takeOf(address, cursors.get(address), signal);
      hasMore ||= !isWhole;
    }
    await store.adopt(this.#nowSeconds());
    metrics.mirrorCutOff(await store.cutOff());
    if (hasMore || signal.aborted) return hasMore;
    progress.pass(slot);
    const { slot: head } = await chain.head();
    metrics.mirrorPassed(slot, head - slot);
    return false;
  }

  /** Whether everything was taken that there was when it began. */
  async #takeOf(
    address: string,
    cursor: ChainCursor | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const kept = this.#backlog.get(address) ?? [];
    // What came after the list was made is not in it.
    const isFresh = kept.length === 0;
    const { listed, isWhole } = isFresh
      ? await this.#list(address, cursor)
      : { listed: kept, isWhole: false };
    const now = listed.slice(0, roundLimit);
    await this.#takeAll(address, now, signal);
    this.#backlog.set(address, listed.slice(now.length));
    return isWhole && now.length === listed.length;
  }

  /** Transactions after the cursor, oldest first. They come newest first, some at a time. */
  async #list(
    address: string,
    cursor: ChainCursor | undefined,
  ): Promise<Readonly<{ listed: Listed[]; isWhole: boolean }>> {
    const { chain } = this.#options;
    const found: Listed[] = [];
    let isWhole = true;
    for (let before: string | undefined; ; before = found.at(-1)?.signature) {
      const page = await chain.signatures(address, { until: cursor?.signature, before });
      // A node that does not know the cursor goes on to the beginning.
      const later = page.filter(({ slot }) => slot >= (cursor?.slot ?? 0n));
      found.push(...later);
      if (found.length > maxBacklog) {
        found.splice(0, found.length - maxBacklog);
        isWhole = false;
      }
      if (page.length === 0 || later.length < page.length) break;
    }
    return { listed: found.toReversed(), isWhole };
  }

  async #takeAll(address: string, listed: readonly Listed[], signal: AbortSignal): Promise<void> {
    const { mirror: store, metrics } = this.#options;
    const last = listed.at(-1);
    if (last === undefined) return;
    const known = await store.known(listed.map(({ signature }) => signature));
    const fresh = listed.filter(({ signature, failed }) => !failed && !known.has(signature));
    for (let at = 0; at < fresh.length && !signal.aborted; at += readsAtOnce) {
      const some = await Promise.all(
        fresh.slice(at, at + readsAtOnce).map(({ signature }) => this.#read(signature)),
      );
      for (const transaction of some) {
        if (!transaction.failed) await this.#takeOne(address, transaction);
      }
      metrics.mirrorTook(some.length);
    }
    if (!signal.aborted) await store.pass(address, last);
  }

  /** A transaction that was listed is there; a node that does not have it is not up to date. */
  async #read(signature: string): Promise<ChainTransaction> {
    const transaction = await this.#options.chain.transaction(signature);
    if (transaction !== undefined) return transaction;
    throw new ChainUnavailableError(`no RPC node has transaction ${signature}`);
  }

  async #takeOne(address: string, transaction: ChainTransaction): Promise<void> {
    const { mirror: store, logger } = this.#options;
    const logged = loggedEvents(transaction.logs, this.#deployment.programId);
    const parties = await this.#parties(logged);
    const mirrored = mirror(transaction, logged, this.#deployment, parties, referenceIn);
    const isNew = await store.take(address, mirrored, this.#nowSeconds());
    const { signature, slot, complete, events } = mirrored;
    if (isNew && !complete) {
      logger.error({ signature, slot: String(slot) }, 'the log of a transaction was cut off');
    }
    for (const { kind, owner, fields } of isNew ? events : []) {
      logger.info({ signature, kind, owner, amount: fields['amount'] }, 'chain event');
    }
  }

  async #parties({ events }: LoggedEvents): Promise<Parties> {
    const { mirror: store } = this.#options;
    const all = (name: string): string[] => events.flatMap((event) => valueOf(event, name));
    const owners = await store.owners([...all('owner'), ...all('wallet')]);
    const payees = await store.payees(all('operationId'));
    const byReference = this.#accountsByReference();
    return {
      ownerOf: (wallet) => owners.get(wallet),
      accountOf: (reference) => byReference.get(reference),
      payeesOf: (operationId) => payees.get(operationId) ?? [],
    };
  }

  #accountsByReference(): ReadonlyMap<string, AccountKey> {
    const accounts = new Map<string, AccountKey>();
    for (const account of this.#options.accounts.cache.list()) {
      const key = keyOf(account);
      const reference = this.#references.get(key) ?? toHex(depositReferenceOf(key));
      this.#references.set(key, reference);
      accounts.set(reference, key);
    }
    return accounts;
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}

function valueOf({ fields }: ChainEvent, name: string): readonly string[] {
  const value = fields[name];
  return value === undefined ? [] : [value];
}

function faultOf(error: unknown): MirrorFault {
  if (error instanceof ChainUnavailableError) return 'chain';
  if (error instanceof StoreUnavailableError) return 'ledger';
  return error instanceof ContradictionError ? 'contradiction' : 'other';
}
