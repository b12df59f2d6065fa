import { ioClusterResource } from '../../../crds/schema/index.ts';
import type { Rights } from '../../ports/rights.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { asked, reviewAccess } from './access-review.ts';
import { reviewToken } from './token-review.ts';

/**
 * Asks the hub's API server who a token belongs to, and what somebody may do with our objects, so that
 * `kubectl auth can-i` tells the truth about the API.
 */
export function createRights(client: Pick<ApiClient, 'review'>): Rights {
  const { group } = ioClusterResource;
  return {
    authenticate: (token) => asked(() => reviewToken(client, token)),
    may: (caller, { namespace = '', name = '', ...right }) =>
      asked(() => reviewAccess(client, caller, { group, namespace, name, ...right })),
  };
}
