import type { CaseView } from '../../../../operator/domain/views/types.ts';
import { pathOf } from '../app/navigation.ts';
import { StatusDot } from '../design/badge.tsx';
import { DataTable } from '../design/data-table.tsx';
import { useNow } from '../design/use-now.ts';
import { Countdown, Money, Name, Time } from '../design/values.tsx';
import { accusationText, caseStage } from './case-stage.ts';

type CaseTableProps = Readonly<{
  cases: readonly CaseView[];
  hasMore?: boolean;
  loadMore?: () => void;
  isLoadingMore?: boolean;
}>;

/** Cases with what is at stake in each, and until when something can be done. */
export function CaseTable({ cases, ...more }: CaseTableProps) {
  return (
    <DataTable
      caption="Cases"
      columns={columns}
      rows={cases}
      rowKey={({ member, name }) => `${member}/${name}`}
      {...more}
    />
  );
}

const columns = [
  {
    id: 'name',
    header: 'Case',
    narrow: 'title' as const,
    cell: ({ member, name }: CaseView) => (
      <Name to={pathOf('workers', 'cases', member, name)}>{name}</Name>
    ),
  },
  {
    id: 'device',
    header: 'Device',
    cell: ({ member, device }: CaseView) => (
      <Name to={pathOf('workers', 'devices', member, device)}>{device}</Name>
    ),
  },
  {
    id: 'reason',
    header: 'Accusation',
    cell: ({ reason }: CaseView) => accusationText(reason),
  },
  {
    id: 'amount',
    header: 'At risk',
    align: 'end' as const,
    cell: ({ amount }: CaseView) => <Money amount={amount} asset="IO" />,
  },
  {
    id: 'state',
    header: 'State',
    cell: (of: CaseView) => <Stage of={of} />,
  },
  {
    id: 'deadline',
    header: 'Time to appeal',
    cell: (of: CaseView) => <Deadline of={of} />,
  },
  {
    id: 'opened',
    header: 'Opened',
    narrow: 'hide' as const,
    cell: ({ createdAt, openedAt }: CaseView) => <Time at={openedAt ?? createdAt} relative />,
  },
];

/** The state of a case as time goes by. */
export function Stage({ of }: Readonly<{ of: CaseView }>) {
  const { tone, label } = caseStage(of, useNow(10_000));
  return <StatusDot tone={tone}>{label}</StatusDot>;
}

function Deadline({ of }: Readonly<{ of: CaseView }>) {
  const { mayAppeal } = caseStage(of, useNow(10_000));
  return mayAppeal && of.appealDeadline !== undefined ? (
    <Countdown to={of.appealDeadline} done="over" />
  ) : (
    '–'
  );
}
