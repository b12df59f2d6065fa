import {
  type AccountInfo,
  PublicKey,
  SendTransactionError,
  type SignatureStatus,
  VersionedTransaction,
} from '@solana/web3.js';
import type { Seen } from '../../domain/settlement/send.ts';
import type { ChainAccount, ChainInstruction } from '../../domain/settlement/types.ts';
import { type AccountFilter, type Chain, type Commitment } from '../../ports/chain.ts';
import type { ChainSender, Simulation } from '../../ports/chain-sender.ts';
import { noRpcMetrics, type RpcMetrics } from '../../ports/settlement-metrics.ts';
import { type Clock, type Random, systemClock } from '../../runtime/clock.ts';
import { base58Encode } from '../../settlement/base58.ts';
import { chainTransaction, failureOf } from './history.ts';
import { agreedPage, agreedSeen, majority, type Said } from './agreement.ts';
import { NodePool } from './node-pool.ts';
import { watchProgram } from './program-watch.ts';
import { RpcNode } from './rpc-node.ts';
import { unsignedTransaction } from './transaction.ts';

export type ChainOptions = Readonly<{
  metrics?: RpcMetrics;
  /** A call to one node that takes longer counts as failed. Default 10 s. */
  timeoutMs?: number;
  clock?: Clock;
  random?: Random;
}>;

const defaultTimeoutMs = 10_000;
const maxAccounts = 100;
const maxSignatures = 1_000;
const maxStatuses = 256;
/** How many blocks a blockhash lives at least. */
const blockhashBlocks = 150n;
/** For simulations, in which the node puts a recent one. */
const anyBlockhash = PublicKey.default.toBase58();
/** Of what others pay: three of four pay no more. */
const feePercentile = 0.75;

/**
 * The chain as most of its RPC nodes tell it. With one node that node is believed; with several, what
 * money depends on has to be said by more than half of those that answer: whether an account or a
 * transaction is there, what a transaction did, and that it failed. Finalized reads never go back in
 * time, whichever node answers.
 */
export function createChain(
  urls: readonly string[],
  options: ChainOptions = {},
): Chain & ChainSender {
  return new SolanaChain(urls, options);
}

class SolanaChain implements Chain, ChainSender {
  readonly #urls: readonly string[];
  readonly #pool: NodePool;
  readonly #clock: Clock;
  readonly #random: Random;
  /** A node that has not finalized this slot is not asked for finalized state. */
  #slot = 0;

