import type { Duplex, Readable } from 'node:stream';
import type { MemberIdentity } from '../domain/member/identity.ts';
import type { TunnelService } from '../domain/tunnel/services.ts';

/** Names in lower case; a name that comes twice has a list. */
export type TunnelHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type TunnelTarget = Readonly<{
  /** The name of the IOPlacement. */
  lease: string;
  service: TunnelService;
  /** Path and query as the service sees them, beginning with a slash. */
  path: string;
  /** Without what is for one hop only, and without the renter's bearer: those are dropped. */
  headers: TunnelHeaders;
  /** Aborted: the stream is reset on the whole way. */
  signal: AbortSignal;
}>;

export type TunnelRequest = TunnelTarget &
  Readonly<{
    method: string;
    /**
     * Sent as fast as the head reads it. It is not destroyed when the answer comes before its end:
     * what is left of it is the caller's. One that is destroyed before its end resets the stream.
     */
    body?: Readable | undefined;
  }>;

export type TunnelAnswer = Readonly<{
  status: number;
  headers: TunnelHeaders;
  /** Errors when the answer was cut off, and never ends then. Destroying it resets the stream. */
  body: Readable;
  /** Those that came after the body (gRPC has its status there); none when there were none. */
  trailers: () => TunnelHeaders;
}>;

export type TunnelSocket = Readonly<{
  /** Of the head's answer: `sec-websocket-protocol`, `sec-websocket-extensions`. */
  headers: TunnelHeaders;
  /** The bytes of the websocket's frames. */
  socket: Duplex;
}>;

/** The way to one member. Both methods throw TunnelError. */
export type Tunnel = Readonly<{
  request: (request: TunnelRequest) => Promise<TunnelAnswer>;
  /** A websocket; a head that refuses to upgrade makes a TunnelError with its status. */
  connect: (target: TunnelTarget) => Promise<TunnelSocket>;
}>;

/** What the gateway sends renters' requests through. */
export type Tunnels = Readonly<{
  /** Undefined: no agent of this member has a tunnel to this gateway. */
  open: (member: string) => Tunnel | undefined;
}>;

/** What connections of agents are handed to, once it is known whose they are. */
export type TunnelAcceptor<Socket> = Readonly<{
  /** Takes the connection over; it ends with the certificate, at `untilMs`, or when it is destroyed. */
  accept: (socket: Socket, agent: MemberIdentity, untilMs: number) => void;
  /** Tells the agent why it is not let in, and closes the connection. */
  refuse: (socket: Socket, reason: string) => void;
  /** No stream begins any more; each connection ends when the streams that run on it have. */
  retire: () => void;
}>;

/**
 * Why a request did not get an answer of the head.
 * - `TunnelLost`: the connection to the agent ended; a request without effects may be sent again
 * - `TooManyStreams`: the tunnel, or the lease, carries as many as it may
 * - `LeaseUnknown`: the agent has no such lease, or it has ended or is fenced
 * - `HeadUnreachable`: the head does not take connections (yet)
 * - `HeadTimeout`: nothing came for too long
 * - `HeadFailed`: the head closed the connection, or answered what is no HTTP
 * - `NotUpgraded`: the head answered a websocket's request with another status, which is `status`
 * - `Aborted`: the caller's signal
 */
export type TunnelFault =
  | 'TunnelLost'
  | 'TooManyStreams'
  | 'LeaseUnknown'
  | 'HeadUnreachable'
  | 'HeadTimeout'
  | 'HeadFailed'
  | 'NotUpgraded'
  | 'Aborted';

export class TunnelError extends Error {
  override readonly name = 'TunnelError';
  readonly fault: TunnelFault;
  /** What an HTTP client should be told. */
  readonly status: number;

  /** `message` is for people, and holds no secret. */
  constructor(fault: TunnelFault, status: number, message: string) {
    super(message);
    this.fault = fault;
    this.status = status;
  }
}
