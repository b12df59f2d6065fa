import {
  createKeyPairFromPrivateKeyBytes,
  getAddressFromPublicKey,
  getTransactionDecoder,
  getTransactionEncoder,
  partiallySignTransaction,
  signBytes,
} from '@solana/kit';
import type {
  SolanaSignInInput,
  SolanaSignMessageInput,
  SolanaSignTransactionInput,
} from '@solana/wallet-standard-features';
import { createSignInMessage } from '@solana/wallet-standard-util';
import type { Wallet, WalletAccount } from '@wallet-standard/base';

/** How a test wallet behaves; may be changed while it is used. */
export type TestWalletControl = {
  /** `hang`: it never answers, as when nobody looks at the extension. */
  answer: 'approve' | 'reject' | 'hang';
  /** What it was asked, in words, the last one last. */
  readonly asked: string[];
};

export type TestWalletOptions = Readonly<{
  /** 32 bytes of the private key. */
  seed: Uint8Array;
  name?: string;
  /** Whether it has solana:signIn, or signs plain messages only. */
  signIn?: boolean;
}>;

export type TestWallet = Readonly<{ wallet: Wallet; control: TestWalletControl; address: string }>;

const chains = ['solana:mainnet', 'solana:devnet', 'solana:testnet', 'solana:localnet'] as const;
const features = ['solana:signTransaction', 'solana:signMessage', 'solana:signIn'] as const;
/** An empty picture. */
const icon = 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=';

/**
 * A wallet of the wallet standard with one real ed25519 key, that approves or rejects as it is told. For
 * tests only: it asks nobody.
 */
export async function createTestWallet(options: TestWalletOptions): Promise<TestWallet> {
  const { seed, name = 'Test wallet', signIn: hasSignIn = true } = options;
  const keys = await createKeyPairFromPrivateKeyBytes(seed, true);
  const address = await getAddressFromPublicKey(keys.publicKey);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  const control: TestWalletControl = { answer: 'approve', asked: [] };
  const account: WalletAccount = { address, publicKey, chains, features };
  const ask = asking(control);
  const connected: WalletAccount[] = [];
  const sign = (bytes: Uint8Array): Promise<Uint8Array> =>
    signBytes(keys.privateKey, bytes).then((signature) => new Uint8Array(signature));
  const wallet: Wallet = {
    version: '1.0.0',
    name,
    icon,
    chains,
    get accounts() {
      return connected;
    },
    features: {
      'standard:connect': {
        version: '1.0.0',
        connect: async () => {
          await ask('connect');
          if (connected.length === 0) connected.push(account);
          return { accounts: connected };
        },
      },
      'standard:events': { version: '1.0.0', on: () => () => undefined },
      'solana:signMessage': {
        version: '1.1.0',
        signMessage: each(async ({ message }: SolanaSignMessageInput) => {
          await ask(`signMessage ${new TextDecoder().decode(message)}`);
          return { signedMessage: message, signature: await sign(message) };
        }),
      },
      ...(hasSignIn ? { 'solana:signIn': signInFeature(account, ask, sign) } : {}),
      'solana:signTransaction': {
        version: '1.0.0',
        supportedTransactionVersions: ['legacy', 0],
        signTransaction: each(async ({ transaction }: SolanaSignTransactionInput) => {
          await ask('signTransaction');
          const read = getTransactionDecoder().decode(transaction);
          const signed = await partiallySignTransaction([keys], read);
          return { signedTransaction: new Uint8Array(getTransactionEncoder().encode(signed)) };
        }),
      },
    },
  };
  return { wallet, control, address };
}

type Ask = (what: string) => Promise<void>;

/** The text is made as the standard says, not as our server does: a test compares both. */
function signInFeature(
  account: WalletAccount,
  ask: Ask,
  sign: (bytes: Uint8Array) => Promise<Uint8Array>,
) {
  return {
    version: '1.0.0' as const,
    signIn: each(async (input: SolanaSignInInput = {}) => {
      const domain = input.domain ?? '';
      const message = createSignInMessage({ ...input, domain, address: account.address });
      await ask(`signIn ${new TextDecoder().decode(message)}`);
      return { account, signedMessage: message, signature: await sign(message) };
    }),
  };
}

/** A method of the standard: any number of inputs, as many outputs. */
const each =
  <Input, Output>(one: (input: Input) => Promise<Output>) =>
  (...inputs: readonly Input[]): Promise<readonly Output[]> =>
    Promise.all(inputs.map((input) => one(input)));

/** Asks whoever controls the wallet. */
function asking(control: TestWalletControl): Ask {
  return async (what) => {
    control.asked.push(what);
    if (control.answer === 'hang') await new Promise(() => undefined);
    if (control.answer === 'reject') throw new Error('User rejected the request.');
  };
}
