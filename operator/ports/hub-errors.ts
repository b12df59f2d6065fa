/** The hub's API server does not answer: ask again later. Nothing is known about what was asked for. */
export class HubUnavailableError extends Error {
  override readonly name = 'HubUnavailableError';
}

/** One thing that is wrong with an object, as the hub's API server says it. */
export type ObjectFault = Readonly<{ field: string; message: string }>;

/**
 * What the hub's API server refuses. `Missing`: there is no such object, or no such namespace; `Changed`:
 * it is not as it was when it was read; `Refused`: whatever else it says.
 */
export type HubRefusal = 'Invalid' | 'Exists' | 'Missing' | 'Changed' | 'Refused';

/** The hub's API server refuses an object or a change; sent again unchanged, it refuses it again. */
export class HubRefusedError extends Error {
  override readonly name = 'HubRefusedError';
  readonly refusal: HubRefusal;
  readonly faults: readonly ObjectFault[];

  constructor(refusal: HubRefusal, message: string, faults: readonly ObjectFault[] = []) {
    super(message);
    this.refusal = refusal;
    this.faults = faults;
  }
}
