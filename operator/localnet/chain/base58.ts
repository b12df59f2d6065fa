import { base58Decode, base58Encode } from '../../settlement/base58.ts';

/** Bytes as Solana writes addresses, signatures and hashes. */
export const encodeBase58 = base58Encode;

/** Undefined when a client sent what is no base58. */
export function decodeBase58(text: string): Uint8Array | undefined {
  try {
    return base58Decode(text);
  } catch {
    return undefined;
  }
}
