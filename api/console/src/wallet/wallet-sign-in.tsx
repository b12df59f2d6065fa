import { useState } from 'react';
import { api } from '../client/fetch.ts';
import { Stack } from '../design/layout.tsx';
import { ErrorState, Notice } from '../design/state.tsx';
import { signChallenge } from './sign-in.ts';
import type { Signer } from './signer.ts';
import { WalletError } from './standard.ts';
import { WalletPicker } from './wallet-picker.tsx';

/** Signs in with a wallet: it signs a text that says so. Nothing is moved, and it costs nothing. */
export default function WalletSignIn({ onSignedIn }: Readonly<{ onSignedIn: () => void }>) {
  const [isSigning, setSigning] = useState(false);
  const [error, setError] = useState<unknown>();
  const pick = async (signer: Signer): Promise<void> => {
    setSigning(true);
    setError(undefined);
    try {
      await signIn(signer);
      onSignedIn();
    } catch (caught) {
      setError(caught);
    } finally {
      setSigning(false);
    }
  };
  return (
    <Stack gap={3}>
      <WalletPicker onPick={(signer) => void pick(signer)} />
      <div role="status">
        {isSigning && <Notice tone="info">Look at your wallet: it shows the text to sign.</Notice>}
        {error instanceof WalletError && <Notice tone="warn">{error.message}</Notice>}
        {error !== undefined && !(error instanceof WalletError) && <ErrorState error={error} />}
      </div>
    </Stack>
  );
}

async function signIn({ wallet, account }: Signer): Promise<void> {
  const { message } = await api<{ message: string }>('/session/wallet/challenge', {
    method: 'POST',
    body: { wallet: account.address },
  });
  const body = await signChallenge(wallet, account, message);
  await api('/session/wallet', { method: 'POST', body });
}
