import type { Page, PageRequest } from '../../../domain/views/types.ts';

/** Rows of one page, whoever asks. */
const mostRows = 1_000;

/** How many items a page has at most. */
export const limitOf = ({ limit }: PageRequest): number =>
  Math.min(mostRows, Math.max(1, Math.trunc(limit)));

/** A page of what was read with one row more than fits; `keyOf` names the last item that does. */
export function pageOf<T>(found: readonly T[], limit: number, keyOf: (item: T) => string): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? keyOf(last) : undefined };
}

/** Scope and name of a key `scope/name`; what is no key begins where it would stand. */
export function keyAfter(
  after: string | undefined,
): Readonly<{ scope: string; name: string }> | undefined {
  if (after === undefined) return undefined;
  const slash = after.indexOf('/');
  if (slash === -1) return { scope: after, name: '' };
  return { scope: after.slice(0, slash), name: after.slice(slash + 1) };
}
