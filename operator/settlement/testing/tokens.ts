import { Reader, Writer } from '../codec.ts';

/** A token account's holder and amount, as SPL Token lays them out. */
export type Tokens = Readonly<{ mint: string; owner: string; amount: bigint }>;

const none = new Uint8Array(36);
const noKey = new Uint8Array(32);
const initialized = 1;

/** An account of SPL Token with so many tokens. */
export function tokenAccountData({ mint, owner, amount }: Tokens): Uint8Array {
  return new Writer()
    .pubkey(mint)
    .pubkey(owner)
    .u64(amount)
    .bytes(none, 36) // no delegate
    .u8(initialized)
    .u32(0) // not native
    .u64(0n)
    .u64(0n) // nothing delegated
    .bytes(none, 36) // no authority to close it
    .end();
}

/** A mint that nobody can mint more of. */
export function mintData(supply: bigint, decimals: number): Uint8Array {
  return new Writer()
    .u32(0)
    .bytes(noKey, 32) // no authority
    .u64(supply)
    .u8(decimals)
    .u8(initialized)
    .u32(0)
    .bytes(noKey, 32) // nobody can freeze
    .end();
}

/** Only the amount: addresses take long to write out. */
export function readAmount(data: Uint8Array): bigint {
  return new Reader(data, 64).u64();
}

export function readSupply(data: Uint8Array): bigint {
  return new Reader(data, 36).u64();
}
