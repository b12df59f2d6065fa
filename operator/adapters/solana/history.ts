import type { TransactionError, VersionedTransactionResponse } from '@solana/web3.js';
import type { Failure } from '../../domain/settlement/send.ts';
import type { ChainTransaction } from '../../domain/settlement/types.ts';
import { base58Decode } from '../../settlement/base58.ts';

/** The second is the one of today; the first is still in use. */
const memoPrograms = new Set([
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
]);

type TokenBalances = NonNullable<
  NonNullable<VersionedTransactionResponse['meta']>['preTokenBalances']
>;

/** A transaction as we read it; undefined when the node has none of its effects any more. */
export function chainTransaction(
  signature: string,
  { slot, blockTime, meta, transaction }: VersionedTransactionResponse,
): ChainTransaction | undefined {
  if (meta === null || blockTime === null || blockTime === undefined) return undefined;
  const { message } = transaction;
  const addresses = [
    ...message.staticAccountKeys,
    ...(meta.loadedAddresses?.writable ?? []),
    ...(meta.loadedAddresses?.readonly ?? []),
  ].map(String);
  const calls = [
    ...message.compiledInstructions.map(({ programIdIndex, data }) => ({
      program: addresses[programIdIndex],
      data,
    })),
    ...(meta.innerInstructions ?? []).flatMap(({ instructions }) =>
      instructions.map(({ programIdIndex, data }) => ({
        program: addresses[programIdIndex],
        data: base58Decode(data),
      })),
    ),
  ];
  return {
    signature,
    slot: BigInt(slot),
    blockTimeSeconds: blockTime,
    failed: meta.err !== null,
    logs: meta.logMessages ?? [],
    tokenChanges: tokenChanges(
      addresses,
      meta.preTokenBalances ?? [],
      meta.postTokenBalances ?? [],
    ),
    memos: calls.flatMap(({ program, data }) =>
      memoPrograms.has(program ?? '') ? [Buffer.from(data).toString('utf8')] : [],
    ),
  };
}

/** What a transaction failed with, in words and, where a program gave one, its code. */
export function failureOf(error: TransactionError | string): Failure {
  if (typeof error === 'string') return { name: error, code: undefined };
  const name = JSON.stringify(error);
  const { InstructionError: parts } = error as { InstructionError?: readonly [number, unknown] };
  const inner = parts?.[1];
  const code =
    typeof inner === 'object' && inner !== null && 'Custom' in inner ? inner.Custom : undefined;
  return { name, code: typeof code === 'number' ? code : undefined };
}

function tokenChanges(
  addresses: readonly string[],
  before: TokenBalances,
  after: TokenBalances,
): ChainTransaction['tokenChanges'] {
  const indexes = new Set([...before, ...after].map(({ accountIndex }) => accountIndex));
  return [...indexes]
    .toSorted((a, b) => a - b)
    .map((index) => {
      const [was, is] = [before, after].map((balances) =>
        balances.find(({ accountIndex }) => accountIndex === index),
      );
      return {
        account: addresses[index] ?? '',
        mint: is?.mint ?? was?.mint ?? '',
        owner: is?.owner ?? was?.owner ?? '',
        before: BigInt(was?.uiTokenAmount.amount ?? 0),
        after: BigInt(is?.uiTokenAmount.amount ?? 0),
      };
    });
}
