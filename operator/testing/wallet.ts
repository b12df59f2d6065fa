import { createHash } from 'node:crypto';
import { seedSigner } from '../adapters/solana/key-signer.ts';
import type { Signer } from '../ports/signer.ts';
import { base58Decode } from '../settlement/base58.ts';

/** A key pair that anybody can make again. */
export type TestWallet = Signer &
  Readonly<{
    /** The 64 bytes that key files hold. */
    secret: Uint8Array;
  }>;

/** The wallet that a name stands for. */
export function walletNamed(name: string): TestWallet {
  const seed = createHash('sha256').update(`test wallet ${name}`).digest();
  const signer = seedSigner(seed);
  const secret = Buffer.concat([seed, base58Decode(signer.address)]);
  return { ...signer, secret: Uint8Array.from(secret) };
}
