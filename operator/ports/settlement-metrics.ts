import type { OperationKind, SignerRole } from '../domain/settlement/types.ts';

/** What one call to an RPC node came to. */
export type RpcOutcome =
  | 'ok'
  /** It asked for fewer calls. */
  | 'limited'
  | 'timeout'
  /** It could not be reached, or did not answer as such a node does. */
  | 'failed'
  /** It has not seen a slot that others have. */
  | 'behind'
  /** It is of another chain, or says other than most. */
  | 'contradicts';

/** What is measured of RPC nodes. `node` is a host, never a URL, which may hold a key. */
export type RpcMetrics = Readonly<{ rpcCall: (node: string, outcome: RpcOutcome) => void }>;

/** What the hub measures of settlement. Labels are bounded. */
export type SettlementMetrics = RpcMetrics &
  Readonly<{
    /** Operations that are recorded and not done, by kind, with the age of the oldest. */
    operationsPending: (
      kinds: readonly Readonly<{ kind: OperationKind; count: number; oldestSeconds: number }>[],
    ) => void;
    operationEnded: (kind: OperationKind, state: 'Done' | 'Refused') => void;
    /** A transaction was handed to the nodes, signed now or before. */
    transactionSent: (kind: OperationKind, again: boolean) => void;
    /** What a role's key has left for fees and rent. */
    signerLamports: (role: SignerRole, lamports: bigint) => void;
  }>;

/** Measures nothing. */
export const noRpcMetrics: RpcMetrics = { rpcCall: () => {} };
