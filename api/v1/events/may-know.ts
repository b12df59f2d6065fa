import { memberNamespace } from '../../../operator/domain/lease.ts';
import type { Right } from '../../../operator/ports/rights.ts';
import type { Told } from './event-hub.ts';

/** Kinds of which everybody may know that they changed. */
export const publicKinds: ReadonlySet<Told['kind']> = new Set(['network', 'epoch']);

/**
 * The right that somebody needs to know that something changed; undefined: everybody may know. Several of
 * a kind in all scopes have no scope: that something changed is told to who may see nothing of it too,
 * and tells nothing.
 */
export function rightToKnow({ kind, scope, name }: Told): Right | undefined {
  if (publicKinds.has(kind) || (scope === '' && name === '')) return undefined;
  const named = name === '' ? undefined : name;
  const verb = named === undefined ? 'list' : 'get';
  switch (kind) {
    case 'cluster':
      return { verb, resource: 'ioclusters', namespace: scope, name: named };
    case 'account':
      return { verb, resource: 'ioaccounts', namespace: scope, name: named };
    case 'member':
      return { verb: 'get', resource: 'iomembers', name: scope === '' ? name : scope };
    case 'device':
      return { verb, resource: 'iodevices', namespace: memberNamespace(scope), name: named };
    case 'case':
      return { verb, resource: 'ioslashcases', namespace: memberNamespace(scope), name: named };
    case 'network':
    case 'epoch':
      return undefined;
  }
}
