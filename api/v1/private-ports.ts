import type { AccountLedger } from '../../operator/ports/account-ledger.ts';
import type { ClusterWriter } from '../../operator/ports/cluster-writer.ts';
import type { DeviceHistory } from '../../operator/ports/device-history.ts';
import type { MemberInvitations } from '../../operator/ports/member-invitations.ts';
import type { WalletTransactions } from '../../operator/ports/wallet-transactions.ts';

/** What the private routes need beside the core; each has a port in operator/ports. */
export type PrivatePorts = Readonly<{
  clusters: ClusterWriter;
  accountLedger: AccountLedger;
  deviceHistory: DeviceHistory;
  /** Undefined: nobody is invited here. */
  invitations?: MemberInvitations | undefined;
  /** Undefined: the server knows no chain. */
  transactions?: WalletTransactions | undefined;
}>;
