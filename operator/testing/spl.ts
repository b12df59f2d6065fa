import type { ChainInstruction } from '../domain/settlement/types.ts';
import { Writer } from '../settlement/codec.ts';
import { systemProgram, tokenProgram } from '../settlement/generated/constants.ts';

/** Instructions of Solana's own programs that only tests need. */

const mintBytes = 82;
const mintRentLamports = 1_461_600n;
const memoProgram = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';

const signing = (address: string, isWritable = true) => ({ address, isSigner: true, isWritable });
const writable = (address: string) => ({ address, isSigner: false, isWritable: true });

/** Makes a mint whose payer may mint and freeze; the mint's key signs as well. */
export function createMint(payer: string, mint: string, decimals: number): ChainInstruction[] {
  const create = new Writer().u32(0).u64(mintRentLamports).u64(BigInt(mintBytes));
  const initialize = new Writer().u8(20).u8(decimals).pubkey(payer).u8(1).pubkey(payer);
  return [
    {
      programId: systemProgram,
      accounts: [signing(payer), signing(mint)],
      data: create.pubkey(tokenProgram).end(),
    },
    { programId: tokenProgram, accounts: [writable(mint)], data: initialize.end() },
  ];
}

type Moved = Readonly<{ authority: string; from: string; to: string; amount: bigint }>;

/** Makes new tokens of the mint `from`. */
export const mintTo = (moved: Moved): ChainInstruction => tokenInstruction(7, moved);

/** Moves tokens as any wallet does. */
export const transferTokens = (moved: Moved): ChainInstruction => tokenInstruction(3, moved);

/** From then on the account takes and gives nothing. */
export function freezeAccount(authority: string, account: string, mint: string): ChainInstruction {
  return {
    programId: tokenProgram,
    accounts: [
      writable(account),
      { address: mint, isSigner: false, isWritable: false },
      signing(authority, false),
    ],
    data: new Writer().u8(10).end(),
  };
}

export function memo(text: string): ChainInstruction {
  return { programId: memoProgram, accounts: [], data: Buffer.from(text) };
}

function tokenInstruction(tag: number, { authority, from, to, amount }: Moved): ChainInstruction {
  return {
    programId: tokenProgram,
    accounts: [writable(from), writable(to), signing(authority, false)],
    data: new Writer().u8(tag).u64(amount).end(),
  };
}
