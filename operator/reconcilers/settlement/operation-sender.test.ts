import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Seen } from '../../domain/settlement/send.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import { type Chain, ChainUnavailableError } from '../../ports/chain.ts';
import type { ChainSender, TransactionSigners } from '../../ports/chain-sender.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { OperationHandler } from '../../settlement/operations/index.ts';
import { type Moment, Mortal } from '../../testing/crash.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { memoryOperations } from '../../testing/memory-operations.ts';
import { noSettlementMetrics } from '../../testing/no-metrics.ts';
import { below, type RandomSource, seededRandom } from '../../testing/seeded-random.ts';
import { operationSender } from './operation-sender.ts';

const blocksUntilFinal = 32;
const blockhashBlocks = 150;
const programId = 'program';

type Sent = Readonly<{ operation: string; signature: string; lastValid: number }>;
type InFlight = { readonly transaction: Sent; due: number };

/**
 * A chain whose transactions have their effect each time that they land, as if no program guarded
 * it: that an operation has one effect is then up to the sender alone.
 */
class GuardlessChain {
  readonly #random: RandomSource;
  #odds: Odds;
  #tip = 1_000;
  #final = this.#tip - blocksUntilFinal;
  #flying: InFlight[] = [];
  /** What is in blocks, and in which. */
  #landed = new Map<string, Readonly<{ transaction: Sent; height: number }>>();

  constructor(random: RandomSource, odds: Odds) {
    this.#random = random;
    this.#odds = odds;
  }

