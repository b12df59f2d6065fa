import type { Wallet, WalletAccount } from '@wallet-standard/base';
import { useState } from 'react';
import { Button } from '../design/button.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Notice } from '../design/state.tsx';
import { Address, Name } from '../design/values.tsx';
import { rememberSigner, type Signer } from './signer.ts';
import { connect, WalletError } from './standard.ts';
import { useWallets } from './use-wallets.ts';
import './wallet.css';

/** The wallets of this browser; connecting to one names the account that signs. */
export function WalletPicker({
  address,
  onPick,
}: Readonly<{
  /** The only account that will do; undefined: any. */
  address?: string | undefined;
  onPick: (signer: Signer) => void;
}>) {
  const wallets = useWallets();
  const [connecting, setConnecting] = useState<Wallet>();
  const [fault, setFault] = useState<string>();
  const [choice, setChoice] = useState<readonly Signer[]>([]);
  const pick = (signer: Signer): void => {
    rememberSigner(signer);
    onPick(signer);
  };
  const press = async (wallet: Wallet): Promise<void> => {
    setConnecting(wallet);
    setFault(undefined);
    setChoice([]);
    try {
      const accounts = accountsFor(wallet, await connect(wallet), address);
      const [only] = accounts;
      if (accounts.length === 1 && only !== undefined) pick({ wallet, account: only });
      else setChoice(accounts.map((account) => ({ wallet, account })));
    } catch (error) {
      setFault(error instanceof WalletError ? error.message : 'The wallet did not answer.');
    } finally {
      setConnecting(undefined);
    }
  };
  if (wallets.length === 0) return <NoWallet />;
  return (
    <Stack gap={3}>
      {address !== undefined && (
        <p className="wl-hint">
          The wallet of this account has to sign: <Address value={address} />
        </p>
      )}
      <ul className="wl-list">
        {wallets.map((wallet) => (
          <li key={wallet.name}>
            <WalletButton
              wallet={wallet}
              isPending={connecting === wallet}
              onPress={() => void press(wallet)}
            />
          </li>
        ))}
      </ul>
      {choice.length > 0 && <AccountChoice choice={choice} onPick={pick} />}
      <div role="status">{fault !== undefined && <Notice tone="warn">{fault}</Notice>}</div>
    </Stack>
  );
}

/** @throws WalletError when none of them will do */
function accountsFor(
  { name }: Wallet,
  accounts: readonly WalletAccount[],
  address: string | undefined,
): readonly WalletAccount[] {
  const fitting = accounts.filter(
    (account) => address === undefined || account.address === address,
  );
  if (fitting.length > 0) return fitting;
  throw new WalletError(
    accounts.length === 0
      ? `${name} let this site see no account of Solana.`
      : `${name} is connected with another account; switch to the one above in the wallet.`,
  );
}

function WalletButton({
  wallet,
  isPending,
  onPress,
}: Readonly<{ wallet: Wallet; isPending: boolean; onPress: () => void }>) {
  // The standard has icons as data; anything else would tell a third party who looks.
  const icon = wallet.icon.startsWith('data:image/') ? wallet.icon : undefined;
  return (
    <Button isPending={isPending} onPress={onPress}>
      <span className="wl-button">
        {icon !== undefined && <img src={icon} alt="" width="24" height="24" />}
        <Name>{wallet.name}</Name>
      </span>
    </Button>
  );
}

function AccountChoice({
  choice,
  onPick,
}: Readonly<{ choice: readonly Signer[]; onPick: (signer: Signer) => void }>) {
  return (
    <Stack gap={2}>
      <p>Which account?</p>
      {choice.map((signer) => (
        <Button key={signer.account.address} onPress={() => onPick(signer)}>
          <Name mono>{signer.account.address}</Name>
        </Button>
      ))}
    </Stack>
  );
}

const NoWallet = () => (
  <EmptyState title="No wallet was found in this browser">
    Install a wallet of Solana as a browser extension, unlock it and come back: it shows up here by
    itself. On a phone, open this page in the browser of your wallet.
  </EmptyState>
);
