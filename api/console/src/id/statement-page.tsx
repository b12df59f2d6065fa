import { useParams } from '../app/navigation.ts';
import { useApi } from '../client/use-api.ts';
import { Card } from '../design/card.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Facts } from '../design/facts.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { useNow } from '../design/use-now.ts';
import { Count, Money, Name, Time } from '../design/values.tsx';
import { AccountPage } from './account-page.tsx';
import { balanceWord } from './balance-words.ts';
import { causeTitle, causeWhy } from './causes.ts';
import { accountPath, type AccountRef } from './data.ts';
import { addDecimals, subtractDecimals } from './decimal.ts';
import { isMonth, monthOf, monthText } from './months.ts';
import {
  deviceHours,
  isEmptyStatement,
  type StatementBody,
  type StatementUsage,
} from './statement.ts';
import { StatementDownloads } from './statement-downloads.tsx';

const minuteMs = 60_000;

/** A month of an account, line by line. */
export default function StatementPage() {
  const { month = '' } = useParams();
  return (
    <AccountPage
      title={isMonth(month) ? monthText(month) : 'Statement'}
      crumbs={[{ to: '/id/statements', label: 'Statements' }]}
    >
      {(account) =>
        isMonth(month) ? (
          <StatementOf account={account} month={month} />
        ) : (
          <EmptyState title="This is no month">Months look like 2026-11.</EmptyState>
        )
      }
    </AccountPage>
  );
}

function StatementOf({ account, month }: Readonly<{ account: AccountRef; month: string }>) {
  const { namespace, name } = account;
  const statement = useApi<StatementBody>(
    ['account', namespace, name, 'statement', month],
    `${accountPath(namespace, name)}/statements/${month}`,
  );
  const isDraft = month >= monthOf(useNow(minuteMs));
  return (
    <Stack gap={5}>
      <StatementDownloads account={account} month={month} />
      {isDraft && (
        <Notice tone="info">The month is not over: this is what it comes to so far.</Notice>
      )}
      <Loaded
        query={statement}
        skeleton={<Skeleton lines={10} />}
        empty={isEmptyStatement}
        whenEmpty={<EmptyState title="Nothing happened in this month" />}
      >
        {(data) => <StatementParts statement={data} />}
      </Loaded>
    </Stack>
  );
}

function StatementParts({ statement }: Readonly<{ statement: StatementBody }>) {
  const { invoiceNumber, periodStart, periodEnd, rented, supplied, rewards } = statement;
  return (
    <>
      <Card title="Invoice">
        <Facts
          items={[
            { label: 'Number', value: <Name mono>{invoiceNumber}</Name> },
            { label: 'From', value: <Time at={periodStart} /> },
            { label: 'Until', value: <Time at={periodEnd} /> },
            statement.epochs !== undefined && {
              label: 'Epochs',
              value: `${statement.epochs.from} to ${statement.epochs.to}`,
            },
          ]}
        />
      </Card>
      <Balances balances={statement.balances} />
      {rented.length > 0 && (
        <Card title="Rented">
          <DataTable
            caption="What was rented"
            columns={rentedColumns}
            rows={rented}
            rowKey={usageKey}
          />
        </Card>
      )}
      {supplied.length > 0 && (
        <Card title="Supplied">
          <DataTable
            caption="What was supplied"
            columns={suppliedColumns}
            rows={supplied}
            rowKey={usageKey}
          />
        </Card>
      )}
      {(rewards.epochs > 0 || statement.unrewarded.length > 0) && <Rewards statement={statement} />}
      <Movements movements={statement.movements} />
    </>
  );
}

const usageKey = ({ cluster, member, model, asset, pricePerHour }: StatementUsage): string =>
  JSON.stringify([cluster, member, model, asset, pricePerHour]);

