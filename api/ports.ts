import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { AccountKey } from '../operator/domain/ledger/types.ts';
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
import type { ConsoleAssets } from './console-assets.ts';
import type { GatewayPorts } from './gateway/ports.ts';
import type { V1Ports } from './v1/ports.ts';

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
  /** Who may use an account; undefined: the bearer of a Kubernetes token whom the hub lets. */
  mayUse?: MayUse | undefined;
}>;

/** Throws a problem unless the sender of a request may do this with an account. */
export type MayUse = (
  request: FastifyRequest,
  verb: 'get' | 'update',
  account: AccountKey,
) => Promise<void>;

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
  /** Undefined: the server has no API for people and tools but what is above. */
  v1?: V1Ports | undefined;
  /** Undefined: the server has no console. */
  console?: ConsoleAssets | undefined;
}>;
