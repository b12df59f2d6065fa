import { RewardReplay } from '../adapters/audit/reward-replay.ts';
import { createAuditSource } from '../adapters/postgres/audit-reader.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { createAuditorMetrics } from '../adapters/prometheus/root-metrics.ts';
import { createRewardDistributor } from '../adapters/solana/reward-distributor.ts';
import { createRootCanceller } from '../adapters/solana/root-canceller.ts';
import { type AuditorConfig, ConfigError } from '../config.ts';
import { auditRoots } from '../reconcilers/settlement/root-auditor.ts';
import { systemClock } from '../runtime/clock.ts';
import { HealthServer } from '../runtime/health-server.ts';
import { addressesOf } from '../settlement/addresses.ts';
import { requiredDatabaseUrl } from './database.ts';
import { processLogger } from './process.ts';
import { openRoleSigners, openSolana } from './solana.ts';

/**
 * `io-operator auditor`: computes each root of rewards again while it can be cancelled, and cancels it
 * when it is not what the ledger comes to. It reads the ledger as a reader, asks RPC nodes of its own
 * and has the auditor's key: none of it should be where the hub runs.
 */
export async function runAuditor(config: AuditorConfig, signal: AbortSignal): Promise<void> {
  const clock = systemClock;
  const logger = processLogger(config);
  const metrics = createAuditorMetrics();
  const solana = openSolana(config, metrics);
  const { signers, close } = await openRoleSigners(config, process.env);
  const { auditor } = signers;
  if (solana === undefined || auditor === undefined) {
    throw new ConfigError(
      'io-operator auditor: --solana-rpc-url and the key of the auditor are needed',
    );
  }
  const database = openDatabase(requiredDatabaseUrl(config), {
    applicationName: 'io-operator auditor',
    maxConnections: 2,
  });
  const { chain, deployment } = solana;
  const { distributor } = addressesOf(deployment);
  const { programId, ioMint: mint } = deployment;
  const replay = new RewardReplay({
    source: createAuditSource(database),
    target: { programId, distributor, mint },
    report: (difference) => {
      metrics.differed();
      logger.error({ ...difference }, 'the ledger is not what its rules come to');
    },
    progress: (epoch) => logger.debug({ epoch }, 'rewards were computed again'),
  });
  const health = new HealthServer({
    healthz: () => [{ name: 'process', ok: true }],
    readyz: () => [{ name: 'running', ok: !signal.aborted, message: 'it was asked to stop' }],
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
  const port = await health.listen(config['metrics-address']);
  logger.info({ port, auditor: auditor.address, distributor }, 'auditor starts');
  try {
    await auditRoots(
      {
        distributor: createRewardDistributor(chain, deployment, 'confirmed'),
        rootAt: (epoch) => replay.rootAt(epoch),
        canceller: createRootCanceller(chain, deployment, auditor),
        metrics,
        clock,
        logger,
      },
      signal,
    );
  } finally {
    await Promise.all([health.close(), database.destroy(), close()]);
  }
}
