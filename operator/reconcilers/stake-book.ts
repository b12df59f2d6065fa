import type { ChainCase, ProgramTerms, StakePosition } from '../domain/settlement/program-state.ts';
import type { ChainAccount } from '../domain/settlement/types.ts';
import type { Chain } from '../ports/chain.ts';
import type { StakeMetrics } from '../ports/stake-metrics.ts';
import { filtersOf, type ProgramAccount, programAccountOf } from '../settlement/program-state.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { errorFields, type Logger } from '../runtime/logger.ts';
import type { Runnable } from '../runtime/manager.ts';

/** What may have changed, so that somebody looks: ids of 32 bytes as hexadecimal. */
export type StakeChange =
  | Readonly<{ kind: 'All' }>
  | Readonly<{ kind: 'Stake'; deviceId: string }>
  | Readonly<{ kind: 'Case'; caseId: string }>;

export type StakeBookOptions = Readonly<{
  chain: Pick<Chain, 'head' | 'accounts' | 'programAccounts' | 'watchProgram'>;
  programId: string;
  /** Address of the program's configuration. */
  config: string;
  metrics: StakeMetrics;
  clock: Clock;
  logger: Logger;
}>;

type Known = Readonly<{ data: Uint8Array; read: ProgramAccount }>;

/** A hint of the chain is followed at once; without hints nothing is read more often than this. */
const roundMs = 1_000;
/** Hints that come together are followed together. */
const leastPauseMs = 50;
/** An account that changed is read again for so long: nodes lag, and forks take things back. */
const warmMs = 20_000;
/** All accounts are read again, since hints get lost; it may take a twentieth of the time. */
const leastReadMs = 2_000;
const readShare = 20;
/** Addresses in one question, and that are kept warm; with more everything is read instead. */
const pageSize = 100;
const breathAfter = 1_000;
const maximumWarm = 10_000;

/**
 * Stakes and cases as they are on the chain, confirmed. It is filled once and then follows; while the
 * chain is away it stays as it was.
 */
export class StakeBook {
  readonly #options: StakeBookOptions;
  /** By address. */
  readonly #accounts = new Map<string, Known>();
  /** Addresses of the stakes of a device. */
  readonly #byDevice = new Map<string, Set<string>>();
  readonly #cases = new Map<string, ChainCase>();
  /** Until when an account is read again, by the monotonic clock. */
  readonly #warm = new Map<string, number>();
  readonly #handlers: ((change: StakeChange) => void)[] = [];
  #terms: ProgramTerms | undefined;
  #nowSeconds = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #loaded = false;
  /** Why the last look failed. */
  #problem: string | undefined;
  #wake: () => void = () => undefined;

  constructor(options: StakeBookOptions) {
    this.#options = options;
  }

  /** How the program is configured; undefined until everything was read once. */
  get terms(): ProgramTerms | undefined {
    return this.#loaded ? this.#terms : undefined;
  }

  /** When the last final slot was, by the chain: never later than what a transaction will find. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** What all wallets have staked behind a device. */
  stakesOf(deviceId: string): readonly StakePosition[] {
    const addresses = this.#byDevice.get(deviceId) ?? [];
    return [...addresses].flatMap((address) => this.stake(address) ?? []);
  }

  stake(address: string): StakePosition | undefined {
    const read = this.#accounts.get(address)?.read;
    return read?.kind === 'Stake' ? read.stake : undefined;
  }

  case(caseId: string): ChainCase | undefined {
    return this.#cases.get(caseId);
  }

  /** Calls `handler` after every change from now on. */
  onChange(handler: (change: StakeChange) => void): void {
    this.#handlers.push(handler);
  }

