import type { Caller } from './access-reviews.ts';

/** What somebody wants to do with an object of ours on the hub. */
export type Right = Readonly<{
  verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  resource: 'ioclusters' | 'ioaccounts' | 'iodevices' | 'iomembers' | 'ioslashcases';
  /** Undefined for what has none, or for all of them. */
  namespace?: string | undefined;
  /** Undefined: whatever its name is. */
  name?: string | undefined;
}>;

/**
 * What the hub's API server says of tokens and of rights, asked each time. Calls throw
 * ReviewsUnavailableError of access-reviews.ts when it does not answer.
 */
export type Rights = Readonly<{
  /** Undefined: the token is nobody's, or not valid now. */
  authenticate: (token: string) => Promise<Caller | undefined>;
  /** The same as `kubectl auth can-i --as`. */
  may: (caller: Caller, right: Right) => Promise<boolean>;
}>;
