import type { Tenants } from '../../../operator/ports/tenants.ts';
import type { Views } from '../../../operator/ports/views.ts';
import type { AccountView } from '../../../operator/domain/views/types.ts';
import type { Authority } from './authority.ts';
import { ownNamespace, type Principal } from './principal.ts';

/** Namespaces that are asked about one by one; where there are more, people name theirs. */
const maxProbed = 64;
const maxNamespaces = 200;
const accountsOfNamespace = 50;
const maxAccountNamespaces = 20;

type Ports = Readonly<{
  authority: Authority;
  views: Pick<Views, 'account' | 'accounts'>;
  tenants: Pick<Tenants, 'namespaces'>;
}>;

/** What somebody can look at: where to begin, not what they may do. */
export type Scope = Readonly<{
  namespaces: readonly string[];
  accounts: readonly Pick<AccountView, 'namespace' | 'name' | 'kind'>[];
}>;

/** Namespaces in which somebody may see something, and the accounts that they may get there. */
export async function scopeOf(principal: Principal, ports: Ports): Promise<Scope> {
  const own = await ownAccountOf(principal, ports);
  const namespaces = await namespacesOf(principal, ports);
  const listed = await Promise.all(
    namespaces.slice(0, maxAccountNamespaces).map(async (namespace) => {
      const right = { verb: 'list', resource: 'ioaccounts', namespace } as const;
      if (!(await ports.authority.may(principal, right))) return [];
      return (await ports.views.accounts(namespace, { limit: accountsOfNamespace })).items;
    }),
  );
  const accounts = new Map(
    [...(own === undefined ? [] : [own]), ...listed.flat()].map((account) => [
      `${account.namespace}/${account.name}`,
      { namespace: account.namespace, name: account.name, kind: account.kind },
    ]),
  );
  const all = new Set([...(own === undefined ? [] : [own.namespace]), ...namespaces]);
  return { namespaces: [...all], accounts: [...accounts.values()] };
}

async function ownAccountOf(
  principal: Principal,
  { authority, views }: Ports,
): Promise<AccountView | undefined> {
  const [namespace, name] = (await authority.ownAccount(principal))?.split('/') ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return views.account(namespace, name);
}

async function namespacesOf(
  principal: Principal,
  { authority, tenants }: Ports,
): Promise<readonly string[]> {
  const everywhere = { verb: 'list', resource: 'ioclusters' } as const;
  if (await authority.may(principal, everywhere)) return tenants.namespaces(maxNamespaces);
  const known = await tenants.namespaces(maxProbed + 1);
  const home = ownNamespace(principal);
  const candidates = new Set([
    ...(home === undefined ? [] : [home]),
    ...(known.length > maxProbed ? [] : known),
  ]);
  const allowed = await Promise.all(
    [...candidates].map(async (namespace) => {
      const clusters = { verb: 'list', resource: 'ioclusters', namespace } as const;
      const may =
        (await authority.may(principal, clusters)) ||
        (await authority.may(principal, { ...clusters, resource: 'ioaccounts' }));
      return may ? [namespace] : [];
    }),
  );
  return allowed.flat();
}
