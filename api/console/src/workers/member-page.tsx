import type { MemberView } from '../../../../operator/domain/views/types.ts';
import { useParams } from '../app/navigation.ts';
import { Badge, StatusDot } from '../design/badge.tsx';
import { ButtonLink } from '../design/button.tsx';
import { Card, Stat, Stats } from '../design/card.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Disclosure } from '../design/disclosure.tsx';
import { Facts } from '../design/facts.tsx';
import { Row, Split, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Count, Country, Countdown, Name, Time, Usd } from '../design/values.tsx';
import { useMember } from './data.ts';
import { hasArrived, joinStages } from './join-stages.ts';
import { JoinStagesList } from './join-progress.tsx';
import { memberState } from './member-state.ts';
import './workers.css';

/** One data centre: what it has and offers, and whether renters can have it. */
export default function MemberPage() {
  const { name = '' } = useParams();
  const member = useMember(name);
  return (
    <>
      <PageHeader
        title={member.data?.displayName ?? name}
        crumbs={[{ to: '/workers/members', label: 'Data centres' }]}
        mark={member.data === undefined ? undefined : <State member={member.data} />}
        description={<Name mono>{name}</Name>}
        actions={
          <ButtonLink to={`/workers/devices?member=${encodeURIComponent(name)}`}>
            Devices
          </ButtonLink>
        }
      />
      <Loaded query={member} skeleton={<Skeleton lines={8} />}>
        {(data) => (
          <Split>
            <Main member={data} />
            <Aside member={data} />
          </Split>
        )}
      </Loaded>
    </>
  );
}

function State({ member }: Readonly<{ member: MemberView }>) {
  const { tone, label } = memberState(member);
  return <StatusDot tone={tone}>{label}</StatusDot>;
}

function Main({ member }: Readonly<{ member: MemberView }>) {
  const state = memberState(member);
  const arriving = joinStages(member);
  const { total, free, leased, broken } = member.devices;
  return (
    <Stack gap={5}>
      {state.text !== '' && (
        <Notice tone={state.tone === 'bad' ? 'bad' : 'warn'} title={state.label}>
          <bdi>{state.text}</bdi>
        </Notice>
      )}
      {!hasArrived(arriving) && (
        <Card title="Joining">
          <JoinStagesList stages={arriving} />
        </Card>
      )}
      <Stats>
        <Stat label="Devices" value={<Count value={total} />} />
        <Stat label="Leased" value={<Count value={leased} />} />
        <Stat label="Free" value={<Count value={free} />} />
        <Stat label="Broken" value={<Count value={broken} />} />
      </Stats>
      <Card title="Capacity and prices">
        <DataTable
          caption="Capacity by model"
          columns={columns}
          rows={member.capacity}
          rowKey={({ model }) => model}
          empty={
            <EmptyState title="No devices yet">
              They show up by themselves once the agent runs on nodes with GPUs.
            </EmptyState>
          }
        />
      </Card>
      <Administration member={member} />
    </Stack>
  );
}

type Capacity = MemberView['capacity'][number];

const price = (microUsd: number | undefined) =>
  microUsd === undefined ? '–' : <Usd microUsd={microUsd} perHour />;

const columns = [
  {
    id: 'model',
    header: 'Model',
    narrow: 'title' as const,
    cell: ({ model }: Capacity) => <Name>{model}</Name>,
  },
  {
    id: 'devices',
    header: 'Devices',
    align: 'end' as const,
    cell: ({ devices }: Capacity) => <Count value={devices} />,
  },
  {
    id: 'verified',
    header: 'Verified',
    align: 'end' as const,
    cell: ({ verified }: Capacity) => <Count value={verified} />,
  },
  {
    id: 'leased',
    header: 'Leased',
    align: 'end' as const,
    cell: ({ leased }: Capacity) => <Count value={leased} />,
  },
  {
    id: 'free',
    header: 'Free',
    align: 'end' as const,
    cell: ({ free }: Capacity) => <Count value={free} />,
  },
  {
    id: 'onDemand',
    header: 'On demand',
    align: 'end' as const,
    cell: ({ onDemandMicroUsdPerHour }: Capacity) => price(onDemandMicroUsdPerHour),
  },
  {
    id: 'spot',
    header: 'Spot',
    align: 'end' as const,
    cell: ({ spotMicroUsdPerHour }: Capacity) => price(spotMicroUsdPerHour),
  },
];

/** What only an administrator of the hub does, as the commands that do it. */
function Administration({
  member: { name, cordoned, drainDeadline },
}: Readonly<{ member: MemberView }>) {
  const verb = cordoned || drainDeadline !== undefined ? 'uncordon' : 'cordon';
  return (
    <Disclosure title="Cordon, drain, put out">
      <Stack gap={3}>
        <p className="wk-hint">
          The data centre has the last word on what runs there, in its own ConfigMap
          io-member-policy. On the hub an administrator can:
        </p>
        <CodeBlock
          label="For administrators of the hub"
          wrap
          code={[
            `kubectl io member ${verb} ${name}`,
            `kubectl io member drain ${name} --deadline 10m --wait`,
            `kubectl io member revoke ${name}`,
          ].join('\n')}
        />
      </Stack>
    </Disclosure>
  );
}

function Aside({ member }: Readonly<{ member: MemberView }>) {
  const { country, region, city, certifications, account, createdAt, versions } = member;
  return (
    <Stack gap={5}>
      <Card title="Where and who">
        <Facts
          items={[
            { label: 'Country', value: <Country code={country} /> },
            region !== undefined && { label: 'Region', value: <Name>{region}</Name> },
            city !== undefined && { label: 'City', value: <Name>{city}</Name> },
            account !== undefined && { label: 'Earns for', value: <Name>{account}</Name> },
            { label: 'Known since', value: <Time at={createdAt} dateOnly /> },
            certifications.length > 0 && {
              label: 'Certifications',
              value: (
                <Row gap={1}>
                  {certifications.map((each) => (
                    <Badge key={each}>
                      <bdi>{each}</bdi>
                    </Badge>
                  ))}
                </Row>
              ),
            },
            member.drainDeadline !== undefined && {
              label: 'Drained within',
              value: <Countdown to={member.drainDeadline} done="over" />,
            },
          ]}
        />
      </Card>
      <Card title="Connection and certificate">
        <Facts
          items={[
            ...member.conditions
              .filter(({ type }) => shownConditions.has(type))
              .map(({ type, reason, message, lastTransitionTime }) => ({
                label: shownConditions.get(type) ?? type,
                value: <bdi>{message === '' ? reason : message}</bdi>,
                hint: <Time at={lastTransitionTime} relative />,
              })),
            ...(['kubernetes', 'kuberay', 'agent'] as const).map((part) => {
              const version = versions[part];
              return (
                version !== undefined && {
                  label: versionWords[part],
                  value: <Name>{version}</Name>,
                }
              );
            }),
          ]}
        />
      </Card>
    </Stack>
  );
}

const versionWords = { kubernetes: 'Kubernetes', kuberay: 'KubeRay', agent: 'Agent' } as const;

const shownConditions = new Map([
  ['Joined', 'Certificate'],
  ['Connected', 'Heartbeats'],
  ['Metering', 'Metering'],
  ['Fenced', 'Fencing'],
]);
