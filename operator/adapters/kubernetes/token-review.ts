import { z } from 'zod';
import type { Caller } from '../../ports/access-reviews.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Resource } from '../../runtime/resource.ts';

const tokenStatus = z.object({
  authenticated: z.boolean().optional(),
  user: z
    .object({
      username: z.string().optional(),
      uid: z.string().optional(),
      groups: z.array(z.string()).default([]),
      extra: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
});

const tokenReviews: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};

/** Somebody waits for the answer. */
const timeoutMs = 5_000;

/**
 * Who a token belongs to; undefined: to nobody. The API server judges it for its own audiences, so that
 * tokens which were made for others are refused. The client needs `create` on TokenReviews.
 */
export async function reviewToken(
  client: Pick<ApiClient, 'review'>,
  token: string,
): Promise<Caller | undefined> {
  const answer = await client.review(tokenReviews, { token }, { timeoutMs });
  const { authenticated, user } = tokenStatus.parse(answer);
  if (authenticated !== true || user?.username === undefined || user.username === '') {
    return undefined;
  }
  const { username, uid, groups, extra } = user;
  return { username, uid, groups, extra };
}
