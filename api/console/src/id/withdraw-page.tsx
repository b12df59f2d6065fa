import { useState } from 'react';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import type { AccountView } from '../../../../operator/domain/views/types.ts';
import { useSite } from '../app/session.ts';
import { api, newIdempotencyKey } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { StatusDot } from '../design/badge.tsx';
import { Button, ButtonLink } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { RadioGroup, Select } from '../design/choice.tsx';
import { DataTable } from '../design/data-table.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { TextField } from '../design/fields.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { ExternalLink } from '../design/link.tsx';
import { Section } from '../design/page-header.tsx';
import { EmptyState, ErrorState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Address, Money, Time } from '../design/values.tsx';
import { transactionUrl } from '../explorer/links.ts';
import { AccountPage } from './account-page.tsx';
import { causeTitle } from './causes.ts';
import { accountPath, type AccountRef, useAccountView, useWithdrawals } from './data.ts';
import { useAmount } from './use-amount.ts';
import { type Withdrawal, withdrawalStage } from './withdrawal-state.ts';

/** Paying out to the wallet that the account proved, and how earlier ones stand. */
export default function WithdrawPage() {
  return (
    <AccountPage
      title="Withdraw"
      description="To the wallet that the account proved, and to no other."
    >
      {(account) => (
        <Stack gap={6}>
          <Withdraw account={account} />
          <Earlier account={account} />
        </Stack>
      )}
    </AccountPage>
  );
}

function Withdraw({ account }: Readonly<{ account: AccountRef }>) {
  const view = useAccountView(account);
  return (
    <Loaded query={view} skeleton={<Skeleton lines={6} />}>
      {(data) =>
        data.walletProved && data.wallet !== undefined ? (
          <WithdrawForm account={account} balances={data.balances} wallet={data.wallet} />
        ) : (
          <Notice
            tone="warn"
            title="Prove a wallet first"
            action={<ButtonLink to="/id/wallet">Prove the wallet</ButtonLink>}
          >
            Money only ever goes to a wallet that signed that it belongs to this account.
          </Notice>
        )
      }
    </Loaded>
  );
}

type Cause = Withdrawal['cause'];
type Asked = Readonly<{ asset: Asset; cause: Cause; amount: string; key: string }>;

const causes = [
  { id: 'Withdrawal' as const, label: 'What can be spent', description: 'The available balance.' },
  { id: 'Payout' as const, label: 'What was earned', description: 'By leases of your devices.' },
];

const assetOptions = (['USDC', 'IO'] as const).map((id) => ({ id, label: id }));

function WithdrawForm({
  account: { namespace, name },
  balances,
  wallet,
}: Readonly<{ account: AccountRef; balances: AccountView['balances']; wallet: string }>) {
  const [asset, setAsset] = useState<Asset>(balances[0]?.asset ?? 'USDC');
  const [cause, setCause] = useState<Cause>('Withdrawal');
  const [asked, setAsked] = useState<Asked>();
  const balance = balances.find((each) => each.asset === asset);
  const most = (cause === 'Payout' ? balance?.earned : balance?.available) ?? '0.00';
  const field = useAmount(asset, { most });
  const submit = (): void => {
    const amount = field.submit();
    // The key is made once, so that confirming twice pays once.
    if (amount !== undefined) setAsked({ asset, cause, amount, key: newIdempotencyKey() });
  };
  return (
    <Card title="To your wallet">
      <form
        className="id-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <RadioGroup label="From" options={causes} value={cause} onChange={setCause} />
        <Select label="Asset" options={assetOptions} value={asset} onChange={setAsset} />
        <TextField
          label="Amount"
          value={field.typed}
          onChange={field.change}
          suffix={asset}
          error={field.fault}
          description={
            <>
              There are <Money amount={most} asset={asset} />.
            </>
          }
          isRequired
        />
        <Row>
          <Button type="submit" variant="primary">
            Withdraw
          </Button>
          <Button variant="quiet" onPress={() => field.change(most)}>
            All of it
          </Button>
        </Row>
      </form>
      {asked !== undefined && (
        <ConfirmWithdrawal
          asked={asked}
          account={{ namespace, name }}
          wallet={wallet}
          onClose={() => setAsked(undefined)}
          onTaken={() => {
            setAsked(undefined);
            field.reset();
          }}
        />
      )}
    </Card>
  );
}

function ConfirmWithdrawal({
  asked,
  account: { namespace, name },
  wallet,
  onClose,
  onTaken,
}: Readonly<{
  asked: Asked;
  account: AccountRef;
  wallet: string;
  onClose: () => void;
  onTaken: () => void;
}>) {
  const { asset, amount, cause, key: idempotencyKey } = asked;
  const ask = useAction(
    () =>
      api(`${accountPath(namespace, name)}/withdrawals`, {
        method: 'POST',
        body: { asset, amount, cause },
        idempotencyKey,
      }),
    {
      quiet: true,
      success: 'The withdrawal was taken',
      invalidates: [['account', namespace, name]],
      onSuccess: onTaken,
    },
  );
  return (
    <ConfirmDialog
      title="Withdraw?"
      isOpen
      onClose={onClose}
      onConfirm={() => ask.mutate(undefined)}
      confirmLabel="Withdraw"
      tone="primary"
      isPending={ask.isPending}
    >
      <Stack gap={3}>
        <p>
          <Money amount={amount} asset={asset} /> go to <Address value={wallet} ends={6} />. What is
          on its way cannot be called back.
        </p>
        {ask.error !== null && <ErrorState error={ask.error} />}
      </Stack>
    </ConfirmDialog>
  );
}

function Earlier({ account }: Readonly<{ account: AccountRef }>) {
  const withdrawals = useWithdrawals(account);
  return (
    <Section title="Withdrawals" description="The newest 100.">
      <Loaded
        query={withdrawals}
        skeleton={<Skeleton lines={4} />}
        empty={({ items }) => items.length === 0}
        whenEmpty={<EmptyState title="Nothing was withdrawn yet" />}
      >
        {({ items }) => (
          <DataTable caption="Withdrawals" columns={columns} rows={items} rowKey={({ id }) => id} />
        )}
      </Loaded>
    </Section>
  );
}

const columns = [
  {
    id: 'amount',
    header: 'Amount',
    narrow: 'title' as const,
    cell: ({ amount, asset }: Withdrawal) => <Money amount={amount} asset={asset} />,
  },
  {
    id: 'state',
    header: 'State',
    cell: (withdrawal: Withdrawal) => {
      const { tone, label, text } = withdrawalStage(withdrawal);
      return (
        <span className="id-two-lines">
          <StatusDot tone={tone}>{label}</StatusDot>
          {text !== '' && <bdi>{text}</bdi>}
        </span>
      );
    },
  },
  { id: 'cause', header: 'From', cell: ({ cause }: Withdrawal) => causeTitle(cause) },
  { id: 'wallet', header: 'To', cell: ({ wallet }: Withdrawal) => <Address value={wallet} /> },
  {
    id: 'asked',
    header: 'Asked',
    cell: ({ askedAt }: Withdrawal) => <Time at={askedAt} relative />,
  },
  {
    id: 'chain',
    header: 'On the chain',
    cell: ({ signature }: Withdrawal) => (signature === null ? '–' : <OnChain of={signature} />),
  },
];

function OnChain({ of }: Readonly<{ of: string }>) {
  const href = transactionUrl(useSite()?.explorerUrlTemplate, of);
  return href === undefined ? (
    <Address value={of} />
  ) : (
    <ExternalLink href={href}>See it</ExternalLink>
  );
}
