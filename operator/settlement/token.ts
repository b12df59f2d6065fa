import { PublicKey } from '@solana/web3.js';
import { base58Decode } from './base58.ts';
import { type Instruction, Reader } from './codec.ts';
import { systemProgram, tokenProgram } from './generated/constants.ts';

const associatedTokenProgram = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
/** Bytes of an account that holds tokens. */
const tokenAccountSize = 165;
/** The instruction that is content where the account exists. */
const createIdempotent = Uint8Array.of(1);
const stateAt = 108;
const states = ['Uninitialized', 'Initialized', 'Frozen'] as const;

/** What an account of the token program holds. */
export type TokenAccount = Readonly<{
  mint: string;
  owner: string;
  amount: bigint;
  frozen: boolean;
}>;

/** Where a wallet has its tokens of a mint unless it says otherwise. */
export function associatedTokenAddress(wallet: string, mint: string): string {
  const seeds = [wallet, tokenProgram, mint].map(base58Decode);
  const program = new PublicKey(associatedTokenProgram);
  return PublicKey.findProgramAddressSync(seeds, program)[0].toBase58();
}

/** Makes the token account of a wallet where it is missing; `payer` pays its rent. */
export function createAssociatedToken(payer: string, wallet: string, mint: string): Instruction {
  const read = (address: string) => ({ address, isSigner: false, isWritable: false });
  return {
    programId: associatedTokenProgram,
    accounts: [
      { address: payer, isSigner: true, isWritable: true },
      { address: associatedTokenAddress(wallet, mint), isSigner: false, isWritable: true },
      read(wallet),
      read(mint),
      read(systemProgram),
      read(tokenProgram),
    ],
    data: createIdempotent,
  };
}

/** Undefined where the account is none that holds tokens. */
export function readTokenAccount(
  account: Readonly<{ owner: string; data: Uint8Array }> | undefined,
): TokenAccount | undefined {
  if (account?.owner !== tokenProgram || account.data.length !== tokenAccountSize) {
    return undefined;
  }
  const reader = new Reader(account.data);
  const [mint, owner, amount] = [reader.pubkey(), reader.pubkey(), reader.u64()];
  const state = states[account.data[stateAt] ?? 0];
  if (state === undefined || state === 'Uninitialized') return undefined;
  return { mint, owner, amount, frozen: state === 'Frozen' };
}
