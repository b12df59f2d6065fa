import { readFileSync } from 'node:fs';
import type { PrivatePorts } from '../../api/v1/private-ports.ts';
import { createClusterWriter } from '../adapters/kubernetes/cluster-writer.ts';
import { createMemberInvitations } from '../adapters/kubernetes/invitations.ts';
import { createAccountLedger } from '../adapters/postgres/account-ledger.ts';
import { countAccountLines } from '../adapters/postgres/account-lines.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createDeviceHistory } from '../adapters/postgres/device-history.ts';
import { createWalletTransactions } from '../adapters/solana/wallet-transactions.ts';
import type { ApiConfig } from '../config.ts';
import type { MemberInvitations } from '../ports/member-invitations.ts';
import type { RewardProofs } from '../ports/reward-roots.ts';
import type { WalletTransactions } from '../ports/wallet-transactions.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { loadKubeConfig, serverOf } from '../runtime/kube-config.ts';
import { ioStake } from '../settlement/io-stake.ts';
import { openSolana } from './solana.ts';

/** What private routes answer from, and what is cleared up behind servers that ended. */
export type PrivateApi = Readonly<{
  ports: PrivatePorts;
  /** Removes quotes that no server deleted any more, and counts where transfers of closed days are. */
  clearUp: () => Promise<void>;
}>;

export function privateApi(
  config: ApiConfig,
  {
    hub,
    database,
    rewards,
    clock,
  }: Readonly<{
    hub: ApiClient;
    database: Database;
    rewards: RewardProofs | undefined;
    clock: Clock;
  }>,
): PrivateApi {
  const clusters = createClusterWriter(hub, clock);
  return {
    ports: {
      clusters,
      accountLedger: createAccountLedger(database),
      deviceHistory: createDeviceHistory(database),
      invitations: invitations(config, hub, clock),
      transactions: transactions(config, rewards),
    },
    clearUp: async () => {
      await clusters.removeForgottenQuotes(clock.now());
      await countAccountLines(database);
    },
  };
}

/** Members reach the hub as the api does, unless it is told otherwise. */
function invitations(
  config: ApiConfig,
  hub: ApiClient,
  clock: Clock,
): MemberInvitations | undefined {
  if (!config.invitations) return undefined;
  const own = serverOf(loadKubeConfig(config['hub-kubeconfig']));
  const file = config['join-hub-ca-file'];
  const url = config['join-hub-url'];
  const hubAddress =
    url === undefined
      ? { hubUrl: own.url, caBundle: own.caBundle }
      : { hubUrl: url, caBundle: file === undefined ? undefined : readFileSync(file, 'utf8') };
  const apiUrl = `https://${config['public-domain']}`;
  return createMemberInvitations(hub, { ...hubAddress, apiUrl }, clock);
}

function transactions(
  config: ApiConfig,
  rewards: RewardProofs | undefined,
): WalletTransactions | undefined {
  const solana = openSolana(config);
  if (solana === undefined) return undefined;
  const proofs = async (wallet: string, epoch: number) => rewards?.proof(wallet, epoch);
  return createWalletTransactions({
    ...{ chain: solana.chain, proofs },
    program: ioStake(solana.deployment),
  });
}
