import { createEpochLedger } from '../adapters/postgres/epoch-ledger.ts';
import { createEpochSwitch } from '../adapters/postgres/epoch-switch.ts';
import { ConfigError, type EpochsConfig } from '../config.ts';
import { instant } from '../domain/instant.ts';
import { columns } from './columns.ts';
import { withDatabase } from './database.ts';

const shown = 24;

/**
 * `io-operator epochs`: `list` prints the last epochs that were closed; `pause` holds closes back, with
 * a reason, until `resume`.
 */
export async function runEpochs(config: EpochsConfig): Promise<void> {
  const { action, reason } = config;
  if (action !== 'list' && reason === undefined) {
    throw new ConfigError(`io-operator epochs: --action=${action} needs --reason`);
  }
  await withDatabase(config, async (database) => {
    const epochs = createEpochSwitch(database);
    if (reason !== undefined && action !== 'list') {
      await epochs.setPaused(action === 'pause', reason, Math.floor(Date.now() / 1000));
    }
    const paused = await createEpochLedger(database).pausedBecause();
    print(['EPOCH', 'CLOSED', 'LEASES', 'LATE', 'SHORT', 'CHAIN']);
    for (const each of await epochs.closed(shown)) {
      const counts = [each.leases, each.corrections, each.shortfalls];
      print([each.epoch, instant(each.closedAtSeconds), ...counts, each.chain]);
    }
    const state = paused === undefined ? 'epochs are closed' : `closing is paused: ${paused}`;
    process.stdout.write(`${state}\n`);
  });
}

const row = columns([8, 20, 8, 6, 6]);

const print = (cells: readonly (string | number)[]): void =>
  void process.stdout.write(`${row(cells)}\n`);
