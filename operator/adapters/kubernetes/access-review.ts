import { z } from 'zod';
import { ioClusterResource } from '../../../crds/schema/index.ts';
import {
  type AccessReviews,
  type Caller,
  ReviewsUnavailableError,
} from '../../ports/access-reviews.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { messageOf } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';
import { reviewToken } from './token-review.ts';

const accessStatus = z.object({ allowed: z.boolean() });

const accessReviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

/** Somebody waits for the answer. */
const timeoutMs = 5_000;

type ResourceAttributes = Readonly<{
  group: string;
  resource: string;
  verb: string;
  namespace: string;
  name: string;
  subresource?: string | undefined;
}>;

/** Whether the caller may do it. The client needs `create` on SubjectAccessReviews. */
export async function reviewAccess(
  client: Pick<ApiClient, 'review'>,
  { username: user, uid, groups, extra }: Caller,
  resourceAttributes: ResourceAttributes,
): Promise<boolean> {
  const spec = { user, uid, groups, extra, resourceAttributes };
  return accessStatus.parse(await client.review(accessReviews, spec, { timeoutMs })).allowed;
}

/**
 * Asks the hub's API server who a token belongs to and what they may do with IOClusters, so that
 * `kubectl auth can-i` tells the truth about the gateway.
 */
export function createAccessReviews(client: Pick<ApiClient, 'review'>): AccessReviews {
  const { group, plural: resource } = ioClusterResource;
  return {
    authenticate: (token) => asked(() => reviewToken(client, token)),
    may: (caller, action) =>
      asked(() => reviewAccess(client, caller, { group, resource, ...action })),
  };
}

/** What a client throws may hold the request, and with it the token: only the message goes on. */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ReviewsUnavailableError(`the hub's API server: ${messageOf(error)}`);
  }
}