const hoursColumn = {
  id: 'hours',
  header: 'GPU hours',
  align: 'end' as const,
  cell: ({ deviceSeconds }: StatementUsage) => <Money amount={deviceHours(deviceSeconds)} />,
};
const nameColumn = (id: 'cluster' | 'member', header: string) => ({
  id,
  header,
  narrow: 'title' as const,
  cell: (line: StatementUsage) => (
    <span className="id-two-lines">
      <Name>{line[id]}</Name>
      <Name>{line.model === '' ? 'GPU' : line.model}</Name>
    </span>
  ),
});
const priceColumn = {
  id: 'price',
  header: 'Per hour',
  align: 'end' as const,
  cell: ({ pricePerHour, asset }: StatementUsage) =>
    pricePerHour === undefined ? 'several' : <Money amount={pricePerHour} asset={asset} />,
};
const moneyColumn = (id: string, header: string, of: (line: StatementUsage) => string) => ({
  id,
  header,
  align: 'end' as const,
  cell: (line: StatementUsage) => <Money amount={of(line)} asset={line.asset} />,
});

const rentedColumns = [
  nameColumn('cluster', 'Cluster, model'),
  hoursColumn,
  priceColumn,
  moneyColumn('usage', 'Use', ({ usage }) => usage),
  moneyColumn('fee', 'Fee and rounding', ({ renterFee, rounding }) =>
    addDecimals(renterFee, rounding),
  ),
  moneyColumn('total', 'Total', ({ total }) => total),
];

const suppliedColumns = [
  nameColumn('member', 'Data centre, model'),
  hoursColumn,
  priceColumn,
  moneyColumn('usage', 'Use', ({ usage }) => usage),
  moneyColumn('fee', 'Fee', ({ supplierFee }) => supplierFee),
  moneyColumn('earned', 'Earned', ({ usage, supplierFee }) => subtractDecimals(usage, supplierFee)),
];

type BalanceLine = StatementBody['balances'][number];

function Balances({ balances }: Pick<StatementBody, 'balances'>) {
  return (
    <Card title="Balances">
      <DataTable
        caption="Balances at the beginning and at the end"
        columns={balanceColumns}
        rows={balances}
        rowKey={({ account, asset }) => `${account} ${asset}`}
      />
    </Card>
  );
}

const balanceColumns = [
  {
    id: 'account',
    header: 'Balance',
    narrow: 'title' as const,
    cell: ({ account }: BalanceLine) => <bdi>{balanceWord(account)}</bdi>,
  },
  {
    id: 'opening',
    header: 'At first',
    align: 'end' as const,
    cell: ({ opening, asset }: BalanceLine) => <Money amount={opening} asset={asset} />,
  },
  {
    id: 'closing',
    header: 'At last',
    align: 'end' as const,
    cell: ({ closing, asset }: BalanceLine) => <Money amount={closing} asset={asset} />,
  },
];

function Rewards({ statement: { rewards, unrewarded } }: Readonly<{ statement: StatementBody }>) {
  return (
    <Card title="Block rewards">
      <Facts
        items={[
          { label: 'Received', value: <Money amount={rewards.amount} asset="IO" /> },
          {
            label: 'Fair value when received',
            value: (
              <>
                <Money amount={rewards.fairValueUsd} /> USD
              </>
            ),
          },
          /[1-9]/.test(rewards.unpriced) && {
            label: 'Without a price',
            value: <Money amount={rewards.unpriced} asset="IO" />,
          },
          ...unrewarded.map(({ devices, model, reasons }) => ({
            label: `Without rewards in the last epoch: ${model === '' ? 'unknown model' : model}`,
            value: <Count value={devices} />,
            hint: reasons.join(' '),
          })),
        ]}
      />
    </Card>
  );
}

type Movement = StatementBody['movements'][number];

function Movements({ movements }: Pick<StatementBody, 'movements'>) {
  return (
    <Card title="Movements">
      <DataTable
        caption="Movements by cause"
        columns={movementColumns}
        rows={movements}
        rowKey={({ account, cause, asset }) => `${account} ${cause} ${asset}`}
        empty={<EmptyState title="Nothing moved" />}
      />
    </Card>
  );
}

const movementColumns = [
  {
    id: 'cause',
    header: 'What',
    narrow: 'title' as const,
    cell: ({ cause }: Movement) => (
      <span className="id-two-lines">
        <span>{causeTitle(cause)}</span>
        <span>{causeWhy(cause)}</span>
      </span>
    ),
  },
  {
    id: 'account',
    header: 'Balance',
    cell: ({ account }: Movement) => <bdi>{balanceWord(account)}</bdi>,
  },
  {
    id: 'amount',
    header: 'Amount',
    align: 'end' as const,
    cell: ({ amount, asset }: Movement) => <Money amount={amount} asset={asset} sign />,
  },
];
