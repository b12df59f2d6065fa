import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import type { AccountView } from '../../../../operator/domain/views/types.ts';
import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Select } from '../design/choice.tsx';
import { CopyButton } from '../design/copy.tsx';
import { TextField } from '../design/fields.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { EmptyState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Tabs } from '../design/tabs.tsx';
import TransactionDialog from '../wallet/transaction-dialog.tsx';
import { AccountPage } from './account-page.tsx';
import { type AccountRef, useAccountView } from './data.ts';
import { useAmount } from './use-amount.ts';

const QrCode = lazy(() => import('./qr-code.tsx'));

/** Paying in: with a wallet in this browser, or from anywhere else by address and reference. */
export default function DepositPage() {
  return (
    <AccountPage
      title="Deposit"
      description="Tokens are credited once the chain is final, within a minute as a rule."
    >
      {(account) => <Deposit account={account} />}
    </AccountPage>
  );
}

function Deposit({ account }: Readonly<{ account: AccountRef }>) {
  const view = useAccountView(account);
  return (
    <Loaded
      query={view}
      skeleton={<Skeleton lines={8} />}
      empty={({ deposit }) => deposit === undefined}
      whenEmpty={
        <EmptyState title="Deposits are not open">
          This network has no chain connected, or has not given the account its reference yet.
        </EmptyState>
      }
    >
      {({ deposit }) =>
        deposit === undefined ? null : (
          <Stack gap={5}>
            <WithWallet account={account} assets={deposit.accounts.map(({ asset }) => asset)} />
            <ByTransfer deposit={deposit} />
          </Stack>
        )
      }
    </Loaded>
  );
}

function WithWallet({
  account: { namespace, name },
  assets,
}: Readonly<{ account: AccountRef; assets: readonly Asset[] }>) {
  const [asset, setAsset] = useState<Asset>(assets[0] ?? 'USDC');
  const [amount, setAmount] = useState<string>();
  const client = useQueryClient();
  const field = useAmount(asset);
  return (
    <Card title="With a wallet in this browser">
      <form
        className="id-form"
        onSubmit={(event) => {
          event.preventDefault();
          setAmount(field.submit());
        }}
      >
        <Select
          label="Asset"
          options={assets.map((id) => ({ id, label: id }))}
          value={asset}
          onChange={setAsset}
        />
        <TextField
          label="Amount"
          value={field.typed}
          onChange={field.change}
          suffix={asset}
          error={field.fault}
          description="It comes from the wallet that you connect; the reference is put in by itself."
          isRequired
        />
        <Row>
          <Button type="submit" variant="primary">
            Go on to the wallet
          </Button>
        </Row>
      </form>
      {amount !== undefined && (
        <TransactionDialog
          title="Deposit"
          action={{ type: 'deposit', account: `${namespace}/${name}`, asset, amount }}
          onClose={() => setAmount(undefined)}
          onDone={() => void client.invalidateQueries({ queryKey: ['account', namespace, name] })}
        />
      )}
    </Card>
  );
}

function ByTransfer({ deposit }: Readonly<{ deposit: NonNullable<AccountView['deposit']> }>) {
  const { reference, accounts } = deposit;
  return (
    <Card title="From anywhere else">
      <Stack gap={4}>
        <Notice tone="warn" title="The reference has to be in the memo">
          Tokens without it arrive, but nobody knows whose they are until a person has looked.
        </Notice>
        <Tabs
          label="Asset"
          tabs={accounts.map(({ asset, address }) => ({
            id: asset,
            label: asset,
            content: <TransferFacts asset={asset} address={address} reference={reference} />,
          }))}
        />
      </Stack>
    </Card>
  );
}

function TransferFacts({
  asset,
  address,
  reference,
}: Readonly<{ asset: Asset; address: string; reference: string }>) {
  return (
    <div className="id-deposit">
      <Suspense fallback={<Skeleton lines={1} height={200} />}>
        <QrCode text={address} label={`QR code of the address for ${asset}`} />
      </Suspense>
      <Stack gap={4}>
        <Copyable
          label={`Token account for ${asset} on Solana`}
          text={address}
          word="Copy address"
        />
        <Copyable label="Memo" text={reference} word="Copy memo" />
        <p className="id-hint">
          Send {asset} only; other tokens cannot be credited. The code holds the address alone, so
          put the memo in by hand.
        </p>
      </Stack>
    </div>
  );
}

function Copyable({ label, text, word }: Readonly<{ label: string; text: string; word: string }>) {
  return (
    <div>
      <p className="id-hint">{label}</p>
      <p className="id-code">
        <bdi>{text}</bdi>
      </p>
      <CopyButton text={text} label={word} />
    </div>
  );
}
