import { proofsOfApi, proofsOfBundle, type ProofSource } from '../adapters/rewards/proof-source.ts';
import { claimOf } from '../adapters/solana/claim.ts';
import { fileSigner } from '../adapters/solana/key-signer.ts';
import { type ClaimConfig, ConfigError } from '../config.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { openProgram, sendAs } from './wallet-transaction.ts';

/**
 * `io-operator claim`: gets a wallet the rewards that it has not claimed yet, by the root on chain and a
 * proof from `io-operator api` or a static bundle. The proof is checked before anything is sent.
 */
export async function runClaim(config: ClaimConfig): Promise<void> {
  const wallet = fileSigner(config['wallet-key-file']);
  const source = sourceOf(config);
  const opened = openProgram(config);
  const claim = await claimOf(opened, source, wallet.address);
  if (claim.due <= 0n) {
    process.stdout.write(`nothing to claim: all of ${io(claim.total)} IO was claimed before\n`);
    return;
  }
  const signature = await sendAs(wallet, opened, claim.instructions);
  process.stdout.write(
    `claimed ${io(claim.due)} IO of epochs until ${claim.epoch}: ${signature}\n`,
  );
}

const io = (amount: bigint): string => formatAmount(amount, 'IO');

function sourceOf(config: ClaimConfig): ProofSource {
  const { 'api-url': api, 'api-ca': ca, bundle } = config;
  if (api !== undefined && bundle === undefined) return proofsOfApi(api, ca);
  if (bundle !== undefined && api === undefined) return proofsOfBundle(bundle);
  throw new ConfigError('io-operator claim: either --api-url or --bundle is needed');
}
