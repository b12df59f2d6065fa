import type { AccountView } from '../../../../operator/domain/views/types.ts';
import { ButtonLink } from '../design/button.tsx';
import { Card, Cards } from '../design/card.tsx';
import { Chart } from '../design/chart.tsx';
import { Facts } from '../design/facts.tsx';
import { formatDecimal } from '../design/format.ts';
import { Row, Stack } from '../design/layout.tsx';
import { Section } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Money } from '../design/values.tsx';
import { RewardsCard } from '../wallet/rewards-card.tsx';
import { AccountPage } from './account-page.tsx';
import { type AccountRef, useAccountView, useSeries } from './data.ts';
import { chartOf, type MoneyChart } from './series.ts';

const months = 12;

/** What an account has, and what came and went by month. */
export default function BalancesPage() {
  return (
    <AccountPage
      title="Balances"
      description="What the account has, exactly as the ledger does."
      actions={
        <>
          <ButtonLink to="/id/deposit">Deposit</ButtonLink>
          <ButtonLink to="/id/withdraw">Withdraw</ButtonLink>
        </>
      }
    >
      {(account) => (
        <Stack gap={6}>
          <Balances account={account} />
          <OverTime account={account} />
        </Stack>
      )}
    </AccountPage>
  );
}

function Balances({ account }: Readonly<{ account: AccountRef }>) {
  const view = useAccountView(account);
  return (
    <Loaded query={view} skeleton={<Skeleton lines={6} />}>
      {(data) => (
        <Stack gap={4}>
          {data.balances.length === 0 ? (
            <EmptyState
              title="Nothing yet"
              action={<ButtonLink to="/id/deposit">Deposit</ButtonLink>}
            >
              Pay in to rent, or join with a data centre to earn.
            </EmptyState>
          ) : (
            <Cards min="22rem">
              {data.balances.map((balance) => (
                <BalanceCard key={balance.asset} balance={balance} />
              ))}
            </Cards>
          )}
          {data.kind !== 'Renter' && (
            <RewardsCard wallet={data.wallet} walletProved={data.walletProved} />
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function BalanceCard({ balance }: Readonly<{ balance: AccountView['balances'][number] }>) {
  const { asset, available, held, earned } = balance;
  return (
    <Card title={asset}>
      <Facts
        items={[
          {
            label: 'Available',
            value: <Money amount={available} asset={asset} />,
            hint: 'to spend or withdraw',
          },
          {
            label: 'Reserved',
            value: <Money amount={held} asset={asset} />,
            hint: 'for leases that run; the rest comes back',
          },
          {
            label: 'Earned',
            value: <Money amount={earned} asset={asset} />,
            hint: 'not paid out yet',
          },
        ]}
      />
    </Card>
  );
}

function OverTime({ account }: Readonly<{ account: AccountRef }>) {
  const series = useSeries(account, months);
  return (
    <Section
      title="Earnings and spending"
      description="By month in UTC, as statements are."
      actions={
        <Row>
          <ButtonLink to="/id/statements" size="s">
            Statements
          </ButtonLink>
        </Row>
      }
    >
      <Loaded
        query={series}
        skeleton={<Skeleton lines={1} height={200} />}
        empty={({ items }) => items.length === 0}
        whenEmpty={<EmptyState title="Nothing was earned or spent yet" />}
      >
        {({ items }) => (
          <Stack gap={5}>
            {(['USDC', 'IO'] as const).map((asset) => {
              const chart = chartOf(items, asset);
              return chart === undefined ? null : <MoneyByMonth key={asset} chart={chart} />;
            })}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function MoneyByMonth({ chart }: Readonly<{ chart: MoneyChart }>) {
  return (
    <Card>
      <Chart
        title={`Earnings and spending in ${chart.asset}`}
        x={chart.times}
        series={chart.series}
        format={(value) => formatDecimal(value.toFixed(2))}
        height={220}
        min={0}
      />
    </Card>
  );
}
