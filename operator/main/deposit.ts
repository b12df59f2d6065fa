import { createDeposits } from '../adapters/postgres/deposits.ts';
import { ConfigError, type DepositConfig } from '../config.ts';
import { formatAmount, parseAmount } from '../domain/pricing/assets.ts';
import { withDatabase } from './database.ts';

/** `io-operator deposit`: books what an account paid in, and says what it has then. */
export async function runDeposit(config: DepositConfig): Promise<void> {
  const { account: owner, asset, reference } = config;
  const amount = parseAmount(config.amount, asset);
  if (amount === undefined || amount === 0n) {
    throw new ConfigError(
      `io-operator deposit: --amount: ${config.amount} is no amount of ${asset}`,
    );
  }
  await withDatabase(config, async (database) => {
    const deposit = { reference, owner, asset, amount, source: 'cli' };
    const nowSeconds = Math.floor(Date.now() / 1000);
    const available = await createDeposits(database).deposit(deposit, nowSeconds);
    const told = `${owner} has ${formatAmount(available, asset)} ${asset} available`;
    process.stdout.write(
      `booked ${formatAmount(amount, asset)} ${asset} as ${reference}; ${told}\n`,
    );
  });
}
