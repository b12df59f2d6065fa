import { z } from 'zod';
import { decodeBase58 } from '../chain/base58.ts';
import type { Submission } from '../chain/chain.ts';
import { slotsUntil } from '../chain/chain-time.ts';
import type { Landed } from '../chain/records.ts';
import {
  decodeTransaction,
  MalformedTransactionError,
  signatureOf,
  type Transaction,
} from '../chain/transaction.ts';
import { accountJson } from './account-json.ts';
import {
  address,
  commitment,
  commitmentOf,
  historyCommitmentOf,
  type Method,
  method,
  type Node,
  readConfig,
  signature,
  slotNumber,
  unsigned64,
  withContext,
} from './params.ts';
import { invalidParams, preflightFailure, RpcError, signatureFailure } from './rpc-error.ts';
import { innerJson, landedJson, returnJson, transactionConfig } from './transaction-json.ts';

const maximumEncoded = 2_000;
const maximumStatuses = 256;
const maximumSignatures = 1_000;
/** Without a search in history, a node knows what landed in this many slots. */
const statusSlots = 300;

const wire = z.string().max(maximumEncoded, `encoded transaction too large; max ${maximumEncoded}`);
const wireEncoding = z.enum(['base58', 'base64']).nullish();

const sendConfig = z.looseObject({
  skipPreflight: z.boolean().nullish(),
  preflightCommitment: commitment.nullish(),
  encoding: wireEncoding,
  minContextSlot: slotNumber.nullish(),
});

const simulateConfig = readConfig.extend({
  sigVerify: z.boolean().nullish(),
  replaceRecentBlockhash: z.boolean().nullish(),
  encoding: wireEncoding,
  innerInstructions: z.boolean().nullish(),
  accounts: z
    .looseObject({
      addresses: z.array(address).max(256),
      encoding: z.enum(['base64', 'base64+zstd', 'jsonParsed']).nullish(),
    })
    .nullish(),
});

const pageConfig = readConfig.extend({
  before: signature.nullish(),
  until: signature.nullish(),
  limit: z
    .number()
    .int()
    .min(1)
    .max(maximumSignatures, `Invalid limit; max ${maximumSignatures}`)
    .nullish(),
});

/** Sending transactions and looking at what landed. */
export const transactionMethods: Readonly<Record<string, Method>> = {
  sendTransaction: method(z.tuple([wire, sendConfig.nullish()]), async ([text, config], node) => {
    const transaction = transactionOf(text, config?.encoding);
    const skip = config?.skipPreflight === true;
    if (!skip) preflight(transaction, config, node);
    const submission = node.chain.submit(transaction);
    if (submission.kind !== 'refused') await submission.durable;
    else if (!skip) throw preflightFailure(submission.error);
    // A node that was told to skip its checks passes on what will never land.
    return signatureOf(transaction);
  }),
  simulateTransaction: method(z.tuple([wire, simulateConfig.nullish()]), ([text, config], node) =>
    simulate(transactionOf(text, config?.encoding), config ?? {}, node),
  ),
  requestAirdrop: method(
    z.tuple([address, unsigned64, readConfig.nullish()]),
    async ([to, lamports], { chain }) => {
      const submission: Submission = chain.airdrop(to, lamports);
      if (submission.kind === 'refused') throw preflightFailure(submission.error);
      if (submission.landed.error !== null) throw preflightFailure(submission.landed.error);
      await submission.durable;
      return submission.landed.signature;
    },
  ),
  getSignatureStatuses: method(
    z.tuple([
      z.array(signature).max(maximumStatuses, `Too many inputs provided; max ${maximumStatuses}`),
      z.looseObject({ searchTransactionHistory: z.boolean().nullish() }).nullish(),
    ]),
    ([signatures, config], node) => {
      const oldest = node.chain.time.slot() - statusSlots;
      const statuses = signatures.map((each) => {
        const landed = node.chain.history.get(each);
        if (landed === undefined) return null;
        const search = config?.searchTransactionHistory === true;
        return landed.slot < oldest && !search ? null : statusJson(landed, node);
      });
      return withContext(node, 'processed', statuses);
    },
  ),
  getSignaturesForAddress: method(z.tuple([address, pageConfig.nullish()]), ([of, config], node) =>
    signaturesFor(of, config ?? {}, node),
  ),
  getTransaction: method(
    z.tuple([signature, transactionConfig.nullish()]),
    ([of, config], node) => {
      const newest = node.chain.time.slotAt(historyCommitmentOf(node, config));
      const landed = node.chain.history.get(of);
      if (landed === undefined || landed.slot > newest) return null;
      return landedJson(landed, config ?? {}, node.chain);
    },
  ),
};

