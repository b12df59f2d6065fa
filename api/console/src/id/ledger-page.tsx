import { DataTable } from '../design/data-table.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Address, Money, Time } from '../design/values.tsx';
import { AccountPage } from './account-page.tsx';
import { balanceWord } from './balance-words.ts';
import { causeTitle, causeWhy } from './causes.ts';
import { type AccountRef, type LedgerRow, useLedger } from './data.ts';

/** Everything that moved on an account, the newest first. */
export default function LedgerPage() {
  return (
    <AccountPage
      title="Ledger"
      description="Every transfer of the account, exact and never changed afterwards."
    >
      {(account) => <Ledger account={account} />}
    </AccountPage>
  );
}

function Ledger({ account }: Readonly<{ account: AccountRef }>) {
  const ledger = useLedger(account);
  return (
    <Loaded
      query={ledger}
      skeleton={<Skeleton lines={8} />}
      empty={() => ledger.items.length === 0}
      whenEmpty={<EmptyState title="Nothing has moved yet" />}
    >
      {() => (
        <DataTable
          caption="Transfers"
          columns={columns}
          rows={ledger.items}
          rowKey={({ transferId, account: kind }) => `${transferId}/${kind}`}
          hasMore={ledger.hasMore}
          loadMore={ledger.loadMore}
          isLoadingMore={ledger.isLoadingMore}
        />
      )}
    </Loaded>
  );
}

const columns = [
  {
    id: 'cause',
    header: 'What',
    narrow: 'title' as const,
    cell: ({ cause }: LedgerRow) => (
      <span className="id-two-lines">
        <span>{causeTitle(cause)}</span>
        <span>{causeWhy(cause)}</span>
      </span>
    ),
  },
  {
    id: 'amount',
    header: 'Amount',
    align: 'end' as const,
    cell: ({ amount, asset }: LedgerRow) => <Money amount={amount} asset={asset} sign />,
  },
  {
    id: 'account',
    header: 'Balance',
    cell: ({ account }: LedgerRow) => <bdi>{balanceWord(account)}</bdi>,
  },
  { id: 'time', header: 'When', cell: ({ time }: LedgerRow) => <Time at={time} /> },
  {
    id: 'epoch',
    header: 'Epoch',
    align: 'end' as const,
    narrow: 'hide' as const,
    cell: ({ epoch }: LedgerRow) => epoch,
  },
  {
    id: 'id',
    header: 'Transfer',
    cell: ({ transferId }: LedgerRow) => <Address value={transferId} />,
  },
];