  /** An account may have changed. */
  hint(address: string): void {
    if (this.#warm.size >= maximumWarm) this.#readAtMs = Number.NEGATIVE_INFINITY;
    else this.#warm.set(address, this.#options.clock.monotonicMs() + warmMs);
    this.#wake();
  }

  /** One look at the chain; what fails is told and comes again with the next one. */
  async look(): Promise<void> {
    const { metrics, logger } = this.#options;
    try {
      await this.#readHead();
      if (this.#isReadDue()) await this.#readAll();
      else await this.#readWarm();
      this.#tell();
      if (this.#problem !== undefined) logger.info({}, 'stakes are read again');
      this.#problem = undefined;
    } catch (error) {
      metrics.stakesNotRead();
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) logger.error(errorFields(error), 'stakes cannot be read now');
      this.#problem = problem;
    }
  }

  /** Resolves with the next hint, or after a moment. */
  async pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await sleep(clock, leastPauseMs, signal);
    await sleep(clock, roundMs - leastPauseMs, AbortSignal.any([signal, woken.signal]));
  }

  async #readHead(): Promise<void> {
    const before = this.#nowSeconds;
    const { timeSeconds } = await this.#options.chain.head();
    this.#nowSeconds = timeSeconds;
    if (!this.#loaded) return;
    const adjudication = this.#terms?.adjudicationSeconds ?? 0;
    for (const each of this.#cases.values()) {
      const { caseId, deadlineSeconds, appeal } = each;
      const dueSeconds = appeal === undefined ? deadlineSeconds : appeal.seconds + adjudication;
      const isDue = isOpen(each) && before < dueSeconds && dueSeconds <= timeSeconds;
      if (isDue) this.#emit({ kind: 'Case', caseId });
    }
  }

  #isReadDue(): boolean {
    const pauseMs = Math.max(leastReadMs, this.#tookMs * readShare);
    return this.#options.clock.monotonicMs() - this.#readAtMs >= pauseMs;
  }

  async #readAll(): Promise<void> {
    const { chain, programId, config, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const found = new Set<string>();
    const [terms] = await chain.accounts([config], 'confirmed');
    this.#take(config, terms);
    for (const kind of ['Stake', 'Case'] as const) {
      const accounts = await chain.programAccounts(programId, filtersOf(kind), 'confirmed');
      for (const [index, account] of accounts.entries()) {
        if (index % breathAfter === breathAfter - 1) await sleep(clock, 0);
        found.add(account.address);
        // What has just changed is read on its own, and newer than this answer.
        if (!this.#warm.has(account.address)) this.#take(account.address, account);
      }
    }
    for (const address of this.#accounts.keys()) {
      const isGone = !found.has(address) && address !== config && !this.#warm.has(address);
      if (isGone) this.#take(address, undefined);
    }
    await this.#readWarm();
    this.#readAtMs = clock.monotonicMs();
    this.#tookMs = this.#readAtMs - startedMs;
    if (this.#terms === undefined) throw new Error(`program ${programId} is not initialized`);
    if (this.#loaded) return;
    this.#loaded = true;
    this.#emit({ kind: 'All' });
  }

  async #readWarm(): Promise<void> {
    const { chain, clock } = this.#options;
    const addresses = [...this.#warm.keys()];
    for (let at = 0; at < addresses.length; at += pageSize) {
      const page = addresses.slice(at, at + pageSize);
      const accounts = await chain.accounts(page, 'confirmed');
      page.forEach((address, index) => this.#take(address, accounts[index]));
    }
    const nowMs = clock.monotonicMs();
    for (const [address, untilMs] of this.#warm) if (untilMs <= nowMs) this.#warm.delete(address);
  }

  /** Takes in an account as it is now; undefined: there is none. */
  #take(address: string, account: ChainAccount | undefined): void {
    const before = this.#accounts.get(address);
    const isOurs = account?.owner === this.#options.programId;
    if (isOurs && before !== undefined && Buffer.compare(before.data, account.data) === 0) return;
    const read = isOurs ? programAccountOf(account) : undefined;
    if (before !== undefined) this.#drop(address, before.read);
    if (isOurs && read !== undefined) {
      this.#accounts.set(address, { data: account.data, read });
      this.#add(address, read);
    }
    for (const each of [before?.read, read]) if (each !== undefined) this.#changed(each);
  }

  #drop(address: string, read: ProgramAccount): void {
    this.#accounts.delete(address);
    if (read.kind === 'Case') this.#cases.delete(read.case.caseId);
    if (read.kind !== 'Stake') return;
    const addresses = this.#byDevice.get(read.stake.deviceId);
    addresses?.delete(address);
    if (addresses?.size === 0) this.#byDevice.delete(read.stake.deviceId);
  }

  #add(address: string, read: ProgramAccount): void {
    if (read.kind === 'Config') this.#terms = read.terms;
    if (read.kind === 'Case') this.#cases.set(read.case.caseId, read.case);
    if (read.kind !== 'Stake') return;
    const { deviceId } = read.stake;
    const addresses = this.#byDevice.get(deviceId);
    if (addresses === undefined) this.#byDevice.set(deviceId, new Set([address]));
    else addresses.add(address);
  }

  #changed(read: ProgramAccount): void {
    if (read.kind === 'Stake') this.#emit({ kind: 'Stake', deviceId: read.stake.deviceId });
    if (read.kind === 'Case') this.#emit({ kind: 'Case', caseId: read.case.caseId });
  }

  #emit(change: StakeChange): void {
    if (!this.#loaded) return;
    for (const handler of this.#handlers) handler(change);
  }

  #tell(): void {
    if (this.#terms === undefined) return;
    const { totalStaked, totalEscrowed, totalBurnt } = this.#terms;
    const open = [...this.#cases.values()].filter(isOpen);
    this.#options.metrics.stakesRead({
      stakes: this.#accounts.size - this.#cases.size - 1,
      openCases: open.length,
      staked: totalStaked,
      escrowed: totalEscrowed,
      burnt: totalBurnt,
    });
  }
}

const isOpen = ({ state }: ChainCase): boolean => state === 'Open' || state === 'Appealed';

/** Keeps the book equal to the chain while this process leads. */
export function stakeWatch(book: StakeBook, options: StakeBookOptions): Runnable {
  return {
    name: 'stake-watch',
    run: async (signal) => {
      const { chain, programId } = options;
      const stop = chain.watchProgram(programId, (address) => book.hint(address));
      try {
        while (!signal.aborted) {
          await book.look();
          await book.pause(signal);
        }
      } finally {
        stop();
      }
    },
  };
}
