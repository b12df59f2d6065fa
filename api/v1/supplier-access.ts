import type { Right } from '../../operator/ports/rights.ts';
import { Problem } from '../problem.ts';
import type { RequestAccess } from './auth/access.ts';
import { notFound, ofMember } from './auth/authority.ts';

/** The kinds that belong to a member, and earn or cost its supplier something. */
type SupplierKind = 'iodevices' | 'iomembers' | 'ioslashcases';

/** Whose objects a list is of. */
export type SupplierFilter = Readonly<{
  /** namespace/name of the account that earns. */
  account?: string | undefined;
  member?: string | undefined;
}>;

/**
 * Throws a problem unless somebody may list what the filter leaves: what earns for an account that they
 * may get, what is of a member that the hub shows to them, or all.
 */
export async function mayList(
  access: RequestAccess,
  resource: SupplierKind,
  { account, member }: SupplierFilter,
): Promise<void> {
  if (account !== undefined) {
    const right = accountRight(account);
    if (await access.may(right)) return;
    throw notFound(right);
  }
  const right =
    member === undefined || resource === 'iomembers'
      ? ({ verb: 'list', resource } as const)
      : ofMember('list', resource, member);
  if (await access.may(right)) return;
  if (member !== undefined) throw notFound(right);
  const text = 'name whose these are: account=namespace/name of an account that you may get';
  throw new Problem(403, 'AccountNeeded', text);
}

/** Whether somebody may see one object, which earns for an account, or would. */
export async function maySee(
  access: RequestAccess,
  right: Right,
  account: string | undefined,
): Promise<boolean> {
  if (account !== undefined && (await access.may(accountRight(account)))) return true;
  return access.may(right);
}

function accountRight(account: string): Right & Readonly<{ namespace: string; name: string }> {
  const [namespace = '', name = ''] = account.split('/');
  return { verb: 'get', resource: 'ioaccounts', namespace, name };
}