/** Reads a transaction from what a client sent. Throws RpcError. */
export function transactionOf(text: string, encoding: 'base58' | 'base64' | null | undefined) {
  const bytes = encoding === 'base64' ? base64Bytes(text) : decodeBase58(text);
  if (bytes === undefined) throw invalidParams(`invalid ${encoding ?? 'base58'} encoding`);
  try {
    return decodeTransaction(bytes);
  } catch (error) {
    if (!(error instanceof MalformedTransactionError)) throw error;
    throw invalidParams(`invalid transaction: ${error.message}`);
  }
}

function base64Bytes(text: string): Uint8Array | undefined {
  return z.base64().safeParse(text).success ? Buffer.from(text, 'base64') : undefined;
}

/** Throws what a node says of a transaction that it would not pass on. */
function preflight(
  transaction: Transaction,
  config: z.output<typeof sendConfig> | null | undefined,
  node: Node,
): void {
  const { chain } = node;
  const asked = commitmentOf(node, {
    commitment: config?.preflightCommitment,
    minContextSlot: config?.minContextSlot,
  });
  // Sent again: the answer is the signature, as before.
  if (chain.history.get(signatureOf(transaction)) !== undefined) return;
  const { outcome } = chain.simulate(transaction, true);
  if (outcome.error === 'SignatureFailure') throw signatureFailure();
  if (!chain.time.isBlockhashValid(transaction.blockhash, chain.time.slotAt(asked))) {
    throw preflightFailure('BlockhashNotFound');
  }
  if (outcome.error !== null) throw preflightFailure(outcome.error, outcome);
}

function simulate(transaction: Transaction, config: z.output<typeof simulateConfig>, node: Node) {
  const { chain } = node;
  const asked = commitmentOf(node, config);
  const verify = config.sigVerify === true;
  const replace = config.replaceRecentBlockhash === true;
  if (verify && replace) {
    throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
  }
  const slot = chain.time.blockAt(chain.time.slotAt(asked));
  const valid = replace || chain.time.isBlockhashValid(transaction.blockhash, slot);
  const { outcome, after } = chain.simulate(transaction, verify);
  if (outcome.error === 'SignatureFailure') throw signatureFailure();
  const { keys } = chain.accountsOf(transaction);
  const addresses = config.accounts?.addresses;
  const accounts = addresses?.map((each) => {
    const account = after.get(each) ?? chain.account(each, 'processed');
    const encoding = { encoding: config.accounts?.encoding ?? 'base64' } as const;
    return account === undefined
      ? null
      : accountJson(account, encoding, (mint) => chain.mint(mint));
  });
  return withContext(node, asked, {
    err: valid ? outcome.error : 'BlockhashNotFound',
    logs: valid ? outcome.logs : [],
    accounts: accounts ?? null,
    unitsConsumed: valid ? outcome.units : 0,
    returnData: outcome.returned === null ? null : returnJson(outcome.returned),
    innerInstructions:
      config.innerInstructions === true ? innerJson(outcome.inner, keys, 'json') : null,
    replacementBlockhash: replace
      ? {
          blockhash: chain.time.blockhash(slot),
          lastValidBlockHeight: chain.time.blockHeight(slot) + 150,
        }
      : null,
  });
}

function statusJson({ slot, error }: Landed, { chain }: Node) {
  const confirmations = chain.time.slot() - slot;
  return {
    slot,
    confirmations: confirmations >= slotsUntil.finalized ? null : confirmations,
    err: error,
    status: error === null ? { Ok: null } : { Err: error },
    confirmationStatus: confirmationStatus(confirmations),
  };
}

function confirmationStatus(confirmations: number): string {
  if (confirmations >= slotsUntil.finalized) return 'finalized';
  return confirmations >= slotsUntil.confirmed ? 'confirmed' : 'processed';
}

/** Newest first, between two signatures that are themselves not told. */
function signaturesFor(of: string, config: z.output<typeof pageConfig>, node: Node) {
  const { history, time } = node.chain;
  const newest = time.slotAt(historyCommitmentOf(node, config));
  const all = history.of(of);
  let index = all.findLastIndex(({ slot }) => slot <= newest);
  if (config.before !== undefined && config.before !== null) {
    const before = all.findLastIndex((landed) => landed.signature === config.before);
    index = Math.min(index, before - 1);
  }
  const page = [];
  for (; index >= 0 && page.length < (config.limit ?? maximumSignatures); index -= 1) {
    const landed = all[index];
    if (landed === undefined || landed.signature === config.until) break;
    const { signature: name, slot, error, memo } = landed;
    page.push({
      signature: name,
      slot,
      err: error,
      memo,
      blockTime: time.unixSeconds(slot),
      confirmationStatus: confirmationStatus(time.slot() - slot),
    });
  }
  return page;
}

/** For a caller that must answer as if a transaction had come too late. */
export const expired = (): RpcError => preflightFailure('BlockhashNotFound');
