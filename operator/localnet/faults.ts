/** What a test lets go wrong with one call. */
export type Fault =
  /** Status 429 for the whole request. */
  | Readonly<{ kind: 'too-many-requests' }>
  /** The request is never answered. */
  | Readonly<{ kind: 'stall' }>
  /** The call begins this much later. */
  | Readonly<{ kind: 'delay'; ms: number }>
  /** `sendTransaction` answers with the signature of what never lands. */
  | Readonly<{ kind: 'drop' }>
  /** The call takes effect, then the connection ends without an answer. */
  | Readonly<{ kind: 'lose-answer' }>
  /** A node that lies: what it was sent lands, and it says that the blockhash is too old. */
  | Readonly<{ kind: 'expired' }>
  /** This error in place of the call. */
  | Readonly<{ kind: 'error'; code: number; message: string }>;

/** One call of JSON-RPC over HTTP, before it is answered. */
export type Call = Readonly<{ method: string; params?: unknown }>;

/** Decides for each call; undefined lets it through. */
export type Faults = (call: Call) => Fault | undefined;
