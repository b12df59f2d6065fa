/** Who the bearer of a Kubernetes token is to the hub's API server. */
export type Caller = Readonly<{
  username: string;
  uid?: string | undefined;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
}>;

/** What somebody wants to do with an IOCluster. */
export type ClusterAction = Readonly<{
  verb: 'get' | 'create';
  namespace: string;
  name: string;
  /** Undefined: with the object itself. */
  subresource?: 'proxy' | undefined;
}>;

/**
 * What the hub's API server says of tokens and of rights, asked each time. Calls throw
 * ReviewsUnavailableError when it does not answer.
 */
export type AccessReviews = Readonly<{
  /** Undefined: the token is nobody's, or not valid now. */
  authenticate: (token: string) => Promise<Caller | undefined>;
  may: (caller: Caller, action: ClusterAction) => Promise<boolean>;
}>;

/** The hub's API server does not answer: ask again later. */
export class ReviewsUnavailableError extends Error {
  override readonly name = 'ReviewsUnavailableError';
}
