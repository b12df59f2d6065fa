import type { Seen } from '../../domain/settlement/send.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';

type Voice = Readonly<{ name: string; contradicted: () => void }>;

/** What one node says. */
export type Said<T, Node extends Voice = Voice> = Readonly<{ node: Node; value: T }>;

/** What more than half say. Throws ChainUnavailableError. */
export function majority<T>(said: readonly Said<T>[], keyOf: (value: T) => string): T {
  const byKey = Map.groupBy(said, ({ value }) => keyOf(value));
  const most = [...byKey.values()].find((group) => group.length * 2 > said.length);
  const [first] = most ?? [];
  if (most === undefined || first === undefined) {
    for (const { node } of said) node.contradicted();
    const names = said.map(({ node }) => node.name).join(', ');
    throw new ChainUnavailableError(`RPC nodes contradict one another: ${names}`);
  }
  for (const each of said) if (!most.includes(each)) each.node.contradicted();
  return first.value;
}

/** A signature in the history of an address; `full`: the node may know older ones. */
export type Listed = Readonly<{ signature: string; slot: bigint; failed: boolean; full: boolean }>;

/** The part of a page of history that all full pages have, as most nodes tell it. */
export function agreedPage(said: readonly Said<readonly Listed[]>[]) {
  const full = said.filter(({ value }) => value[0]?.full === true);
  const length = Math.min(...full.map(({ value }) => value.length));
  const pages = said.map(({ node, value }) => ({
    node,
    value: value
      .slice(0, Number.isFinite(length) ? length : value.length)
      .map(({ signature, slot, failed }) => ({ signature, slot, failed })),
  }));
  return majority(pages, (page) => page.map(({ signature }) => signature).join());
}

/**
 * What became of a transaction. That it failed, or that it is not there, has to be said by most nodes,
 * since both lead to another one; anything else means waiting.
 */
export function agreedSeen(index: number, said: readonly Said<readonly Seen[]>[]): Seen {
  const each = said.map(({ value }) => value[index] ?? { kind: 'Missing' as const });
  const most = (kind: Seen['kind']): Seen | undefined => {
    const same = each.filter((seen) => seen.kind === kind);
    return same.length * 2 > each.length ? same[0] : undefined;
  };
  return (
    most('Missing') ??
    most('Failed') ??
    each.find(({ kind }) => kind === 'Finalized') ?? { kind: 'Processing' }
  );
}
