import './main/memory.ts';
import { type Config, ConfigError, readConfig } from './config.ts';

/** Exit codes: 0 stopped as asked, 1 failed, 2 not understood. */
async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => stop.abort(new Error(name)));
  }
  try {
    const args = process.argv.slice(2);
    // As `kubectl io`, for where only this bundle is.
    if (args[0] === 'kubectl') {
      return await (await import('./kubectl/main.ts')).runKubectl(args.slice(1), stop.signal);
    }
    return await run(readConfig(args, process.env), stop.signal);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** The commands by name, each loaded when it is run. One that gives no exit code ends with 0. */
const commands: {
  readonly [Name in Config['command']]: (
    config: Config & Readonly<{ command: Name }>,
    signal: AbortSignal,
  ) => Promise<number | void>;
} = {
  hub: async (config, signal) => (await import('./main/hub.ts')).runHub(config, signal),
  agent: async (config, signal) => (await import('./main/agent.ts')).runAgent(config, signal),
  api: async (config, signal) => (await import('./main/api.ts')).runApi(config, signal),
  migrate: async (config) => (await import('./main/migrate.ts')).runMigrate(config),
  audit: async (config) => (await import('./main/audit.ts')).runAudit(config),
  deposit: async (config) => (await import('./main/deposit.ts')).runDeposit(config),
  epochs: async (config) => (await import('./main/epochs.ts')).runEpochs(config),
  wallet: async (config) => (await import('./main/wallet.ts')).runWallet(config),
  suspense: async (config) => (await import('./main/suspense.ts')).runSuspense(config),
  reconcile: async (config) => (await import('./main/reconcile.ts')).runReconcile(config),
  stake: async (config) => (await import('./main/stake.ts')).runStake(config),
  unstake: async (config) => (await import('./main/stake.ts')).runStake(config),
  'withdraw-stake': async (config) => (await import('./main/stake.ts')).runStake(config),
  appeal: async (config) => (await import('./main/case.ts')).runAppeal(config),
  adjudicate: async (config) => (await import('./main/case.ts')).runAdjudicate(config),
  'pay-in': async (config) => (await import('./main/pay-in.ts')).runPayIn(config),
  'fund-rewards': async (config) => (await import('./main/pay-in.ts')).runFundRewards(config),
  withdraw: async (config) => (await import('./main/withdraw.ts')).runWithdraw(config),
  'initialize-program': async (config) =>
    (await import('./main/initialize-program.ts')).runInitializeProgram(config),
  auditor: async (config, signal) => (await import('./main/auditor.ts')).runAuditor(config, signal),
  claim: async (config) => (await import('./main/claim.ts')).runClaim(config),
  'rewards-bundle': async (config) =>
    (await import('./main/rewards-bundle.ts')).runRewardsBundle(config),
  localnet: async (config, signal) =>
    (await import('./main/localnet.ts')).runLocalnet(config, signal),
  preflight: async (config) => (await import('./main/preflight.ts')).runPreflight(config),
  leave: async (config, signal) => (await import('./main/leave.ts')).runLeave(config, signal),
  statement: async (config) => (await import('./main/statement.ts')).runStatement(config),
  'dead-letters': async (config) => (await import('./main/dead-letters.ts')).runDeadLetters(config),
};

async function run(config: Config, signal: AbortSignal): Promise<number> {
  type Command = (config: Config, signal: AbortSignal) => Promise<number | void>;
  const command = commands[config.command] as Command;
  return (await command(config, signal)) ?? 0;
}

// What the manager could not close in time must not keep a process alive that has lost its lease.
process.exit(await main());
