/** What became of a request that brought a key. */
export type Claim =
  /** Nobody sent it before, or nothing came of it: it may be worked on. */
  | Readonly<{ outcome: 'Claimed' }>
  /** It was answered before, with this. */
  | Readonly<{ outcome: 'Answered'; status: number; answer: Uint8Array }>
  /** It is being worked on. */
  | Readonly<{ outcome: 'Busy' }>
  /** The key named another request before. */
  | Readonly<{ outcome: 'Reused' }>;

/** What a key is of: whose it is, as 32 bytes, and its text. */
export type KeyOf = Readonly<{ caller: Uint8Array; key: string }>;

/** Requests that may be sent again. Calls throw StoreUnavailableError of store-errors.ts. */
export type IdempotencyKeys = Readonly<{
  /** `request`: 32 bytes that name what is asked for. */
  claim: (of: KeyOf, request: Uint8Array, nowSeconds: number) => Promise<Claim>;
  /** Keeps the answer to a request that was claimed. */
  keep: (of: KeyOf, status: number, answer: Uint8Array) => Promise<void>;
  /** Nothing came of the request: it may be sent anew. */
  release: (of: KeyOf) => Promise<void>;
  /** Forgets what is older than a day. */
  forget: (nowSeconds: number) => Promise<void>;
}>;
