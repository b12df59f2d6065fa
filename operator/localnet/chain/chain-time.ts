import { createHash } from 'node:crypto';
import { encodeBase58 } from './base58.ts';

export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** How many slots must follow until no other history can win. */
export const slotsUntil = { processed: 0, confirmed: 1, finalized: 32 } as const;

/** A blockhash may be used while no more than this many blocks follow its own. */
export const blockhashBlocks = 150;

/** Where a chain begins; well above 0, so that nobody takes a slot for a count. */
const genesisSlot = 447_552_000;
/** Slots in which no block was made before the genesis: block heights lag behind slots. */
const emptySlots = 20_000_000;
export const slotsPerEpoch = 432_000;
/** Slots that pass in a warp of time, whatever the pace of this chain otherwise is. */
const warpedSlotMs = 400;

/** What a chain was started with; it never changes. */
export type Genesis = Readonly<{
  /** 32 bytes from which the genesis hash, blockhashes and the faucet's key are derived. */
  seed: Uint8Array;
  startMs: number;
  slotMs: number;
}>;

/** A move of the chain's time: from `slot` on, `slots` and `ms` more than the clock alone gives. */
export type Warp = Readonly<{ slot: number; slots: number; ms: number }>;

/** Slots after `to` up to `from`, which a fork threw away. */
export type Fork = Readonly<{ from: number; to: number }>;

/**
 * Slots, blocks and time as a pure function of a clock, the warps and the forks: a chain that was
 * away goes on where a validator would be, and nothing has to be stored while nothing happens.
 */
export class ChainTime {
  readonly genesis: Genesis;
  readonly #now: () => number;
  readonly #warps: Warp[] = [];
  readonly #forks: Fork[] = [];
  readonly #slotsByHash = new Map<string, number>();
  #hashedUntil = 0;
  #slot = genesisSlot;

  constructor(genesis: Genesis, now: () => number) {
    this.genesis = genesis;
    this.#now = now;
  }

  /** The slot that is being made; it never falls, even when the clock does. */
  slot(): number {
    const { startMs, slotMs } = this.genesis;
    const passed = Math.floor((this.#now() - startMs) / slotMs);
    const { slots } = this.#warpAt(Number.MAX_SAFE_INTEGER);
    this.#slot = Math.max(this.#slot, genesisSlot + slotsUntil.finalized + passed + slots);
    return this.#slot;
  }

  /** The newest slot that a commitment sees. */
  slotAt(commitment: Commitment): number {
    return this.slot() - slotsUntil[commitment];
  }

  /** The newest slot up to this one whose block no fork threw away. */
  blockAt(slot: number): number {
    const fork = this.#forkOf(slot);
    return fork === undefined ? slot : this.blockAt(fork.to);
  }

  /** A chain that is read again goes on behind everything that it holds. */
  atLeast(slot: number): void {
    this.#slot = Math.max(this.#slot, slot);
  }

  /** Milliseconds until the next slot begins. */
  untilNextSlotMs(): number {
    const { startMs, slotMs } = this.genesis;
    const passed = this.#now() - startMs;
    return slotMs - (((passed % slotMs) + slotMs) % slotMs);
  }

  blockHeight(slot: number): number {
    return slot - emptySlots;
  }

  /** Epoch milliseconds at the beginning of a slot. */
  timeMs(slot: number): number {
    const { startMs, slotMs } = this.genesis;
    const { slots, ms } = this.#warpAt(slot);
    return startMs + (slot - genesisSlot - slotsUntil.finalized - slots) * slotMs + ms;
  }

  unixSeconds(slot: number): number {
    return Math.floor(this.timeMs(slot) / 1000);
  }

  genesisHash(): string {
    return encodeBase58(this.#derive('genesis'));
  }

  faucetSeed(): Uint8Array {
    return this.#derive('faucet');
  }

  /** The hash of the newest block up to a slot. */
  blockhash(slot: number): string {
    return encodeBase58(this.#derive(`block ${this.blockAt(slot)}`));
  }

  /** The slot of a recent blockhash; undefined when no block of the last minutes has it. */
  slotOfBlockhash(hash: string): number | undefined {
    const slot = this.slot();
    const oldest = slot - blockhashBlocks - slotsUntil.finalized;
    for (let next = Math.max(this.#hashedUntil + 1, oldest); next <= slot; next += 1) {
      this.#hashedUntil = next;
      if (this.#forkOf(next) === undefined) this.#slotsByHash.set(this.blockhash(next), next);
    }
    for (const [known, of] of this.#slotsByHash) {
      if (of >= oldest) break;
      this.#slotsByHash.delete(known);
    }
    return this.#slotsByHash.get(hash);
  }

  /** The newest blocks, newest first, as programs see them. */
  recentHashes(): readonly (readonly [hash: string, slot: number])[] {
    this.slotOfBlockhash('');
    return [...this.#slotsByHash].filter(([, slot]) => slot < this.#slot).toReversed();
  }

  /** A transaction with this blockhash may still land. */
  isBlockhashValid(hash: string, slot = this.slot()): boolean {
    const of = this.slotOfBlockhash(hash);
    return of !== undefined && of <= slot && slot - of <= blockhashBlocks;
  }

  /** What has to be added for a move by seconds or by slots; it takes effect with `warp`. */
  planWarp(by: Readonly<{ seconds: number } | { slots: number }>): Warp {
    const before = this.#warpAt(Number.MAX_SAFE_INTEGER);
    const slots =
      'slots' in by ? by.slots : Math.max(1, Math.round((by.seconds * 1000) / warpedSlotMs));
    const ms = 'slots' in by ? by.slots * this.genesis.slotMs : by.seconds * 1000;
    return { slot: this.slot() + slots, slots: before.slots + slots, ms: before.ms + ms };
  }

  warp(warp: Warp): void {
    this.#warps.push(warp);
    this.atLeast(warp.slot);
  }

  /** The hashes of the slots that were thrown away are worth nothing any more. */
  fork(fork: Fork): void {
    this.#forks.push(fork);
    for (const [hash, slot] of this.#slotsByHash) {
      if (slot > fork.to && slot <= fork.from) this.#slotsByHash.delete(hash);
    }
  }

  /** What the chain was moved by, for a snapshot. */
  history(): Readonly<{ warps: readonly Warp[]; forks: readonly Fork[] }> {
    return { warps: this.#warps, forks: this.#forks };
  }

  #warpAt(slot: number): Warp {
    return this.#warps.findLast((warp) => warp.slot <= slot) ?? { slot: 0, slots: 0, ms: 0 };
  }

  #forkOf(slot: number): Fork | undefined {
    return this.#forks.findLast(({ from, to }) => slot > to && slot <= from);
  }

  #derive(what: string): Uint8Array {
    return createHash('sha256').update(this.genesis.seed).update(what).digest();
  }
}
