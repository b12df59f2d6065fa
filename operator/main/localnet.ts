import { readFile } from 'node:fs/promises';
import { ConfigError, type LocalnetConfig } from '../config.ts';
import { startLocalnet } from '../localnet/index.ts';
import { processLogger } from './process.ts';

/** Runs a chain of one node until the signal is aborted. */
export async function runLocalnet(config: LocalnetConfig, signal: AbortSignal): Promise<void> {
  const { port, data, clock } = config;
  const localnet = await startLocalnet({
    port,
    ...(data === undefined ? {} : { directory: data }),
    slotMs: config['slot-ms'],
    programs: await programs(config),
    manual: clock === 'manual',
    logger: processLogger(config),
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await localnet.close();
}

async function programs(config: LocalnetConfig) {
  const { program, 'program-id': id, 'program-authority': upgradeAuthority } = config;
  if (program === undefined && id === undefined) return [];
  if (program === undefined || id === undefined) {
    throw new ConfigError('io-operator localnet: --program and --program-id belong together');
  }
  return [{ address: id, bytes: await readFile(program), upgradeAuthority }];
}