  constructor(urls: readonly string[], options: ChainOptions) {
    this.#urls = urls;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    const { metrics = noRpcMetrics, timeoutMs = defaultTimeoutMs } = options;
    const shared = { clock: this.#clock, random: this.#random, metrics, timeoutMs };
    this.#pool = new NodePool(urls.map((url) => new RpcNode(url, shared)));
  }

  async head(): Promise<Readonly<{ slot: bigint; timeSeconds: number }>> {
    const { slot } = await this.#finalized();
    const timeSeconds = await this.#pool.any(async (connection) => {
      const time = await connection.getBlockTime(slot);
      return time ?? 0;
    });
    return { slot: BigInt(slot), timeSeconds };
  }

  async accounts(
    addresses: readonly string[],
    commitment: Commitment = 'finalized',
  ): Promise<readonly (ChainAccount | undefined)[]> {
    if (addresses.length === 0) return [];
    atMost(addresses.length, maxAccounts, 'accounts');
    const keys = addresses.map((address) => new PublicKey(address));
    const said = await this.#pool.all((connection) =>
      connection.getMultipleAccountsInfo(keys, this.#reading(commitment)),
    );
    return addresses.map((address, index) => mostExisting(address, index, said));
  }

  async programAccounts(
    programId: string,
    filters: readonly AccountFilter[],
    commitment: Commitment = 'finalized',
  ): Promise<readonly ChainAccount[]> {
    const found = await this.#pool.any((connection) =>
      connection.getProgramAccounts(new PublicKey(programId), {
        ...this.#reading(commitment),
        filters: filters.map((filter) =>
          'size' in filter
            ? { dataSize: filter.size }
            : { memcmp: { offset: filter.offset, bytes: base58Encode(filter.bytes) } },
        ),
      }),
    );
    return found.map(({ pubkey, account }) => chainAccount(pubkey.toBase58(), account));
  }

  async signatures(
    address: string,
    { until, before, limit = maxSignatures }: Parameters<Chain['signatures']>[1],
  ): ReturnType<Chain['signatures']> {
    atMost(limit, maxSignatures, 'signatures');
    const { slot: newest } = await this.#finalized();
    const range = {
      limit,
      ...(until === undefined ? {} : { until }),
      ...(before === undefined ? {} : { before }),
    };
    const said = await this.#pool.all(async (connection) => {
      const found = await connection.getSignaturesForAddress(
        new PublicKey(address),
        { ...range, minContextSlot: newest },
        'finalized',
      );
      // What one node has finalized and others have not is told the next time.
      const known = found.filter(({ slot }) => slot <= newest);
      return known.map(({ signature, slot, err }) => ({
        signature,
        slot: BigInt(slot),
        failed: err !== null,
        full: found.length === limit,
      }));
    });
    return agreedPage(said);
  }

  async transaction(signature: string): ReturnType<Chain['transaction']> {
    return this.#pool.most(
      async (connection) => {
        const found = await connection.getTransaction(signature, {
          commitment: 'finalized',
          maxSupportedTransactionVersion: 1,
        });
        return found === null ? undefined : chainTransaction(signature, found);
      },
      (transaction) => JSON.stringify(transaction, exact) ?? 'none',
    );
  }

  watchProgram(programId: string, changed: (address: string) => void): () => void {
    const [clock, random] = [this.#clock, this.#random];
    return watchProgram({ urls: this.#urls, programId, changed, clock, random });
  }

  async finalizedHeight(): Promise<bigint> {
    const { height } = await this.#finalized();
    return BigInt(height);
  }

  async latestBlockhash(): ReturnType<ChainSender['latestBlockhash']> {
    const { value } = await this.#pool.any((connection) =>
      connection.getLatestBlockhashAndContext(this.#reading('finalized')),
    );
    const { blockhash, lastValidBlockHeight } = value;
    const told = BigInt(lastValidBlockHeight);
    // A node that tells too low a height would make us sign anew while the transaction still may land.
    const longest = (await this.finalizedHeight()) + blockhashBlocks;
    return { blockhash, lastValidHeight: told > longest ? told : longest };
  }

  async seen(signatures: readonly string[]): Promise<readonly Seen[]> {
    if (signatures.length === 0) return [];
    atMost(signatures.length, maxStatuses, 'signatures');
    const said = await this.#pool.all(async (connection) => {
      const { value } = await connection.getSignatureStatuses([...signatures], {
        searchTransactionHistory: true,
      });
      return value.map(seenOf);
    });
    return signatures.map((_signature, index) => agreedSeen(index, said));
  }

  async simulate(payer: string, instructions: readonly ChainInstruction[]): Promise<Simulation> {
    const draft = { instructions, blockhash: anyBlockhash };
    const transaction = VersionedTransaction.deserialize(unsignedTransaction(payer, draft));
    const said = await this.#pool.all(async (connection) => {
      const { value } = await connection.simulateTransaction(transaction, {
        commitment: 'confirmed',
        replaceRecentBlockhash: true,
        sigVerify: false,
      });
      const failure = value.err === null ? undefined : failureOf(value.err);
      return { units: value.unitsConsumed ?? 0, failure };
    });
    // One node that would let it through is enough to try.
    const good = said.find(({ value }) => value.failure === undefined) ?? said[0];
    return good?.value ?? { units: 0, failure: undefined };
  }

  async priorityFee(instructions: readonly ChainInstruction[]): Promise<bigint> {
    const written = instructions.flatMap(({ accounts }) =>
      accounts.flatMap(({ address, isWritable }) => (isWritable ? [address] : [])),
    );
    const lockedWritableAccounts = [...new Set(written)].map((address) => new PublicKey(address));
    const fees = await this.#pool.any((connection) =>
      connection.getRecentPrioritizationFees({ lockedWritableAccounts }),
    );
    const sorted = fees.map(({ prioritizationFee }) => prioritizationFee).toSorted((a, b) => a - b);
    return BigInt(sorted[Math.floor(sorted.length * feePercentile)] ?? 0);
  }

  async send(transaction: Uint8Array): Promise<void> {
    await this.#pool.all(async (connection) => {
      try {
        await connection.sendRawTransaction(transaction, { skipPreflight: true });
      } catch (error) {
        // Whatever a node says of it here, only its finalized effect counts.
        if (!(error instanceof SendTransactionError)) throw error;
      }
    });
  }

  async lamports(addresses: readonly string[]): Promise<readonly bigint[]> {
    const accounts = await this.accounts(addresses);
    return accounts.map((account) => account?.lamports ?? 0n);
  }

  async #finalized(): Promise<Readonly<{ slot: number; height: number }>> {
    const finalized = await this.#pool.finalized();
    this.#slot = Math.max(this.#slot, finalized.slot);
    return finalized;
  }

  #reading(commitment: Commitment) {
    return commitment === 'finalized' ? { commitment, minContextSlot: this.#slot } : { commitment };
  }
}

type Accounts = readonly (AccountInfo<Buffer> | null)[];

/** The account as one of the nodes that most agree with on its being there. */
function mostExisting(
  address: string,
  index: number,
  said: readonly Said<Accounts>[],
): ChainAccount | undefined {
  const found = majority(
    said.map(({ node, value }) => ({ node, value: value[index] ?? null })),
    (account) => (account === null ? 'absent' : 'present'),
  );
  return found === null ? undefined : chainAccount(address, found);
}

function chainAccount(
  address: string,
  { owner, lamports, data }: AccountInfo<Buffer>,
): ChainAccount {
  return {
    address,
    owner: owner.toBase58(),
    lamports: BigInt(lamports),
    data: Uint8Array.from(data),
  };
}

function seenOf(status: SignatureStatus | null): Seen {
  if (status === null) return { kind: 'Missing' };
  if (status.confirmationStatus !== 'finalized') return { kind: 'Processing' };
  if (status.err === null) return { kind: 'Finalized' };
  return { kind: 'Failed', failure: failureOf(status.err) };
}

function atMost(count: number, limit: number, what: string): void {
  if (count > limit) throw new RangeError(`${count} ${what} at once are more than ${limit}`);
}

const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
