import './main/memory.ts';
import { ConfigError, readConfig } from './config.ts';
import { runAgent } from './main/agent.ts';
import { runHub } from './main/hub.ts';

/** Exit codes: 0 stopped as asked, 1 failed, 2 not understood. */
async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => stop.abort(new Error(name)));
  }
  try {
    const config = readConfig(process.argv.slice(2), process.env);
    if (config.command === 'hub') await runHub(config, stop.signal);
    else await runAgent(config, stop.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

// What the manager could not close in time must not keep a process alive that has lost its lease.
process.exit(await main());
