import type { TunnelService } from '../domain/tunnel/services.ts';

/** What of a cluster is asked for; `other`: what the gateway answers itself. */
export type GatewayService = TunnelService | 'other';

/** What the gateway counts. Labels are bounded: no user, cluster or member is one. */
export type GatewayMetrics = Readonly<{
  /** A request has ended, whatever it came to; `status` is what the renter was told. */
  ended: (service: GatewayService, status: number, seconds: number) => void;
  /** Bytes of bodies and websockets. */
  carried: (service: GatewayService, bytes: Readonly<{ up: number; down: number }>) => void;
  /** Requests and websockets that are open now. */
  open: (service: GatewayService, count: number) => void;
  /** A request was refused by the gateway; `reason` is that of the problem. */
  refused: (reason: string) => void;
  /** The hub's API server was asked about a token or a right. */
  reviewed: (what: 'token' | 'access', outcome: 'yes' | 'no' | 'unavailable') => void;
}>;
