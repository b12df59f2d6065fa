import { useState } from 'react';
import type { AccountView } from '../../../../operator/domain/views/types.ts';
import { api } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { Badge } from '../design/badge.tsx';
import { Card } from '../design/card.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { Facts } from '../design/facts.tsx';
import { Stack } from '../design/layout.tsx';
import { ErrorState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Address } from '../design/values.tsx';
import { signChallenge } from '../wallet/sign-in.ts';
import type { Signer } from '../wallet/signer.ts';
import { WalletError } from '../wallet/standard.ts';
import { WalletPicker } from '../wallet/wallet-picker.tsx';
import { AccountPage } from './account-page.tsx';
import { accountPath, type AccountRef, useAccountView } from './data.ts';

/** Which wallet belongs to the account, and proving that it does. */
export default function WalletPage() {
  return (
    <AccountPage
      title="Wallet"
      description="An account is paid to, and stakes with, one wallet at a time."
    >
      {(account) => <Wallet account={account} />}
    </AccountPage>
  );
}

function Wallet({ account }: Readonly<{ account: AccountRef }>) {
  const view = useAccountView(account);
  return (
    <Loaded query={view} skeleton={<Skeleton lines={5} />}>
      {(data) => (
        <Stack gap={5}>
          <Present view={data} />
          {data.wallet !== undefined && data.wallet !== '' && !data.walletProved && (
            <Prove account={account} wallet={data.wallet} />
          )}
          <Another view={data} />
        </Stack>
      )}
    </Loaded>
  );
}

function Present({ view: { wallet, walletProved } }: Readonly<{ view: AccountView }>) {
  if (wallet === undefined || wallet === '') {
    return (
      <Notice tone="warn" title="The account has no wallet yet">
        Name one below; then sign once to prove that it is yours.
      </Notice>
    );
  }
  return (
    <Card title="Wallet of the account">
      <Facts
        items={[
          { label: 'Address', value: <Address value={wallet} ends={8} /> },
          {
            label: 'Proved',
            value: walletProved ? (
              <Badge tone="good">Proved by signature</Badge>
            ) : (
              <Badge tone="warn">Not proved</Badge>
            ),
            hint: walletProved
              ? 'Withdrawals go there, its stakes count, and it claims the rewards.'
              : 'Until then nothing is paid out and no stake counts.',
          },
        ]}
      />
    </Card>
  );
}

function Prove({ account, wallet }: Readonly<{ account: AccountRef; wallet: string }>) {
  const { namespace, name } = account;
  const [isAsked, setAsked] = useState(false);
  const prove = useAction((signer: Signer) => proveWallet(account, signer), {
    quiet: true,
    success: 'The wallet is proved',
    invalidates: [['account', namespace, name]],
  });
  const { error } = prove;
  return (
    <Card title="Prove it">
      <Stack gap={3}>
        <p>
          The wallet signs a text that names this account. It moves nothing and costs nothing, and
          binds the wallet to the account for ever.
        </p>
        <WalletPicker
          address={wallet}
          onPick={(signer) => {
            setAsked(true);
            prove.mutate(signer);
          }}
        />
        <div role="status">
          {isAsked && prove.isPending && (
            <Notice tone="info">Look at your wallet: it shows the text to sign.</Notice>
          )}
          {error instanceof WalletError && <Notice tone="warn">{error.message}</Notice>}
          {error !== null && !(error instanceof WalletError) && <ErrorState error={error} />}
        </div>
      </Stack>
    </Card>
  );
}

async function proveWallet(
  { namespace, name }: AccountRef,
  { wallet, account }: Signer,
): Promise<void> {
  const path = `${accountPath(namespace, name)}/wallet`;
  const { message } = await api<{ message: string }>(`${path}/challenge`, { method: 'POST' });
  const body = await signChallenge(wallet, account, message);
  await api(`${path}/proof`, { method: 'POST', body });
}

/** spec.wallet is the tenant's to write: RBAC of the hub says who may. */
function Another({ view: { namespace, name } }: Readonly<{ view: AccountView }>) {
  const patch = JSON.stringify({ spec: { wallet: 'ADDRESS' } });
  return (
    <Card title="Name a wallet">
      <Stack gap={3}>
        <p>
          Whoever may update the account on the hub names its wallet. After that it has to be proved
          here.
        </p>
        <CodeBlock
          label="With the address of your wallet for ADDRESS"
          wrap
          code={`kubectl patch ioaccount ${name} -n ${namespace} --type merge -p '${patch}'`}
        />
      </Stack>
    </Card>
  );
}
