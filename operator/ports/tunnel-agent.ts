import type { Hello } from '../domain/tunnel/headers.ts';
import type { TunnelService } from '../domain/tunnel/services.ts';

/** Where the agent sends a request for a lease of its own. */
export type Head = Readonly<{
  /** An IP address. The port follows from the service. */
  host: string;
  /** The value of the header `authorization` that the head asks for; undefined: none. */
  authorization: string | undefined;
}>;

/** The agent's own look-up: nothing that the hub says is an address. */
export type LeaseHeads = Readonly<{
  /** Undefined: the lease is not this member's, or has ended, or is fenced. Throws TunnelError. */
  headOf: (lease: string, service: TunnelService) => Promise<Head | undefined>;
  /** The head did not take its token: the next look-up reads it anew. */
  distrust: (lease: string) => void;
}>;

/** The agent's end of one tunnel. */
export type AgentTunnel = Readonly<{
  hello: Hello;
  /** Resolves when the connection has ended, and why. */
  closed: Promise<string>;
  /** Takes no more requests; the connection ends when those that run have. */
  retire: () => void;
  destroy: () => void;
}>;

export type DialOptions = Readonly<{
  /** Whether there is a tunnel to this gateway already. */
  isTaken: (gateway: string) => boolean;
  signal: AbortSignal;
}>;

/** Makes a connection to whichever gateway answers. */
export type TunnelDialer = Readonly<{
  /** Undefined: the gateway that answered has a tunnel already. Throws when it comes to nothing. */
  dial: (options: DialOptions) => Promise<AgentTunnel | undefined>;
}>;
