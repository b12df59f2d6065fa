import { fileSigner } from '../adapters/solana/key-signer.ts';
import type { InitializeProgramConfig } from '../config.ts';
import { parseAmount } from '../domain/pricing/assets.ts';
import { ConfigError } from '../config.ts';
import { openProgram, sendAs } from './wallet-transaction.ts';

/**
 * `io-operator initialize-program`: makes the configuration, the vaults and the custodies of a program
 * that was deployed, once, as its upgrade authority. Cooldown and times to appeal cannot be changed
 * later, so that no key can shorten them.
 */
export async function runInitializeProgram(config: InitializeProgramConfig): Promise<void> {
  const admin = fileSigner(config['wallet-key-file']);
  const opened = openProgram(config);
  const { publisher, slasher, adjudicator, auditor, treasurer } = config;
  const initialize = opened.program.initialize({
    admin: admin.address,
    publisher,
    slasher,
    adjudicator,
    auditor,
    treasurer,
    genesisTs: config.genesis,
    cooldownSeconds: config['cooldown-seconds'],
    appealSeconds: config['appeal-seconds'],
    adjudicationSeconds: config['adjudication-seconds'],
    challengeDelaySeconds: config['challenge-delay-seconds'],
    slashCapPerEpoch: amount(config, 'slash-cap', 'IO'),
    emissionPerEpoch: amount(config, 'emission-cap', 'IO'),
    ioPayOutCapPerEpoch: amount(config, 'io-pay-out-cap', 'IO'),
    usdcPayOutCapPerEpoch: amount(config, 'usdc-pay-out-cap', 'USDC'),
  });
  const signature = await sendAs(admin, opened, [initialize]);
  process.stdout.write(`the program is initialized (${signature})\n`);
}

type AmountFlag = 'slash-cap' | 'emission-cap' | 'io-pay-out-cap' | 'usdc-pay-out-cap';

function amount(config: InitializeProgramConfig, flag: AmountFlag, asset: 'IO' | 'USDC'): bigint {
  const parsed = parseAmount(config[flag], asset);
  if (parsed !== undefined) return parsed;
  throw new ConfigError(
    `io-operator initialize-program: --${flag}: ${config[flag]} is no amount of ${asset}`,
  );
}
