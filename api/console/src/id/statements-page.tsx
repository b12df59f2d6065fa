import { useState } from 'react';
import { pathOf } from '../app/navigation.ts';
import { download } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Select } from '../design/choice.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { Link } from '../design/link.tsx';
import { useNow } from '../design/use-now.ts';
import { AccountPage } from './account-page.tsx';
import { accountPath, type AccountRef, useAccountView } from './data.ts';
import { fileName } from './file-name.ts';
import { monthsSince, monthText, yearsSince } from './months.ts';
import { StatementDownloads } from './statement-downloads.tsx';

const mostMonths = 36;
const mostYears = 10;
const minuteMs = 60_000;

/** Statements and invoices by month, and what a tax return asks for by year. */
export default function StatementsPage() {
  return (
    <AccountPage
      title="Statements"
      description="Months in UTC. The present one is a draft until it is over."
    >
      {(account) => <Statements account={account} />}
    </AccountPage>
  );
}

function Statements({ account }: Readonly<{ account: AccountRef }>) {
  const view = useAccountView(account);
  const nowMs = useNow(minuteMs);
  return (
    <Loaded query={view} skeleton={<Skeleton lines={6} />}>
      {({ createdAt }) => (
        <Stack gap={5}>
          <TaxExport account={account} years={yearsSince(createdAt, nowMs, mostYears)} />
          <DataTable
            caption="Statements by month"
            columns={columnsFor(account)}
            rows={monthsSince(createdAt, nowMs, mostMonths)}
            rowKey={(month) => month}
          />
        </Stack>
      )}
    </Loaded>
  );
}

const columnsFor = (account: AccountRef) => [
  {
    id: 'month',
    header: 'Month',
    narrow: 'title' as const,
    cell: (month: string) => <Link to={pathOf('id', 'statements', month)}>{monthText(month)}</Link>,
  },
  {
    id: 'files',
    header: 'Download',
    cell: (month: string) => <StatementDownloads account={account} month={month} />,
  },
];

function TaxExport({
  account,
  years,
}: Readonly<{ account: AccountRef; years: readonly number[] }>) {
  const [year, setYear] = useState(String(years[0] ?? ''));
  const { namespace, name } = account;
  const save = useAction(() =>
    download(
      `${accountPath(namespace, name)}/taxes/${year}`,
      fileName([namespace, name, year, 'taxes'], 'csv'),
    ),
  );
  return (
    <Card title="Tax export">
      <Stack gap={3}>
        <p className="id-hint">
          Everything that was earned and spent in a year, each line with its fair value in USD when
          it was received.
        </p>
        <Row align="end">
          <Select
            label="Year"
            options={years.map((each) => ({ id: String(each), label: String(each) }))}
            value={year}
            onChange={setYear}
          />
          <Button onPress={() => save.mutate(undefined)} isPending={save.isPending}>
            Download CSV
          </Button>
        </Row>
      </Stack>
    </Card>
  );
}
