import { z } from 'zod';
import { blockhashBlocks, slotsPerEpoch } from '../chain/chain-time.ts';
import { decodeMessage, MalformedTransactionError } from '../chain/transaction.ts';
import { computeBudgetOf } from '../chain/compute-budget.ts';
import { landedEntryJson, transactionConfig } from './transaction-json.ts';
import {
  address,
  apiVersion,
  commitmentOf,
  historyCommitmentOf,
  type Method,
  method,
  readConfig,
  slotNumber,
  withContext,
} from './params.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

const nothing = z.tuple([]).rest(z.unknown());
const config = readConfig.nullish();
const onlyConfig = z.tuple([config]);
const lamportsPerSignature = 5_000n;
const ofSlot = z.tuple([slotNumber]);
const recentFees = 150;

const blockConfig = transactionConfig.extend({
  transactionDetails: z.enum(['full', 'signatures', 'none']).nullish(),
  rewards: z.boolean().nullish(),
});

/** What a client asks of the network rather than of an account. */
export const clusterMethods: Readonly<Record<string, Method>> = {
  getHealth: method(nothing, () => 'ok'),
  getVersion: method(nothing, () => ({ 'solana-core': apiVersion, 'feature-set': 0 })),
  getGenesisHash: method(nothing, (_params, { chain }) => chain.time.genesisHash()),
  getSlot: method(onlyConfig, ([read], node) => node.chain.time.slotAt(commitmentOf(node, read))),
  getBlockHeight: method(onlyConfig, ([read], node) => {
    const { time } = node.chain;
    return time.blockHeight(time.slotAt(commitmentOf(node, read)));
  }),
  getTransactionCount: method(onlyConfig, (_params, { chain }) => chain.history.total),
  getFirstAvailableBlock: method(nothing, (_params, { chain }) => {
    const [first] = chain.history.slots();
    return first ?? chain.time.slotAt('finalized');
  }),
  getEpochInfo: method(onlyConfig, ([read], node) => {
    const { time, history } = node.chain;
    const slot = time.slotAt(commitmentOf(node, read));
    return {
      absoluteSlot: slot,
      blockHeight: time.blockHeight(slot),
      epoch: Math.floor(slot / slotsPerEpoch),
      slotIndex: slot % slotsPerEpoch,
      slotsInEpoch: slotsPerEpoch,
      transactionCount: history.total,
    };
  }),
  getLatestBlockhash: method(onlyConfig, ([read], node) => {
    const { time } = node.chain;
    const asked = commitmentOf(node, read);
    const slot = time.blockAt(time.slotAt(asked));
    return withContext(node, asked, {
      blockhash: time.blockhash(slot),
      lastValidBlockHeight: time.blockHeight(slot) + blockhashBlocks,
    });
  }),
  isBlockhashValid: method(z.tuple([address, config]), ([hash, read], node) => {
    const asked = commitmentOf(node, read);
    const { time } = node.chain;
    return withContext(node, asked, time.isBlockhashValid(hash, time.slotAt(asked)));
  }),
  getFeeForMessage: method(z.tuple([z.base64().max(2_000), config]), ([text, read], node) => {
    const asked = commitmentOf(node, read);
    const message = messageOf(text);
    const known = node.chain.time.isBlockhashValid(message.blockhash);
    const fee = lamportsPerSignature * BigInt(message.requiredSignatures);
    const { priorityFee } = computeBudgetOf(message);
    return withContext(node, asked, known ? fee + priorityFee : null);
  }),
  getRecentPrioritizationFees: method(
    z.tuple([z.array(address).max(128).nullish()]),
    (_params, { chain }) => {
      const last = chain.time.slot();
      return Array.from({ length: recentFees }, (_each, index) => ({
        slot: last - recentFees + 1 + index,
        prioritizationFee: 0,
      }));
    },
  ),
  getMinimumBalanceForRentExemption: method(
    z.tuple([
      z
        .number()
        .int()
        .min(0)
        .max(10 * 1024 * 1024),
      config,
    ]),
    ([bytes], { chain }) => chain.rentExemption(bytes),
  ),
  getBlockTime: method(ofSlot, ([slot], { chain }) => {
    if (slot > chain.time.slot()) throw notAvailable(slot);
    return chain.time.unixSeconds(slot);
  }),
  getBlocks: method(
    z.tuple([slotNumber, slotNumber.nullish(), config]),
    ([from, to, read], node) => {
      const { time, history } = node.chain;
      const newest = time.slotAt(historyCommitmentOf(node, read));
      const last = Math.min(to ?? newest, newest);
      // Blocks without a transaction are as good as none to a reader, and there may be millions.
      return [...history.slots()].filter((slot) => slot >= from && slot <= last);
    },
  ),
  getBlock: method(z.tuple([slotNumber, blockConfig.nullish()]), ([slot, read], node) => {
    const { time, history } = node.chain;
    if (slot > time.slotAt(historyCommitmentOf(node, read))) throw notAvailable(slot);
    if (time.blockAt(slot) !== slot) throw skipped(slot);
    const landed = history.inSlot(slot);
    const parentSlot = time.blockAt(slot - 1);
    const details = read?.transactionDetails ?? 'full';
    return {
      blockhash: time.blockhash(slot),
      previousBlockhash: time.blockhash(parentSlot),
      parentSlot,
      blockHeight: time.blockHeight(slot),
      blockTime: time.unixSeconds(slot),
      ...(details === 'full'
        ? { transactions: landed.map((each) => landedEntryJson(each, read ?? {})) }
        : {}),
      ...(details === 'signatures' ? { signatures: landed.map(({ signature }) => signature) } : {}),
      ...(read?.rewards === false ? {} : { rewards: [] }),
    };
  }),
};

function notAvailable(slot: number): RpcError {
  return new RpcError(-32004, `Block not available for slot ${slot}`);
}

function skipped(slot: number): RpcError {
  return new RpcError(
    -32007,
    `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`,
  );
}

function messageOf(text: string) {
  try {
    return decodeMessage(Buffer.from(text, 'base64'));
  } catch (error) {
    if (error instanceof MalformedTransactionError) throw invalidParams(error.message);
    throw error;
  }
}
