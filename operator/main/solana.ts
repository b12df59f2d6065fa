import { createChain } from '../adapters/solana/chain.ts';
import { ExternalSigner } from '../adapters/solana/external-signer.ts';
import { fileSigner, textSigner } from '../adapters/solana/key-signer.ts';
import { type Config, ConfigError } from '../config.ts';
import type { SignerRole } from '../domain/settlement/types.ts';
import type { Chain } from '../ports/chain.ts';
import type { ChainSender } from '../ports/chain-sender.ts';
import type { RpcMetrics } from '../ports/settlement-metrics.ts';
import type { Signer } from '../ports/signer.ts';
import type { Deployment } from '../settlement/addresses.ts';

/** A command with the flags of a chain. */
export type WithChain = Extract<Config, { 'solana-rpc-url'?: unknown }>;
type WithKeys = Extract<Config, { 'solana-signer'?: unknown }>;

/** The chain and the deployment that flags name. */
export type Solana = Readonly<{
  chain: Chain & ChainSender;
  deployment: Deployment;
  urls: readonly string[];
}>;

/** Undefined without --solana-rpc-url. Throws ConfigError when it stands alone. */
export function openSolana(config: WithChain, metrics?: RpcMetrics): Solana | undefined {
  const urls = config['solana-rpc-url'];
  if (urls === undefined) return undefined;
  const deployment = {
    programId: needed(config, 'solana-program-id'),
    ioMint: needed(config, 'solana-io-mint'),
    usdcMint: needed(config, 'solana-usdc-mint'),
  };
  const chain = createChain(urls, metrics === undefined ? {} : { metrics });
  return { chain, deployment, urls };
}

function needed(
  config: WithChain,
  flag: 'solana-program-id' | 'solana-io-mint' | 'solana-usdc-mint',
): string {
  const value = config[flag];
  if (value !== undefined) return value;
  throw new ConfigError(`io-operator ${config.command}: --solana-rpc-url needs --${flag}`);
}

const roles: readonly SignerRole[] = [
  'publisher',
  'slasher',
  'adjudicator',
  'auditor',
  'treasurer',
];

/** The keys of roles that a process was given. */
export type RoleSigners = Readonly<{
  signers: Partial<Record<SignerRole, Signer>>;
  close: () => Promise<void>;
}>;

/**
 * Reads the key of each role from its file, else from IO_SOLANA_<ROLE>_KEY, else asks the program of
 * --solana-signer. Throws SignerError and ConfigError.
 */
export async function openRoleSigners(
  config: WithKeys,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RoleSigners> {
  const command = config['solana-signer'];
  const external = command === undefined ? undefined : new ExternalSigner(command);
  const signers: Partial<Record<SignerRole, Signer>> = {};
  for (const role of roles) {
    const variable = `IO_SOLANA_${role.toUpperCase()}_KEY`;
    const file = config[`solana-${role}-key-file`];
    const text = environment[variable];
    if (file !== undefined) signers[role] = fileSigner(file);
    else if (text !== undefined && text !== '') signers[role] = textSigner(text, variable);
    else {
      const signer = await external?.signer(role);
      if (signer !== undefined) signers[role] = signer;
    }
  }
  if (signers.slasher !== undefined && signers.slasher.address === signers.adjudicator?.address) {
    throw new ConfigError(
      `io-operator ${config.command}: slasher and adjudicator have the same key, ` +
        'and nobody may decide of their own accusation',
    );
  }
  return { signers, close: async () => external?.close() };
}
