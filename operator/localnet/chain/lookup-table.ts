import type { MaybeAccount } from './account-state.ts';
import { encodeBase58 } from './base58.ts';

const lookupTableProgram = 'AddressLookupTab1e1111111111111111111111111';
/** Before the addresses. */
const headBytes = 56;

/** The addresses in a lookup table; none when an account is no table. */
export function tableKeys(account: MaybeAccount): readonly string[] {
  if (account?.owner !== lookupTableProgram) return [];
  const keys: string[] = [];
  for (let offset = headBytes; offset + 32 <= account.data.length; offset += 32) {
    keys.push(encodeBase58(account.data.subarray(offset, offset + 32)));
  }
  return keys;
}
