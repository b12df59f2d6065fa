import { Problem } from '../problem.ts';
import type { Page, PageRequest } from '../../operator/domain/views/types.ts';

/**
 * Cursors of lists: opaque to callers, who only bring them back. A cursor names its list, so that one of
 * another list, or of another version of the server, is refused and not misread.
 */

const version = 1;
const maxKeyLength = 600;

/** What a query says of paging. */
export type PageQuery = Readonly<{ limit: number; cursor?: string | undefined }>;

/** A cursor of one filter is none of another. */
export const listName = (kind: string, filter: Readonly<Record<string, string | undefined>>) =>
  `${kind} ${JSON.stringify(Object.entries(filter).filter(([, value]) => value !== undefined))}`;

/** What to ask the store for. Throws a problem for a cursor that is not of this list. */
export function pageRequest(list: string, { limit, cursor }: PageQuery): PageRequest {
  return { limit, after: cursor === undefined ? undefined : keyIn(list, cursor) };
}

/** A page of the store as it is sent. */
export function pageBody<T>(
  list: string,
  { items, next }: Page<T>,
): { items: T[]; next?: string | undefined } {
  return {
    items: [...items],
    ...(next === undefined ? {} : { next: cursorOf(list, next) }),
  };
}

/** The cursor that a list goes on from. */
function cursorOf(list: string, key: string): string {
  return Buffer.from(JSON.stringify([version, list, key])).toString('base64url');
}

function keyIn(list: string, cursor: string): string {
  const read = partsOf(cursor);
  if (Array.isArray(read) && read.length === 3) {
    const [of, name, key] = read as readonly unknown[];
    const isKey = typeof key === 'string' && key.length <= maxKeyLength && !key.includes('\u0000');
    if (of === version && name === list && isKey) return key;
  }
  const text = 'cursor is not the `next` of a page of this list; begin without it';
  throw new Problem(400, 'UnknownCursor', text);
}

function partsOf(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]{1,1024}$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
