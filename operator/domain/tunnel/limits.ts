/** Everything that a tunnel carries is bounded; at a limit the answer is a refusal that says so. */

/** Streams that an agent carries at once, through all its tunnels. */
export const maxStreams = 10_000;

/** Streams of one lease: one renter cannot take those of the others. */
export const maxStreamsPerLease = 1_000;

/** Streams of one lease whose head has not answered yet: each costs a connection inside. */
export const maxWaitingPerLease = 256;

/** Tunnels that one gateway keeps, and those of one member among them. */
export const maxTunnels = 2_048;
export const maxTunnelsPerMember = 4;

/** Gateways that an agent keeps tunnels to, whatever they say of their number. */
export const maxGateways = 16;

/** What one stream may have in memory at either end while its reader is slow. */
export const streamWindowBytes = 1024 * 1024;

/** What the connection may have under way: not memory, since what came is acknowledged at once. */
export const connectionWindowBytes = 16 * 1024 * 1024;

export const maxHeaderBytes = 32 * 1024;
export const maxHeaders = 100;

/** A text that says why; nothing reads more of it. */
export const maxRefusalBytes = 4_096;

/** How long the head may take to accept a connection. */
export const connectTimeoutMs = 5_000;

/** Neither side sent a byte for so long. */
const idleMs = 10 * 60_000;

/** What stays open while nobody types: websockets, and the streams of a Ray Client. */
const sessionIdleMs = 60 * 60_000;

export const idleLimitMs = (kind: 'exchange' | 'session'): number =>
  kind === 'exchange' ? idleMs : sessionIdleMs;

/** Between two pings, and how long an answer may take: a peer that vanished is missed after both. */
export const pingEveryMs = 15_000;
export const pingWithinMs = 10_000;

/** From the TLS handshake to the gateway's first request. */
export const helloWithinMs = 10_000;
