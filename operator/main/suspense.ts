import { createSuspense, type SuspenseItem } from '../adapters/postgres/suspense.ts';
import { ConfigError, type SuspenseConfig } from '../config.ts';
import { instant } from '../domain/instant.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { columns } from './columns.ts';
import { withDatabase } from './database.ts';

const shown = 1_000;

/**
 * `io-operator suspense`: tokens that came into custody without a reference that is known. `list`
 * prints what waits; `assign` books a transfer to an account, with the reason why it is its.
 */
export async function runSuspense(config: SuspenseConfig): Promise<void> {
  const { action, transfer, account, reason } = config;
  if (action === 'list') {
    const items = await withDatabase(config, (database) => createSuspense(database).list(shown));
    print(['RECEIVED', 'AMOUNT', 'ASSET', 'FROM', 'TRANSFER', 'MEMO']);
    for (const item of items) print(cellsOf(item));
    return;
  }
  if (transfer === undefined || account === undefined || reason === undefined) {
    throw new ConfigError(
      'io-operator suspense: --action=assign needs --transfer, --account, --reason',
    );
  }
  const nowSeconds = Math.floor(Date.now() / 1000);
  const isAssigned = await withDatabase(config, (database) =>
    createSuspense(database).assign(transfer, account, reason, nowSeconds),
  );
  if (!isAssigned) throw new Error(`no transfer ${transfer} waits in suspense`);
  process.stdout.write(`${transfer} is booked to ${account}\n`);
}

const row = columns([20, 18, 5, 44, 90]);

function cellsOf({ atSeconds, amount, asset, payload, subject }: SuspenseItem): readonly string[] {
  const from = payload['depositor'] ?? '';
  return [
    instant(atSeconds),
    formatAmount(amount, asset),
    asset,
    from,
    subject,
    payload['memo'] ?? '',
  ];
}

const print = (cells: readonly string[]): void => void process.stdout.write(`${row(cells)}\n`);
