import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { textSigner } from '../../operator/adapters/solana/key-signer.ts';
import type { Signer } from '../../operator/ports/signer.ts';
import type { Asset, Deployment } from '../../operator/settlement/addresses.ts';
import { localnetProgramId } from '../../operator/settlement/generated/constants.ts';
import { associatedTokenAddress } from '../../operator/settlement/token.ts';
import {
  chainKeys,
  type ChainRole,
  ChainTool,
  makeMints,
} from '../../operator/testing/chain-tool.ts';
import { buildProgram } from '../solana/program.ts';
import { type LocalnetServer, startLocalnetServer } from './localnet.ts';
import { writePrivate } from './pki.ts';
import type { Progress } from './progress.ts';

/** Short slots, so that 32 of them, which make a transaction final, pass while one looks. */
const SLOT_MS = 40;

/** A key and the file that it is kept in. */
export type KeptKey = Signer & Readonly<{ file: string }>;

/** The chain of a federation, with the program on it. */
export type Settlement = Readonly<{
  localnet: LocalnetServer;
  deployment: Deployment;
  /** What tells any command of the product about the chain. */
  flags: readonly string[];
  role: (name: ChainRole) => KeptKey;
  /** A wallet that has lamports; the same name is the same wallet. */
  wallet: (name: string) => Promise<KeptKey>;
  /** Makes tokens for a wallet. */
  fund: (wallet: string, asset: Asset, amount: bigint) => Promise<void>;
  /** What a wallet has in its token account. */
  tokens: (wallet: string, asset: Asset) => Promise<bigint>;
  /** All tokens of IO that exist. */
  supply: () => Promise<bigint>;
}>;

/** Starts a chain with both mints and the program, which is still to be initialized. */
export async function startSettlement(directory: string, progress: Progress): Promise<Settlement> {
  const keys = chainKeys((name) => keptKey(directory, name));
  const { roles, mints } = keys;
  const program = await buildProgram(progress);
  const localnet = await startLocalnetServer(directory, {
    program: {
      path: program.path,
      address: localnetProgramId,
      authority: roles.admin.address,
    },
    slotMs: SLOT_MS,
  });
  const tool = new ChainTool(localnet.url);
  await makeMints(tool, keys);
  const deployment = {
    programId: localnetProgramId,
    ioMint: mints.IO.address,
    usdcMint: mints.USDC.address,
  };
  return {
    localnet,
    deployment,
    flags: [
      `--solana-rpc-url=${localnet.url}`,
      `--solana-program-id=${deployment.programId}`,
      `--solana-io-mint=${deployment.ioMint}`,
      `--solana-usdc-mint=${deployment.usdcMint}`,
    ],
    role: (name) => roles[name],
    wallet: async (name) => {
      const wallet = keptKey(directory, name);
      await tool.airdrop(wallet.address);
      return wallet;
    },
    fund: async (wallet, asset, amount) => {
      await tool.fund(roles.admin, wallet, mints[asset].address, amount);
    },
    tokens: (wallet, asset) => tool.tokens(associatedTokenAddress(wallet, mints[asset].address)),
    supply: () => tool.supply(mints.IO.address),
  };
}

/** What `io-operator initialize-program` needs beside the chain. */
export function initializeFlags({ role, flags }: Settlement, genesis: string): readonly string[] {
  const address = (name: ChainRole): string => `--${name}=${role(name).address}`;
  return [
    'initialize-program',
    ...flags,
    `--wallet-key-file=${role('admin').file}`,
    ...(['publisher', 'slasher', 'adjudicator', 'auditor', 'treasurer'] as const).map(address),
    `--genesis=${genesis}`,
  ];
}

/** The key of a name, made once. */
function keptKey(directory: string, name: string): KeptKey {
  const folder = join(directory, 'keys');
  const file = join(folder, `${name.replaceAll(' ', '-')}.json`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
    const bytes = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
    writePrivate(file, JSON.stringify([...bytes]));
  }
  return { ...textSigner(readFileSync(file, 'utf8'), file), file };
}
