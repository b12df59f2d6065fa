import { fileSigner } from '../adapters/solana/key-signer.ts';
import { ConfigError, type FundRewardsConfig, type PayInConfig } from '../config.ts';
import { formatAmount, parseAmount } from '../domain/pricing/assets.ts';
import { depositReferenceOf } from '../settlement/ids.ts';
import { associatedTokenAddress } from '../settlement/token.ts';
import { openProgram, sendAs } from './wallet-transaction.ts';

/**
 * `io-operator pay-in`: moves tokens of the caller's wallet into custody, for an IOAccount. The hub
 * credits them once they are final.
 */
export async function runPayIn(config: PayInConfig): Promise<void> {
  const { account, asset } = config;
  const amount = parseAmount(config.amount, asset);
  if (amount === undefined || amount === 0n) {
    throw new ConfigError(
      `io-operator pay-in: --amount: ${config.amount} is no amount of ${asset}`,
    );
  }
  const wallet = fileSigner(config['wallet-key-file']);
  const opened = openProgram(config);
  const { deployment } = opened.program;
  const mint = asset === 'IO' ? deployment.ioMint : deployment.usdcMint;
  const deposit = opened.program.deposit({
    asset,
    depositor: wallet.address,
    source: associatedTokenAddress(wallet.address, mint),
    amount,
    reference: depositReferenceOf(account),
  });
  const signature = await sendAs(wallet, opened, [deposit]);
  process.stdout.write(
    `paid ${formatAmount(amount, asset)} ${asset} in for ${account} (${signature})\n`,
  );
}

/** `io-operator fund-rewards`: moves IO of the caller's wallet into the vault that claims are paid from. */
export async function runFundRewards(config: FundRewardsConfig): Promise<void> {
  const amount = parseAmount(config.amount, 'IO');
  if (amount === undefined || amount === 0n) {
    throw new ConfigError(
      `io-operator fund-rewards: --amount: ${config.amount} is no amount of IO`,
    );
  }
  const wallet = fileSigner(config['wallet-key-file']);
  const opened = openProgram(config);
  const { ioMint } = opened.program.deployment;
  const fund = opened.program.fundRewards({
    funder: wallet.address,
    source: associatedTokenAddress(wallet.address, ioMint),
    amount,
  });
  const signature = await sendAs(wallet, opened, [fund]);
  process.stdout.write(`${formatAmount(amount, 'IO')} IO are there to be claimed (${signature})\n`);
}
