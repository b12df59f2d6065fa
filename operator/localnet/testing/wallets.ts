import { generateKeyPairSync } from 'node:crypto';
import { decodeBase58, encodeBase58 } from '../chain/base58.ts';
import { systemProgram } from '../chain/engine.ts';
import { tokenProgram } from '../chain/token.ts';
import type { PlainInstruction, Wallet } from './client.ts';

export const mintBytes = 82;
export const tokenAccountBytes = 165;

/** A new wallet that nobody funded. */
export function newWallet(): Wallet {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  return {
    address: encodeBase58(publicKey),
    secret: new Uint8Array(Buffer.concat([Buffer.from(d, 'base64url'), publicKey])),
  };
}

export function transfer(from: Wallet, to: string, lamports: bigint): PlainInstruction {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(2, 0);
  data.writeBigUInt64LE(lamports, 4);
  return {
    program: systemProgram,
    accounts: [
      { address: from.address, signer: true, writable: true },
      { address: to, writable: true },
    ],
    data,
  };
}

type NewAccount = Readonly<{ payer: Wallet; account: Wallet; bytes: number; rent: bigint }>;

function createAccount({ payer, account, bytes, rent }: NewAccount): PlainInstruction {
  const data = Buffer.alloc(20);
  data.writeBigUInt64LE(rent, 4);
  data.writeBigUInt64LE(BigInt(bytes), 12);
  return {
    program: systemProgram,
    accounts: [
      { address: payer.address, signer: true, writable: true },
      { address: account.address, signer: true, writable: true },
    ],
    data: Buffer.concat([data, keyBytes(tokenProgram)]),
  };
}

/** Instructions that make a mint whose authority is the payer. */
export function createMint(
  payer: Wallet,
  mint: Wallet,
  decimals: number,
  rent: bigint,
): readonly PlainInstruction[] {
  return [
    createAccount({ payer, account: mint, bytes: mintBytes, rent }),
    {
      program: tokenProgram,
      accounts: [{ address: mint.address, writable: true }],
      data: Buffer.concat([Buffer.from([20, decimals]), keyBytes(payer.address), Buffer.from([0])]),
    },
  ];
}

/** Instructions that make a token account of a wallet. */
export function createTokenAccount(
  payer: Wallet,
  account: Wallet,
  { mint, owner, rent }: Readonly<{ mint: string; owner: string; rent: bigint }>,
): readonly PlainInstruction[] {
  return [
    createAccount({ payer, account, bytes: tokenAccountBytes, rent }),
    {
      program: tokenProgram,
      accounts: [{ address: account.address, writable: true }, { address: mint }],
      data: Buffer.concat([Buffer.from([18]), keyBytes(owner)]),
    },
  ];
}

export function mintTo(
  authority: Wallet,
  mint: string,
  to: string,
  amount: bigint,
): PlainInstruction {
  return {
    program: tokenProgram,
    accounts: [
      { address: mint, writable: true },
      { address: to, writable: true },
      { address: authority.address, signer: true },
    ],
    data: amountData(7, amount),
  };
}

export function transferTokens(
  owner: Wallet,
  from: string,
  to: string,
  amount: bigint,
): PlainInstruction {
  return {
    program: tokenProgram,
    accounts: [
      { address: from, writable: true },
      { address: to, writable: true },
      { address: owner.address, signer: true },
    ],
    data: amountData(3, amount),
  };
}

export function memo(text: string): PlainInstruction {
  return {
    program: 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
    accounts: [],
    data: Buffer.from(text),
  };
}

function amountData(tag: number, amount: bigint): Buffer {
  const data = Buffer.alloc(9);
  data[0] = tag;
  data.writeBigUInt64LE(amount, 1);
  return data;
}

function keyBytes(address: string): Uint8Array {
  return decodeBase58(address) ?? new Uint8Array(32);
}
