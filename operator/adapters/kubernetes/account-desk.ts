import { ioAccountResource } from '../../../crds/schema/index.ts';
import type { AccountKey } from '../../domain/ledger/types.ts';
import {
  type AccountDesk,
  DeskUnavailableError,
  type Permission,
} from '../../ports/account-desk.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { messageOf } from '../../runtime/logger.ts';
import { reviewAccess } from './access-review.ts';
import { reviewToken } from './token-review.ts';

/**
 * Asks the hub's API server who a token belongs to and what they may do, so that `kubectl auth can-i`
 * tells the truth about us. The client needs `create` on both reviews and `get` on IOAccounts.
 */
export function createAccountDesk(client: Pick<ApiClient, 'review' | 'get'>): AccountDesk {
  return {
    permission: (token, verb, account) => asked(() => permission(client, token, verb, account)),
    wallet: (account) =>
      asked(async () => {
        const [namespace = '', name = ''] = account.split('/');
        const found = await client.get(ioAccountResource, name, namespace);
        return found === undefined ? undefined : (found.spec.wallet ?? '');
      }),
  };
}

async function permission(
  client: Pick<ApiClient, 'review'>,
  token: string,
  verb: 'get' | 'update',
  account: AccountKey,
): Promise<Permission> {
  const caller = await reviewToken(client, token);
  if (caller === undefined) return 'Unknown';
  const [namespace = '', name = ''] = account.split('/');
  const { group, plural: resource } = ioAccountResource;
  const may = await reviewAccess(client, caller, { group, resource, verb, namespace, name });
  return may ? 'Allowed' : 'Denied';
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DeskUnavailableError(`the hub's API server: ${messageOf(error)}`, { cause: error });
  }
}
