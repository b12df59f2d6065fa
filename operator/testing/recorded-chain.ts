import type { ChainTransaction } from '../domain/settlement/types.ts';
import type { Chain } from '../ports/chain.ts';

type Reading = Pick<Chain, 'head' | 'signatures' | 'transaction' | 'watchProgram'>;
type Listed = Awaited<ReturnType<Chain['signatures']>>[number];

/** What a chain had at one time: transactions, and those of each address, oldest first. */
export type Recording = Readonly<{
  head: bigint;
  transactions: ReadonlyMap<string, ChainTransaction>;
  byAddress: ReadonlyMap<string, readonly Listed[]>;
}>;

/** Reads all transactions of some addresses. */
export async function record(chain: Reading, addresses: readonly string[]): Promise<Recording> {
  const transactions = new Map<string, ChainTransaction>();
  const byAddress = new Map<string, readonly Listed[]>();
  for (const address of addresses) {
    const listed = (await chain.signatures(address, {})).toReversed();
    byAddress.set(address, listed);
    for (const { signature } of listed) {
      const transaction = await chain.transaction(signature);
      if (transaction !== undefined) transactions.set(signature, transaction);
    }
  }
  return { head: (await chain.head()).slot, transactions, byAddress };
}

/** The slot by which this part of all transactions was final. */
export function slotAfter({ transactions }: Recording, part: number): bigint {
  const slots = [...transactions.values()].map(({ slot }) => slot);
  const sorted = slots.toSorted((a, b) => (a < b ? -1 : 1));
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0n;
}

/** A chain that has come as far as `untilSlot` of a recording, and lists `page` at a time. */
export function replay(recording: Recording, untilSlot = recording.head, page = 1_000): Reading {
  return {
    head: async () => ({ slot: untilSlot, timeSeconds: 0 }),
    signatures: async (address, { until, before }) => {
      const all = (recording.byAddress.get(address) ?? []).filter(({ slot }) => slot <= untilSlot);
      const newest = all.toReversed();
      const start =
        before === undefined ? 0 : newest.findIndex((each) => each.signature === before) + 1;
      const end = newest.findIndex(({ signature }) => signature === until);
      return newest.slice(start, end < 0 ? undefined : end).slice(0, page);
    },
    transaction: async (signature) => recording.transactions.get(signature),
    watchProgram: () => () => {},
  };
}
