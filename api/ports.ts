import type { TLSSocket } from 'node:tls';
import type { AccountDesk } from '../operator/ports/account-desk.ts';
import type { IntakeMetrics } from '../operator/ports/intake-metrics.ts';
import type { EvidenceStore } from '../operator/ports/evidence-store.ts';
import type { MemberGate } from '../operator/ports/member-gate.ts';
import type { RewardProofs } from '../operator/ports/reward-roots.ts';
import type { Payouts } from '../operator/ports/payouts.ts';
import type { TunnelAcceptor } from '../operator/ports/tunnel.ts';
import type { UsageIntake } from '../operator/ports/usage-intake.ts';
import type { Wallets } from '../operator/ports/wallets.ts';
import type { Logger } from '../operator/runtime/logger.ts';
import type { GatewayPorts } from './gateway/ports.ts';

/** What routes about accounts need of the outside. */
export type AccountPorts = Readonly<{
  desk: AccountDesk;
  wallets: Wallets;
  payouts: Pick<Payouts, 'request' | 'list'>;
  clock: Readonly<{ now: () => number }>;
  signIn: Readonly<{
    /** Host and port that wallets show to their owners. */
    domain: string;
    /** `mainnet`, `devnet` or `localnet`. */
    chainId: string;
    /** Secret of all servers of one domain. */
    nonceKey: Uint8Array;
  }>;
}>;

/** What the server needs of the outside. */
export type ApiPorts = Readonly<{
  intake: UsageIntake;
  evidence: EvidenceStore;
  metrics: IntakeMetrics;
  logger: Logger;
  clock: Readonly<{ now: () => number; monotonicMs: () => number }>;
  /** A certificate alone lets nobody in. */
  members: MemberGate;
  /** Undefined: the server has no routes about accounts. */
  accounts?: AccountPorts | undefined;
  /** Undefined: the server takes no tunnels of agents. */
  tunnels?: TunnelAcceptor<TLSSocket> | undefined;
  /** Undefined: the server knows no chain, and has no proofs of rewards. */
  rewards?: RewardProofs | undefined;
  /** Undefined: the server knows no hub, and has no way to clusters. */
  gateway?: GatewayPorts | undefined;
}>;
