/** How one reconcile ended. `conflict` is the API server asking for a newer read, not a fault. */
export type ReconcileOutcome =
  | 'success'
  | 'requeue'
  | 'conflict'
  | 'error'
  | 'terminal'
  | 'timeout';

/** Why an informer opened its watch anew or listed again. */
export type WatchRestartReason =
  | 'expired'
  | 'ended'
  | 'silent'
  | 'connection'
  | 'throttled'
  | 'malformed'
  | 'out-of-order'
  | 'refused'
  | 'server-error';

/** What the runtime counts. Labels are bounded: names of controllers, plurals of resources. */
export type RuntimeMetrics = {
  /** One reconcile of `controller` took `seconds`. */
  reconcile(controller: string, outcome: ReconcileOutcome, seconds: number): void;
  /** Keys that wait in the queue now, without delayed ones. */
  queueDepth(queue: string, depth: number): void;
  /** A key was added. */
  queueAdd(queue: string): void;
  /** A key waited for `seconds` from being added to being handed out. */
  queueLatency(queue: string, seconds: number): void;
  /** A key was worked on for `seconds`. */
  queueWork(queue: string, seconds: number): void;
  /** A key was added again after a failure. */
  queueRetry(queue: string): void;
  /** A key was refused since the queue is full. */
  queueRejected(queue: string): void;
  /** An informer opened its watch anew, or listed again. */
  watchRestart(resource: string, reason: WatchRestartReason): void;
  /** An informer listed everything. */
  list(resource: string, seconds: number): void;
  /** Objects in an informer's cache. */
  cachedObjects(resource: string, count: number): void;
  /** One object could not be decoded. */
  decodeFailure(resource: string): void;
  /** One HTTP request; `code` is the status, or `0` when no answer came. */
  apiRequest(verb: string, resource: string, code: number, seconds: number): void;
  /** Whether this process leads by the Lease `name`. */
  leader(name: string, leading: boolean): void;
  /** An Event was not written: `queue-full`, `rate-limited`, `write-failed`. */
  eventDropped(reason: string): void;
};

/** Counts nothing. */
export const noMetrics: RuntimeMetrics = {
  reconcile() {},
  queueDepth() {},
  queueAdd() {},
  queueLatency() {},
  queueWork() {},
  queueRetry() {},
  queueRejected() {},
  watchRestart() {},
  list() {},
  cachedObjects() {},
  decodeFailure() {},
  apiRequest() {},
  leader() {},
  eventDropped() {},
};
