import { AccountBook } from './account-book.ts';
import { type AccountState, type MaybeAccount, sameAccount } from './account-state.ts';
import { ChainTime, type Commitment, type Genesis, slotsPerEpoch } from './chain-time.ts';
import { Engine, exemptRentEpoch, type Outcome, type Program, systemProgram } from './engine.ts';
import type { TransactionError } from './errors.ts';
import { Faucet } from './faucet.ts';
import { History } from './history.ts';
import type { Journal } from './journal.ts';
import { tableKeys } from './lookup-table.ts';
import { memoOf } from './memo.ts';
import type { ChainRecord, Changes, Landed } from './records.ts';
import { type Mint, readMint, tokenPrograms } from './token.ts';
import { tokenBalances } from './token-balances.ts';
import {
  type Accounts,
  accountsOf,
  decodeTransaction,
  type Message,
  signatureOf,
  type Transaction,
} from './transaction.ts';

/** Lamports that exist at the genesis; all are the faucet's. */
const genesisLamports = 4_000_000_000_000_000_000n;

export type ChainOptions = Readonly<{
  genesis: Genesis;
  /** The clock, epoch milliseconds. */
  now: () => number;
  programs: readonly Program[];
  /** What a journal held; empty for a new chain. */
  records: readonly ChainRecord[];
  /** Undefined: the chain is forgotten with its process. */
  journal: Journal | undefined;
  historyLimit: number;
}>;

/** What became of a transaction; only what landed or was known has an effect. */
export type Submission =
  | Readonly<{ kind: 'landed' | 'known'; landed: Landed; durable: Promise<void> }>
  | Readonly<{ kind: 'refused'; error: TransactionError }>;

/** A landed transaction with the accounts that it touched. */
export type Effect = Readonly<{ landed: Landed; changes: Changes }>;

/** Who is told what happens. */
export type ChainListener = Readonly<{
  landed: (effect: Effect) => void;
  /** Time was moved, or slots were thrown away. */
  moved: () => void;
}>;

/** One chain: runs transactions in slots, keeps what they did, and shows it by commitment. */
export class Chain {
  readonly time: ChainTime;
  readonly history: History;
  readonly #book = new AccountBook();
  readonly #engine: Engine;
  readonly #faucet: Faucet;
  readonly #journal: Journal | undefined;
  /** Of slots that are not finalized, oldest first. */
  #effects: Effect[] = [];
  #finalized = -1;
  #durable: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<ChainListener>();

