import { z } from 'zod';
import { ioAccountResource } from '../../../crds/schema/index.ts';
import type { AccountKey } from '../../domain/ledger/types.ts';
import {
  type AccountDesk,
  DeskUnavailableError,
  type Permission,
} from '../../ports/account-desk.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { messageOf } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';

const tokenStatus = z.object({
  authenticated: z.boolean().optional(),
  user: z
    .object({
      username: z.string().optional(),
      uid: z.string().optional(),
      groups: z.array(z.string()).optional(),
      extra: z.record(z.string(), z.array(z.string())).optional(),
    })
    .optional(),
});
const accessStatus = z.object({ allowed: z.boolean() });

const tokenReviews: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};
const accessReviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

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
  const { authenticated, user } = tokenStatus.parse(await client.review(tokenReviews, { token }));
  if (authenticated !== true || user?.username === undefined) return 'Unknown';
  const [namespace, name] = account.split('/');
  const { group, plural: resource } = ioAccountResource;
  const { username, ...who } = user;
  const answer = await client.review(accessReviews, {
    ...who,
    user: username,
    resourceAttributes: { group, resource, verb, namespace, name },
  });
  return accessStatus.parse(answer).allowed ? 'Allowed' : 'Denied';
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DeskUnavailableError(`the hub's API server: ${messageOf(error)}`, { cause: error });
  }
}
