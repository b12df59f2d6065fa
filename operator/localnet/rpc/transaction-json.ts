import { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import type { InnerInstruction, Outcome } from '../chain/engine.ts';
import type { Landed } from '../chain/records.ts';
import {
  type Accounts,
  accountsOf,
  decodeTransaction,
  type Instruction,
  type Message,
  type Transaction,
} from '../chain/transaction.ts';
import { encodeBase58 } from '../chain/base58.ts';
import { commitment } from './params.ts';
import { RpcError } from './rpc-error.ts';

export const transactionEncoding = z.enum(['json', 'jsonParsed', 'base58', 'base64']);
type Encoding = z.output<typeof transactionEncoding>;

export const transactionConfig = z.looseObject({
  commitment: commitment.nullish(),
  encoding: transactionEncoding.nullish(),
  maxSupportedTransactionVersion: z.number().int().min(0).nullish(),
});
type TransactionConfig = Readonly<z.output<typeof transactionConfig>>;

/** A landed transaction as `getTransaction` tells it. */
export function landedJson(landed: Landed, config: TransactionConfig, { time }: Chain) {
  const { version, ...rest } = landedEntryJson(landed, config);
  const blockTime = time.unixSeconds(landed.slot);
  return { slot: landed.slot, ...rest, blockTime, version };
}

/** A landed transaction as blocks list it. */
export function landedEntryJson(landed: Landed, config: TransactionConfig) {
  const transaction = decodeTransaction(landed.bytes);
  const supported = config.maxSupportedTransactionVersion;
  const asksNoVersion = supported === undefined || supported === null;
  if (transaction.version !== 'legacy' && asksNoVersion) {
    throw new RpcError(
      -32015,
      `Transaction version (${transaction.version}) is not supported by the requesting client. ` +
        'Please try the request again with the following configuration parameter: ' +
        `"maxSupportedTransactionVersion": ${transaction.version}`,
    );
  }
  const encoding = config.encoding ?? 'json';
  const accounts = accountsAsLanded(transaction, landed);
  return {
    meta: metaJson(landed, encoding),
    transaction: transactionJson(transaction, accounts, encoding),
    ...(asksNoVersion ? {} : { version: transaction.version }),
  };
}

function metaJson(landed: Landed, encoding: Encoding) {
  const { error, fee, lamports, tokens, logs, inner, returned, loaded, keys } = landed;
  return {
    err: error,
    status: error === null ? { Ok: null } : { Err: error },
    fee,
    preBalances: lamports.before,
    postBalances: lamports.after,
    innerInstructions: innerJson(inner, keys, encoding),
    logMessages: logs,
    preTokenBalances: tokens.before,
    postTokenBalances: tokens.after,
    rewards: [],
    loadedAddresses: loaded,
    computeUnitsConsumed: landed.units,
    ...(returned === null ? {} : { returnData: returnJson(returned) }),
  };
}

export function returnJson({ program, data }: NonNullable<Outcome['returned']>) {
  return { programId: program, data: [Buffer.from(data).toString('base64'), 'base64'] };
}

/** The calls that each instruction made; instructions without any are left out. */
export function innerJson(
  inner: readonly (readonly InnerInstruction[])[],
  keys: readonly string[],
  encoding: Encoding,
) {
  return inner.flatMap((calls, index) => {
    if (calls.length === 0) return [];
    const instructions = calls.map((call) =>
      instructionJson(call, keys, encoding, call.stackHeight),
    );
    return [{ index, instructions }];
  });
}

function transactionJson(transaction: Transaction, accounts: Accounts, encoding: Encoding) {
  if (encoding === 'base64') return [Buffer.from(transaction.bytes).toString('base64'), 'base64'];
  if (encoding === 'base58') return [encodeBase58(transaction.bytes), 'base58'];
  const { signatures, blockhash, instructions } = transaction;
  const message = {
    ...(encoding === 'json' ? headerJson(transaction) : {}),
    accountKeys: encoding === 'json' ? transaction.staticKeys : parsedKeys(transaction, accounts),
    recentBlockhash: blockhash,
    instructions: instructions.map((each) => instructionJson(each, accounts.keys, encoding, null)),
    ...(transaction.version === 0 ? { addressTableLookups: lookupsJson(transaction) } : {}),
  };
  return { signatures, message };
}

function headerJson({ requiredSignatures, readonlySigned, readonlyUnsigned }: Message) {
  return {
    header: {
      numRequiredSignatures: requiredSignatures,
      numReadonlySignedAccounts: readonlySigned,
      numReadonlyUnsignedAccounts: readonlyUnsigned,
    },
  };
}

function parsedKeys({ requiredSignatures, staticKeys }: Message, { keys, writable }: Accounts) {
  return keys.map((pubkey, index) => ({
    pubkey,
    signer: index < requiredSignatures,
    source: index < staticKeys.length ? 'transaction' : 'lookupTable',
    writable: writable[index] ?? false,
  }));
}

function lookupsJson({ lookups }: Message) {
  return lookups.map(({ table, writable, readonly }) => ({
    accountKey: table,
    writableIndexes: [...writable],
    readonlyIndexes: [...readonly],
  }));
}

function instructionJson(
  { program, accounts, data }: Instruction,
  keys: readonly string[],
  encoding: Encoding,
  stackHeight: number | null,
) {
  const told = { data: encodeBase58(data), stackHeight };
  return encoding === 'jsonParsed'
    ? {
        programId: keys[program] ?? '',
        accounts: [...accounts].map((index) => keys[index] ?? ''),
        ...told,
      }
    : { programIdIndex: program, accounts: [...accounts], ...told };
}

/** Lookup tables may have changed since; what they gave then is known. */
function accountsAsLanded(transaction: Transaction, { keys, loaded }: Landed): Accounts {
  const { writable } = accountsOf({ ...transaction, lookups: [] }, () => []);
  const inStatic = transaction.staticKeys.length;
  return {
    keys,
    loaded,
    writable: keys.map((_key, index) =>
      index < inStatic ? writable[index] === true : index < inStatic + loaded.writable.length,
    ),
  };
}
