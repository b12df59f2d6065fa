import type { AccountView } from '../../../../operator/domain/views/types.ts';
import { pathOf } from '../app/navigation.ts';
import { useApi } from '../client/use-api.ts';
import { ButtonLink } from '../design/button.tsx';
import { Stat, Stats } from '../design/card.tsx';
import { Stack } from '../design/layout.tsx';
import { StackedBar } from '../design/meter.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { EmptyState, ErrorState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Count, Money } from '../design/values.tsx';
import { accountPath } from '../id/data.ts';
import { RewardsCard } from '../wallet/rewards-card.tsx';
import { AccountGate } from './account-gate.tsx';
import { CaseTable } from './case-table.tsx';
import { type DeviceCounts, useCases, useDeviceCounts, useMembers } from './data.ts';
import { MemberTable } from './member-table.tsx';

/** How an account's data centres, devices and cases stand. */
export default function OverviewPage() {
  return (
    <>
      <PageHeader
        title="Workers"
        description="Your data centres and GPUs: what they do, what they earn, and what they need."
        actions={
          <ButtonLink to="/workers/join" variant="primary">
            Join with a data centre
          </ButtonLink>
        }
      />
      <AccountGate>{(account) => <Overview account={account} />}</AccountGate>
    </>
  );
}

function Overview({ account }: Readonly<{ account: string }>) {
  return (
    <Stack gap={6}>
      <DeviceSummary account={account} />
      <Earnings account={account} />
      <OpenCases account={account} />
      <OwnMembers account={account} />
    </Stack>
  );
}

function DeviceSummary({ account }: Readonly<{ account: string }>) {
  const counts = useDeviceCounts({ account });
  return (
    <Section title="Devices">
      <Loaded
        query={counts}
        skeleton={<Skeleton lines={3} />}
        empty={({ total }) => total === 0}
        whenEmpty={
          <EmptyState
            title="No devices yet"
            action={<ButtonLink to="/workers/join">Join with a data centre</ButtonLink>}
          >
            GPUs show up here by themselves once a data centre has joined.
          </EmptyState>
        }
      >
        {(data) => <CountedDevices counts={data} />}
      </Loaded>
    </Section>
  );
}

function CountedDevices({ counts }: Readonly<{ counts: DeviceCounts }>) {
  const { total, free, leased, blocked, broken } = counts;
  const list = '/workers/devices';
  return (
    <Stack gap={3}>
      <Stats>
        <Stat label="All" value={<Count value={total} />} to={list} />
        <Stat label="Leased" value={<Count value={leased} />} to={`${list}?state=Leased`} />
        <Stat label="Free" value={<Count value={free} />} to={`${list}?state=Free`} />
        <Stat label="Held back" value={<Count value={blocked} />} to={`${list}?state=Blocked`} />
        <Stat label="Broken" value={<Count value={broken} />} to={`${list}?state=Broken`} />
      </Stats>
      <StackedBar
        label="Devices by state"
        parts={[
          { label: 'Leased', value: leased, color: '--good' },
          { label: 'Free', value: free, color: '--info' },
          { label: 'Held back', value: blocked, color: '--warn' },
          { label: 'Broken', value: broken, color: '--bad' },
        ]}
      />
      {blocked > 0 && (
        <Notice
          tone="warn"
          title={`${blocked} ${blocked === 1 ? 'device earns' : 'devices earn'} nothing yet`}
          action={<ButtonLink to={`${list}?state=Blocked`}>See what they need</ButtonLink>}
        >
          Each of them says which step it waits for, and what to do about it.
        </Notice>
      )}
    </Stack>
  );
}

function Earnings({ account }: Readonly<{ account: string }>) {
  const [namespace = '', name = ''] = account.split('/');
  const view = useApi<AccountView>(['account', namespace, name], accountPath(namespace, name));
  return (
    <Section
      title="Earnings"
      actions={<ButtonLink to={pathOf('id')}>Balances and statements</ButtonLink>}
    >
      <Loaded query={view} skeleton={<Skeleton lines={2} />}>
        {({ balances, wallet, walletProved }) => (
          <Stack gap={3}>
            <Stats>
              {balances.map(({ asset, earned }) => (
                <Stat
                  key={asset}
                  label={`Earned, not paid out (${asset})`}
                  value={<Money amount={earned} asset={asset} />}
                />
              ))}
            </Stats>
            <RewardsCard wallet={wallet} walletProved={walletProved} />
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function OpenCases({ account }: Readonly<{ account: string }>) {
  const cases = useCases({ account });
  if (cases.error !== null && cases.data === undefined) {
    return <ErrorState error={cases.error} onRetry={() => void cases.refetch()} />;
  }
  const open = cases.items.filter(({ outcome }) => outcome === undefined);
  if (open.length === 0) return null;
  return (
    <Section title="Open cases" description="Each has a deadline after which stake is burnt.">
      <CaseTable cases={open} />
    </Section>
  );
}

function OwnMembers({ account }: Readonly<{ account: string }>) {
  const members = useMembers(account);
  return (
    <Section title="Data centres">
      <MemberTable members={members} />
    </Section>
  );
}
