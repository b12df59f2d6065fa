import './main/memory.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { runAgent } from './main/agent.ts';
import { runApi } from './main/api.ts';
import { runAudit } from './main/audit.ts';
import { runDeadLetters } from './main/dead-letters.ts';
import { runDeposit } from './main/deposit.ts';
import { runHub } from './main/hub.ts';
import { runMigrate } from './main/migrate.ts';
import { runStatement } from './main/statement.ts';

/** Exit codes: 0 stopped as asked, 1 failed, 2 not understood. */
async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => stop.abort(new Error(name)));
  }
  try {
    return await run(readConfig(process.argv.slice(2), process.env), stop.signal);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

async function run(config: Config, signal: AbortSignal): Promise<number> {
  switch (config.command) {
    case 'hub':
      await runHub(config, signal);
      return 0;
    case 'agent':
      await runAgent(config, signal);
      return 0;
    case 'api':
      await runApi(config, signal);
      return 0;
    case 'migrate':
      await runMigrate(config);
      return 0;
    case 'audit':
      return runAudit(config);
    case 'deposit':
      await runDeposit(config);
      return 0;
    case 'statement':
      await runStatement(config);
      return 0;
    case 'dead-letters':
      await runDeadLetters(config);
      return 0;
  }
}

// What the manager could not close in time must not keep a process alive that has lost its lease.
process.exit(await main());
