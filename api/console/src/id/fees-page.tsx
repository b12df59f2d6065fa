import { useState } from 'react';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import { Card } from '../design/card.tsx';
import { Select } from '../design/choice.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Facts } from '../design/facts.tsx';
import { TextField } from '../design/fields.tsx';
import { Split, Stack } from '../design/layout.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Money } from '../design/values.tsx';
import { AccountPage } from './account-page.tsx';
import { readAmount } from './amount-input.ts';
import { type AccountRef, type SeriesRow, useSeries } from './data.ts';
import { isZero } from './decimal.ts';
import { feeBreakdown, type FeeLine } from './fees.ts';
import { monthText } from './months.ts';

const months = 12;

/** What the network takes, of whom and why, and what it took of this account. */
export default function FeesPage() {
  return (
    <AccountPage
      title="Fees"
      description="Agreed for each lease when it begins, and rounded in favour of who pays."
    >
      {(account) => (
        <Split>
          <Stack gap={5}>
            <Calculator />
            <Taken account={account} />
          </Stack>
          <Why />
        </Split>
      )}
    </AccountPage>
  );
}

function Calculator() {
  const [typed, setTyped] = useState('100');
  const [asset, setAsset] = useState<Asset>('USDC');
  const read = readAmount(typed, asset);
  const breakdown = feeBreakdown(read.amount ?? '0', asset);
  return (
    <Card title="What a lease comes to">
      <Stack gap={4}>
        <div className="id-form">
          <TextField
            label="Price of the GPUs"
            value={typed}
            onChange={setTyped}
            suffix={asset}
            error={read.fault}
          />
          <Select
            label="Paid in"
            options={(['USDC', 'IO'] as const).map((id) => ({ id, label: id }))}
            value={asset}
            onChange={setAsset}
          />
        </div>
        <DataTable
          caption="Fees of a lease"
          columns={columnsOf(asset)}
          rows={breakdown.lines}
          rowKey={({ name }) => name}
        />
        <Facts
          items={[
            { label: 'The renter pays', value: <Money amount={breakdown.paid} asset={asset} /> },
            { label: 'The supplier keeps', value: <Money amount={breakdown.kept} asset={asset} /> },
          ]}
        />
      </Stack>
    </Card>
  );
}

const columnsOf = (asset: Asset) => [
  {
    id: 'name',
    header: 'Fee',
    narrow: 'title' as const,
    cell: ({ name, why }: FeeLine) => (
      <span className="id-two-lines">
        <span>{name}</span>
        <span>{why}</span>
      </span>
    ),
  },
  { id: 'who', header: 'Borne by', cell: ({ who }: FeeLine) => who },
  { id: 'rate', header: 'Rate', align: 'end' as const, cell: ({ rate }: FeeLine) => rate },
  {
    id: 'amount',
    header: 'Amount',
    align: 'end' as const,
    cell: ({ amount }: FeeLine) => <Money amount={amount} asset={asset} />,
  },
];

function Taken({ account }: Readonly<{ account: AccountRef }>) {
  const series = useSeries(account, months);
  return (
    <Card title="Taken of this account">
      <Loaded
        query={series}
        skeleton={<Skeleton lines={4} />}
        empty={({ items }) => feeMonths(items).length === 0}
        whenEmpty={<EmptyState title="No fees yet" />}
      >
        {({ items }) => (
          <DataTable
            caption="Fees by month"
            columns={takenColumns}
            rows={feeMonths(items)}
            rowKey={({ month, asset }) => `${month} ${asset}`}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** The newest first; a month that had none in an asset says nothing. */
const feeMonths = (items: readonly SeriesRow[]): readonly SeriesRow[] =>
  items.filter(({ fees }) => !isZero(fees)).toReversed();

const takenColumns = [
  {
    id: 'month',
    header: 'Month',
    narrow: 'title' as const,
    cell: ({ month }: SeriesRow) => monthText(month),
  },
  {
    id: 'fees',
    header: 'Fees',
    align: 'end' as const,
    cell: ({ fees, asset }: SeriesRow) => <Money amount={fees} asset={asset} />,
  },
  {
    id: 'spent',
    header: 'Spent before fees',
    align: 'end' as const,
    cell: ({ spent, asset }: SeriesRow) => <Money amount={spent} asset={asset} />,
  },
  {
    id: 'earned',
    header: 'Earned before fees',
    align: 'end' as const,
    cell: ({ earned, asset }: SeriesRow) => <Money amount={earned} asset={asset} />,
  },
];

function Why() {
  return (
    <Card title="Why">
      <Stack gap={3}>
        <p>
          <strong>0.25 % on either side</strong> is for the reservation: devices are held for one
          renter and the money for one supplier, second by second.
        </p>
        <p>
          <strong>2 % for USDC</strong> is what paying in USDC costs more than paying in IO. Leases
          that are paid in IO do not have it.
        </p>
        <p>
          <strong>Block rewards</strong> have no fee. Nor have deposits and withdrawals; the chain’s
          own fee for a transaction is paid by whoever signs it.
        </p>
        <p className="id-hint">
          These are the usual rates. What was agreed for a lease stands in its statement and does
          not change while it lasts.
        </p>
      </Stack>
    </Card>
  );
}
