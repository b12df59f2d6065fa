import { compareText } from '../order.ts';

/** What changed, without its content: see ViewChange of operator/ports/views.ts. */
export type Changed<Kind extends string = string> = Readonly<{
  kind: Kind;
  scope: string;
  name: string;
}>;

/** More changes of one scope than this are told as one. */
const mostNames = 5;
/** More scopes of one kind than this are told as one. */
const mostScopes = 50;

/**
 * The same changes in few words: of a scope in which many things changed only that is said, and where
 * many scopes changed only the kind. Nothing that changed is left out.
 */
export function inFewWords<Kind extends string>(
  changes: readonly Changed<Kind>[],
): readonly Changed<Kind>[] {
  const kinds = new Map<Kind, Map<string, Set<string>>>();
  for (const { kind, scope, name } of changes) {
    const scopes = kinds.get(kind) ?? new Map<string, Set<string>>();
    const names = scopes.get(scope) ?? new Set<string>();
    kinds.set(kind, scopes.set(scope, names.add(name)));
  }
  return [...kinds].flatMap(([kind, scopes]) => {
    if (scopes.size > mostScopes) return [{ kind, scope: '', name: '' }];
    return [...scopes]
      .toSorted(([a], [b]) => compareText(a, b))
      .flatMap(([scope, names]) => {
        const told = names.size > mostNames || names.has('') ? [''] : [...names];
        return told.map((name) => ({ kind, scope, name }));
      });
  });
}
