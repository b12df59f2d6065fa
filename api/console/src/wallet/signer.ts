import type { Wallet, WalletAccount } from '@wallet-standard/base';

/** A wallet and the account of it that signs. */
export type Signer = Readonly<{ wallet: Wallet; account: WalletAccount }>;

/** Kept until the page is left, so that a wallet is not asked to connect for each transaction. */
const connected = new Map<string, Signer>();

/** The one that was connected last is asked where any will do. */
export const rememberSigner = (signer: Signer): void => {
  connected.delete(signer.account.address);
  connected.set(signer.account.address, signer);
};

export const forgetSigner = (address: string): void => {
  connected.delete(address);
};

/**
 * Who signs for an address, if it was connected on this page.
 * @param address undefined: any will do
 */
export const signerOf = (address: string | undefined): Signer | undefined =>
  address === undefined ? [...connected.values()].at(-1) : connected.get(address);