  constructor({ genesis, now, programs, records, journal, historyLimit }: ChainOptions) {
    this.time = new ChainTime(genesis, now);
    this.history = new History(historyLimit);
    this.#engine = new Engine(programs);
    this.#faucet = new Faucet(this.time.faucetSeed());
    this.#journal = journal;
    for (const program of tokenPrograms.keys()) {
      for (const mint of this.#engine.owned(program))
        this.#book.base(mint, this.#engine.read(mint));
    }
    this.#book.base(this.#faucet.address, wallet(genesisLamports));
    for (const record of records) this.#restore(record);
    for (const [address, state] of this.#book.all(Number.MAX_SAFE_INTEGER)) {
      this.#engine.write(address, state);
    }
    if (records.length === 0) void this.#append({ kind: 'genesis', version: 1, genesis });
  }

  /** Resolves when everything so far is on disk. */
  get durable(): Promise<void> {
    return this.#durable;
  }

  listen(listener: ChainListener): void {
    this.#listeners.add(listener);
  }

  account(address: string, commitment: Commitment): MaybeAccount {
    return this.accountAt(address, this.time.slotAt(commitment));
  }

  /** At the end of a slot that is not older than the finalized one. */
  accountAt(address: string, slot: number): MaybeAccount {
    if (this.#book.has(address)) return this.#book.at(address, slot);
    this.#settle();
    return this.#engine.read(address);
  }

  *ownedBy(owner: string, commitment: Commitment): Generator<readonly [string, AccountState]> {
    const slot = this.time.slotAt(commitment);
    for (const address of this.#book.ownedBy(owner, slot)) {
      const state = this.#book.at(address, slot);
      if (state !== undefined) yield [address, state];
    }
  }

  mint(address: string): Mint | undefined {
    return readMint(this.#book.current(address));
  }

  rentExemption(bytes: number): bigint {
    return this.#engine.rentExemption(bytes);
  }

  accountsOf(message: Message): Accounts {
    return accountsOf(message, (table) => tableKeys(this.#book.current(table)));
  }

  /** Runs a transaction in the current slot, once. */
  submit(transaction: Transaction): Submission {
    const known = this.history.get(signatureOf(transaction));
    if (known !== undefined) return { kind: 'known', landed: known, durable: this.#durable };
    if (!this.time.isBlockhashValid(transaction.blockhash)) {
      return { kind: 'refused', error: 'BlockhashNotFound' };
    }
    const slot = this.#settle();
    const accounts = this.accountsOf(transaction);
    const before = this.#balances(accounts);
    const states = new Map(writableKeys(accounts).map((key) => [key, this.#read(key)]));
    const outcome = this.#engine.execute(transaction.bytes);
    const changes = this.#take(slot, states);
    const after = this.#balances(accounts);
    const fee = sum(before.lamports) - sum(after.lamports);
    // Lamports only ever leave the accounts of a transaction as its fee; without one, it never ran.
    if (fee === 0n) return { kind: 'refused', error: outcome.error ?? 'SanitizeFailure' };
    const landed: Landed = {
      signature: signatureOf(transaction),
      slot,
      bytes: transaction.bytes,
      keys: accounts.keys,
      loaded: accounts.loaded,
      error: outcome.error,
      fee,
      units: outcome.units,
      logs: outcome.logs,
      inner: outcome.inner,
      returned: outcome.returned,
      memo: memoOf(transaction),
      lamports: { before: before.lamports, after: after.lamports },
      tokens: { before: before.tokens, after: after.tokens },
    };
    this.#land({ landed, changes });
    return { kind: 'landed', landed, durable: this.#append({ kind: 'landed', landed, changes }) };
  }

  /** What a transaction would do now; blockhash and repetition are not looked at. */
  simulate(
    { bytes }: Transaction,
    verify: boolean,
  ): Readonly<{ outcome: Outcome; after: ReadonlyMap<string, AccountState> }> {
    this.#settle();
    return this.#engine.simulate(bytes, verify);
  }

  airdrop(address: string, lamports: bigint): Submission {
    const blockhash = this.time.blockhash(this.time.slot());
    const bytes = this.#faucet.transfer(address, lamports, blockhash, this.history.total);
    return this.submit(decodeTransaction(bytes));
  }

  /** Moves the chain's time; slots pass with it. */
  async warp(by: Readonly<{ seconds: number } | { slots: number }>): Promise<void> {
    const warp = this.time.planWarp(by);
    this.time.warp(warp);
    this.#settle();
    for (const { moved } of this.#listeners) moved();
    await this.#append({ kind: 'warp', warp });
  }

  /** Throws away every slot that is not finalized; returns the transactions that were in them. */
  async fork(): Promise<readonly Landed[]> {
    const fork = { from: this.time.slot(), to: this.time.slotAt('finalized') };
    const gone = this.#fork(fork);
    void this.#append({ kind: 'fork', fork });
    await this.warp({ slots: 1 });
    return gone;
  }

  /** Brings what depends on time to the current slot, which it returns. */
  #settle(): number {
    const slot = this.time.slot();
    const finalized = this.time.slotAt('finalized');
    if (finalized > this.#finalized) {
      this.#finalized = finalized;
      this.#book.finalize(finalized);
      this.#effects = this.#effects.filter(({ landed }) => landed.slot > finalized);
      if (this.#journal?.isLong === true) this.#await(this.#journal.compact(this.#snapshot()));
    }
    this.#engine.moveTo(
      { slot, unixSeconds: this.time.unixSeconds(slot), epoch: Math.floor(slot / slotsPerEpoch) },
      () => this.time.recentHashes().map(([hash, of]) => ({ hash, slot: BigInt(of) })),
    );
    return slot;
  }

  #read(address: string): MaybeAccount {
    return this.#book.has(address) ? this.#book.current(address) : this.#engine.read(address);
  }

  #balances({ keys }: Accounts) {
    const lamports = keys.map((key) =>
      this.#book.has(key) ? (this.#book.current(key)?.lamports ?? 0n) : this.#engine.lamports(key),
    );
    const read = (key: string): MaybeAccount => this.#book.current(key);
    return { lamports, tokens: tokenBalances(keys, read, (mint) => this.mint(mint)) };
  }

  /** Takes over what the engine changed; `before` has every account that it could. */
  #take(slot: number, before: ReadonlyMap<string, MaybeAccount>): Changes {
    const changes: [string, MaybeAccount][] = [];
    for (const [address, state] of before) {
      const now = this.#engine.read(address);
      if (sameAccount(state, now)) continue;
      if (!this.#book.has(address)) this.#book.base(address, state);
      this.#book.write(address, slot, now);
      changes.push([address, now]);
    }
    return changes;
  }

  #land(effect: Effect): void {
    this.history.add(effect.landed);
    this.#effects.push(effect);
    for (const { landed } of this.#listeners) landed(effect);
  }

  #fork(fork: Readonly<{ from: number; to: number }>): readonly Landed[] {
    this.time.fork(fork);
    for (const [address, state] of this.#book.rollBack(fork.to)) this.#engine.write(address, state);
    this.#effects = this.#effects.filter(({ landed }) => landed.slot <= fork.to);
    return this.history.rollBack(fork.to);
  }

  #append(record: ChainRecord): Promise<void> {
    if (this.#journal !== undefined) this.#await(this.#journal.append(record));
    return this.#durable;
  }

  /** Who answers a client waits for it too, and fails with it. */
  #await(durable: Promise<void>): void {
    this.#durable = durable;
    durable.catch(() => undefined);
  }

  /** Applies a record of the journal. */
  #restore(record: ChainRecord): void {
    switch (record.kind) {
      case 'genesis':
        return;
      case 'account':
        return this.#book.base(record.address, record.state);
      case 'base':
        return this.time.atLeast(record.slot);
      case 'warp':
        return this.time.warp(record.warp);
      case 'fork':
        this.#fork(record.fork);
        return;
      case 'landed': {
        const { landed, changes } = record;
        this.time.atLeast(landed.slot);
        for (const [address, state] of changes) this.#book.write(address, landed.slot, state);
        this.history.add(landed);
        this.#effects.push({ landed, changes });
      }
    }
  }

  /** The whole chain as records; what may still be undone keeps its changes. */
  *#snapshot(): Generator<ChainRecord> {
    const slot = this.time.slotAt('finalized');
    yield { kind: 'genesis', version: 1, genesis: this.time.genesis };
    for (const [address, state] of this.#book.all(slot)) yield { kind: 'account', address, state };
    yield { kind: 'base', slot };
    const { warps, forks } = this.time.history();
    for (const warp of warps) yield { kind: 'warp', warp };
    for (const fork of forks) yield { kind: 'fork', fork };
    const changes = new Map(this.#effects.map((effect) => [effect.landed, effect.changes]));
    for (const landed of this.history.all()) {
      yield { kind: 'landed', landed, changes: changes.get(landed) ?? [] };
    }
  }
}

/** Without the accounts of sysvars and programs, each once. */
function writableKeys({ keys, writable }: Accounts): string[] {
  return [...new Set(keys.filter((_key, index) => writable[index] === true))];
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function wallet(lamports: bigint): AccountState {
  return {
    lamports,
    owner: systemProgram,
    data: new Uint8Array(),
    executable: false,
    rentEpoch: exemptRentEpoch,
  };
}
