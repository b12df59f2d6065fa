/** Something that changed: as the API's events tell it. */
export type Change = Readonly<{ kind: string; scope: string; name: string }>;

const kinds = ['cluster', 'device', 'member', 'account', 'case', 'network', 'epoch'] as const;
const maxName = 512;

/** Every kind of change, for when it is not known what was missed. */
export const anyChange: readonly Change[] = kinds.map((kind) => ({ kind, scope: '', name: '' }));

/** Reads one event of the stream; undefined for what is none of ours. */
export function changeOf(kind: string | undefined, data: string): Change | undefined {
  if (!kinds.some((known) => known === kind) || kind === undefined) return undefined;
  try {
    const { scope, name } = JSON.parse(data) as Record<string, unknown>;
    return { kind, scope: wordOf(scope), name: wordOf(name) };
  } catch {
    return { kind, scope: '', name: '' };
  }
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, maxName) : '';

/**
 * Whether what a query asked for may be another now. A key is the kind, then scope and name, as far
 * as it is about one thing; a list has no text there, and every change of its kind may change it.
 */
export function affects(change: Change, key: readonly unknown[]): boolean {
  const [kind, scope, name] = key;
  if (kind !== change.kind) return false;
  return matches(change.scope, scope) && matches(change.name, name);
}

const matches = (changed: string, asked: unknown): boolean =>
  changed === '' || typeof asked !== 'string' || asked === changed;

/** Pages that a list has loaded; one for what is no list. */
export function pageCount(data: unknown): number {
  if (typeof data !== 'object' || data === null || !('pages' in data)) return 1;
  return Array.isArray(data.pages) ? data.pages.length : 1;
}
