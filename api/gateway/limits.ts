/** What the gateway lets happen at once, and for how long. */
export type GatewayLimits = Readonly<{
  /** Requests and websockets that are open. */
  streams: number;
  streamsPerUser: number;
  streamsPerCluster: number;
  /** Requests of which it is not known yet whether they may go on. */
  admitting: number;
  /** A request without a byte in either direction for so long is ended. */
  idleMs: number;
  /** The same for websockets and gRPC, which may have nothing to say for long. */
  longIdleMs: number;
  /** A body has to bring so many bytes in so much time, while somebody waits for it. */
  bodyWindowMs: number;
  bodyWindowBytes: number;
  /** For how long an answer of the hub about a token or a right holds: a yes, and a no. */
  allowedMs: number;
  deniedMs: number;
  /** How often it is asked anew whether an open stream may go on. */
  recheckMs: number;
  /** How often open streams are looked at. */
  lookMs: number;
}>;

/** Of one gateway; there may be several. */
export const defaultGatewayLimits: GatewayLimits = {
  streams: 10_000,
  streamsPerUser: 256,
  streamsPerCluster: 1_024,
  admitting: 1_024,
  idleMs: 300_000,
  longIdleMs: 3_600_000,
  bodyWindowMs: 30_000,
  bodyWindowBytes: 1_024,
  allowedMs: 10_000,
  deniedMs: 5_000,
  recheckMs: 60_000,
  lookMs: 5_000,
};