  /** Blocks are made; some that are not final are thrown away. */
  pass(blocks: number): void {
    for (let left = blocks; left > 0; left -= 1) {
      this.#tip += 1;
      this.#final = Math.max(this.#final, this.#tip - blocksUntilFinal);
      for (const flying of this.#flying) this.#land(flying);
      this.#flying = this.#flying.filter(({ due }) => due > this.#tip);
    }
    if (this.#chance(this.#odds.fork)) this.#fork();
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#odds = { fork: never, drop: never, fail: never, kill: never, delay: 1 };
  }

  /** How often an operation took effect, for good. */
  effects(operation: string): number {
    return this.#finalized().filter(({ transaction }) => transaction.operation === operation)
      .length;
  }

  handler(): OperationHandler {
    return {
      kind: 'FinalizeBurn',
      instructions: (payload) => [{ programId, accounts: [], data: Buffer.from(payload) }],
      landed: async (payload) => {
        this.#answer();
        return this.effects(payload) > 0 ? 'Done' : 'NotYet';
      },
    };
  }

  signers(): TransactionSigners {
    let signed = 0;
    return {
      address: () => 'signer',
      sign: async (_role, { instructions, blockhash }) => {
        signed += 1;
        const operation = Buffer.from(instructions.at(-1)?.data ?? []).toString();
        const signature = `${operation}-${blockhash}-${signed}-${below(this.#random, 1e9)}`;
        const transaction: Sent = { operation, signature, lastValid: Number(blockhash) };
        return { signature, bytes: Buffer.from(JSON.stringify(transaction)) };
      },
    };
  }

  client(): Chain & ChainSender {
    const unused = (): never => {
      throw new Error('the sender does not ask this');
    };
    return {
      head: unused,
      accounts: unused,
      programAccounts: unused,
      signatures: unused,
      transaction: unused,
      watchProgram: unused,
      finalizedHeight: async () => {
        this.#answer();
        return BigInt(this.#final);
      },
      latestBlockhash: async () => {
        this.#answer();
        const lastValid = this.#final + blockhashBlocks;
        return { blockhash: String(lastValid), lastValidHeight: BigInt(lastValid) };
      },
      seen: async (signatures) => {
        this.#answer();
        return signatures.map((signature) => this.#seen(signature));
      },
      simulate: async () => {
        this.#answer();
        return { units: 1, failure: undefined };
      },
      priorityFee: async () => 0n,
      send: async (bytes) => {
        const transaction = JSON.parse(Buffer.from(bytes).toString()) as Sent;
        const due = this.#tip + 1 + below(this.#random, this.#odds.delay);
        if (!this.#chance(this.#odds.drop)) this.#flying.push({ transaction, due });
        this.#answer();
      },
      lamports: async (addresses) => addresses.map(() => 1n),
    };
  }

  #land({ transaction, due }: InFlight): void {
    const { signature, lastValid } = transaction;
    if (due !== this.#tip || this.#tip > lastValid || this.#landed.has(signature)) return;
    this.#landed.set(signature, { transaction, height: this.#tip });
  }

  /** Other blocks win, and there may be fewer of them. */
  #fork(): void {
    this.#tip -= below(this.#random, this.#tip - this.#final);
    for (const [signature, { transaction, height }] of this.#landed) {
      if (height <= this.#tip) continue;
      this.#landed.delete(signature);
      // Nodes put some of them into other blocks.
      const due = this.#tip + 1 + below(this.#random, blocksUntilFinal);
      if (this.#chance(2)) this.#flying.push({ transaction, due });
    }
  }

  #finalized() {
    return [...this.#landed.values()].filter(({ height }) => height <= this.#final);
  }

  #seen(signature: string): Seen {
    const landed = this.#landed.get(signature);
    if (landed === undefined) return { kind: 'Missing' };
    return { kind: landed.height <= this.#final ? 'Finalized' : 'Processing' };
  }

  /** The answer of a call that had its effect may be lost. */
  #answer(): void {
    if (this.#chance(this.#odds.fail)) throw new ChainUnavailableError('no answer');
  }

  #chance(oneIn: number): boolean {
    return below(this.#random, oneIn) === 0;
  }
}

const never = Number.MAX_SAFE_INTEGER;

/** One in how many; `delay` in blocks. */
type Odds = Readonly<{ fork: number; drop: number; fail: number; kill: number; delay: number }>;

async function simulate(seed: number, odds: Odds) {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const chain = new GuardlessChain(random, odds);
  const store = memoryOperations();
  const operations = ['one', 'two', 'three'].map(
    (operationId): ChainOperation => ({
      operationId,
      kind: 'FinalizeBurn',
      signer: 'publisher',
      payload: operationId,
    }),
  );
  for (const operation of operations) await store.record(operation, 0);
  const start = (fate: () => Moment | undefined) => {
    const life = new Mortal(fate);
    const stop = new AbortController();
    const run = operationSender({
      store: life.wrap(store),
      chain: life.wrap(chain.client()),
      signers: chain.signers(),
      handlers: new Map([['FinalizeBurn', chain.handler()]]),
      deployment: { programId, ioMint: 'io', usdcMint: 'usdc' },
      maxMicroLamportsPerUnit: 0n,
      metrics: noSettlementMetrics,
      clock,
      logger: silentLogger,
    }).run(stop.signal, {});
    return { life, end: () => (stop.abort(), run) };
  };
  const fate = (): Moment | undefined =>
    below(random, odds.kill) === 0 ? (['before', 'after'] as const)[below(random, 2)] : undefined;
  // Two processes believe that they lead, as two hubs may for a moment.
  const processes = [start(fate), start(fate)];
  const pass = async (): Promise<void> => {
    chain.pass(1 + below(random, 40));
    await clock.advance(1_000);
  };
  for (let turns = 0; turns < 60; turns += 1) {
    await pass();
    for (const [index, process] of processes.entries()) {
      if (!process.life.dead) continue;
      await process.end();
      processes[index] = start(fate);
    }
  }
  for (const process of processes) await process.end();
  chain.heal();
  const last = start(() => undefined);
  for (let turns = 0; turns < 40; turns += 1) await pass();
  await last.end();
  const states = await store.states(operations.map(({ operationId }) => operationId));
  return operations.map(({ operationId }) => ({
    effects: chain.effects(operationId),
    state: states.get(operationId)?.state,
  }));
}

describe('on a chain that guards nothing, each operation has one effect', () => {
  test('whatever is dropped, delayed, forked, not answered and killed', async () => {
    const oneIn = (most: number) => fc.integer({ min: 2, max: most });
    const odds = fc.record({
      fork: fc.integer({ min: 1, max: 6 }),
      drop: oneIn(10),
      fail: oneIn(40),
      kill: oneIn(100),
      delay: fc.integer({ min: 1, max: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer(), odds, async (seed, chosen) => {
        const outcomes = await simulate(seed, chosen);
        expect(outcomes).toEqual(outcomes.map(() => ({ effects: 1, state: 'Done' })));
      }),
      { numRuns: 250 },
    );
  });
});
