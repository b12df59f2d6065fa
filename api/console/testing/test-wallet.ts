import { registerWallet } from '@wallet-standard/wallet';
import { createTestWallet, type TestWalletControl, type TestWalletOptions } from './wallet.ts';

/**
 * Registers a test wallet in the page that this script runs in; see bundle-test-wallet.ts. A page that
 * is no secure context, such as about:blank, has no keys and gets none.
 */
type TestPage = {
  ioTestWalletOptions?: Readonly<{ seed: readonly number[]; name?: string; signIn?: boolean }>;
  ioTestWallet?: TestWalletControl & Readonly<{ address: string }>;
};

const page = globalThis as TestPage;
const options = page.ioTestWalletOptions;

if (options !== undefined && globalThis.isSecureContext) {
  const { seed, ...rest } = options;
  void register({ ...rest, seed: Uint8Array.from(seed) });
}

async function register(asked: TestWalletOptions): Promise<void> {
  const { wallet, control, address } = await createTestWallet(asked);
  registerWallet(wallet);
  page.ioTestWallet = Object.assign(control, { address });
}
