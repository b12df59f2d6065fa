import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { instant } from '../../../../operator/domain/instant.ts';
import { readSignIn } from '../../../../operator/domain/settlement/sign-in.ts';
import { fromText, toBase64, toText } from './bytes.ts';
import { type SignInFields, signText, WalletError } from './standard.ts';

/** A text to sign, and what the server takes for it. */
export type Proof = Readonly<{ message: string; signature: string }>;

/**
 * Lets a wallet sign a text of the server. The wallet is shown the fields of the text where it
 * understands them, so that it can warn of a site that asks in another one's name.
 */
export async function signChallenge(
  wallet: Wallet,
  account: WalletAccount,
  message: string,
): Promise<Proof> {
  const fields = signInFields(message);
  if (fields === undefined || fields.address !== account.address) {
    throw new WalletError('The text to sign is not one for this wallet; nothing was signed.');
  }
  const signed = await signText(wallet, account, { text: fromText(message), fields });
  const text = toText(signed.message);
  if (text !== message) {
    throw new WalletError(`${wallet.name} signed another text than the one it was asked to.`);
  }
  return { message, signature: toBase64(signed.signature) };
}

/** The fields of a text as the wallet standard names them; undefined when it is none. */
export function signInFields(message: string): SignInFields | undefined {
  const read = readSignIn(message);
  if (read === undefined) return undefined;
  const { issuedAtSeconds, expiresAtSeconds, ...rest } = read;
  return {
    ...rest,
    version: '1',
    issuedAt: instant(issuedAtSeconds),
    expirationTime: instant(expiresAtSeconds),
  };
}
