import type { MaybeAccount } from './account-state.ts';
import type { TokenBalance } from './records.ts';
import { type Mint, readTokenAccount, uiAmount } from './token.ts';

/** The token accounts among a transaction's accounts, with what they hold. */
export function tokenBalances(
  keys: readonly string[],
  read: (address: string) => MaybeAccount,
  mintOf: (address: string) => Mint | undefined,
): readonly TokenBalance[] {
  return keys.flatMap((key, accountIndex) => {
    const account = read(key);
    const tokens = readTokenAccount(account);
    const decimals = tokens === undefined ? undefined : mintOf(tokens.mint)?.decimals;
    if (account === undefined || tokens === undefined || decimals === undefined) return [];
    const { mint, owner, amount } = tokens;
    const uiTokenAmount = uiAmount(amount, decimals);
    return [{ accountIndex, mint, owner, programId: account.owner, uiTokenAmount }];
  });
}
