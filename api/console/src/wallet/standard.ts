import {
  SolanaSignIn,
  type SolanaSignInFeature,
  SolanaSignMessage,
  type SolanaSignMessageFeature,
  SolanaSignTransaction,
  type SolanaSignTransactionFeature,
} from '@solana/wallet-standard-features';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { StandardConnect, type StandardConnectFeature } from '@wallet-standard/features';

/** What the wallet standard says that a wallet can do, as far as this page asks for it. */
type Features = Partial<
  StandardConnectFeature &
    SolanaSignInFeature &
    SolanaSignMessageFeature &
    SolanaSignTransactionFeature
>;

const featuresOf = ({ features }: Pick<Wallet, 'features'>): Features => features;

/** A wallet did not do what it was asked for: no was said, or it cannot. The message is for people. */
export class WalletError extends Error {
  override name = 'WalletError';
}

/**
 * Wallets that can be used here: of Solana, that connect and sign transactions and either sign in or
 * sign messages. No wallet is asked to send anything.
 */
export function isUsable(wallet: Pick<Wallet, 'features' | 'chains'>): boolean {
  const features = featuresOf(wallet);
  const proves = SolanaSignIn in features || SolanaSignMessage in features;
  const isOfSolana = wallet.chains.some((chain) => chain.startsWith('solana:'));
  return isOfSolana && StandardConnect in features && SolanaSignTransaction in features && proves;
}

/**
 * The accounts of a wallet that this site may see.
 * @param silent asks nobody: nothing when the site was not let in before
 */
export async function connect(
  wallet: Wallet,
  { silent = false } = {},
): Promise<readonly WalletAccount[]> {
  const feature = featuresOf(wallet)[StandardConnect];
  if (feature === undefined) throw new WalletError(`${wallet.name} cannot connect to sites.`);
  const { accounts } = await asked(wallet, feature.connect(silent ? { silent } : {}));
  return accounts.filter(({ chains }) => chains.some((chain) => chain.startsWith('solana:')));
}

/** What a wallet signed of a text. */
export type Signed = Readonly<{ message: Uint8Array; signature: Uint8Array }>;

/** What a sign-in text says, field by field, for wallets that show it as such. */
export type SignInFields = Readonly<{
  domain: string;
  address: string;
  statement: string;
  uri: string;
  version: '1';
  chainId: string;
  nonce: string;
  issuedAt: string;
  expirationTime: string;
  resources: readonly string[];
}>;

/** Signs in where the wallet can, so that it shows who asks; otherwise signs the plain text. */
export async function signText(
  wallet: Wallet,
  account: WalletAccount,
  { text, fields }: Readonly<{ text: Uint8Array; fields: SignInFields | undefined }>,
): Promise<Signed> {
  const features = featuresOf(wallet);
  const signIn = features[SolanaSignIn];
  if (signIn !== undefined && fields !== undefined) {
    const [output] = await asked(wallet, signIn.signIn(fields));
    if (output === undefined) throw new WalletError(`${wallet.name} signed nothing.`);
    return { message: output.signedMessage, signature: output.signature };
  }
  const feature = features[SolanaSignMessage];
  if (feature === undefined) throw new WalletError(`${wallet.name} cannot sign messages.`);
  const [output] = await asked(wallet, feature.signMessage({ account, message: text }));
  if (output === undefined) throw new WalletError(`${wallet.name} signed nothing.`);
  return { message: output.signedMessage, signature: output.signature };
}

/** The transaction with the wallet's signature in it. The wallet sends it nowhere. */
export async function signTransaction(
  wallet: Wallet,
  account: WalletAccount,
  { transaction, chain }: Readonly<{ transaction: Uint8Array; chain: string }>,
): Promise<Uint8Array> {
  const feature = featuresOf(wallet)[SolanaSignTransaction];
  if (feature === undefined) throw new WalletError(`${wallet.name} cannot sign transactions.`);
  // A wallet that does not know the chain still signs: the blockhash binds it to one.
  const known = account.chains.find((each) => each === chain);
  const input = { account, transaction, ...(known === undefined ? {} : { chain: known }) };
  const [output] = await asked(wallet, feature.signTransaction(input));
  if (output === undefined) throw new WalletError(`${wallet.name} signed nothing.`);
  return output.signedTransaction;
}

/** Wallets throw what they like; a person reads one sentence. */
async function asked<T>(wallet: Wallet, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const said = error instanceof Error && error.message !== '' ? ` It says: ${error.message}` : '';
    throw new WalletError(`${wallet.name} did not agree.${said.slice(0, longestSaying)}`, {
      cause: error,
    });
  }
}

const longestSaying = 300;
