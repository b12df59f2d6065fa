import type { TunnelService } from '../domain/tunnel/services.ts';

/** What either end of tunnels measures. */
export type TunnelMetrics = Readonly<{
  /** Tunnels that carry requests now. */
  tunnels: (count: number) => void;
  /** A connection that was made for a tunnel: `taken`, `duplicate`, or why it came to nothing. */
  tunnelOpened: (outcome: TunnelOutcome) => void;
  /** Streams that are open now. */
  streams: (count: number) => void;
  /** A stream ended: with the head's `answer`, or the fault that it ended with. */
  streamEnded: (service: TunnelService, outcome: string) => void;
}>;

export type TunnelOutcome = 'taken' | 'duplicate' | 'refused' | 'failed';
