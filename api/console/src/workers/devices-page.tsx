import type { DeviceView } from '../../../../operator/domain/views/types.ts';
import { pathOf, useSearch, useSetSearch } from '../app/navigation.ts';
import { StatusDot } from '../design/badge.tsx';
import { Button } from '../design/button.tsx';
import { Stat, Stats } from '../design/card.tsx';
import { Select } from '../design/choice.tsx';
import { DataTable } from '../design/data-table.tsx';
import { TextField } from '../design/fields.tsx';
import { Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Count, Name, Usd } from '../design/values.tsx';
import { type DeviceCounts, useAccountKey, useDeviceCounts, useDevices } from './data.ts';
import { type DeviceFilter, deviceStates, filterFromSearch } from './device-search.ts';
import { deviceState, deviceTitle } from './device-state.ts';
import './workers.css';

/** All devices of the account; as many as there are, some at a time. */
export default function DevicesPage() {
  const account = useAccountKey();
  const searched = filterFromSearch(useSearch());
  const filter = account === undefined ? searched : { account, ...searched };
  const counts = useDeviceCounts(filter);
  return (
    <>
      <PageHeader
        title="Devices"
        description="GPUs and MIG slices, how each stands, and what it asks for."
      />
      <Stack gap={4}>
        <Filters filter={searched} />
        <Counts counts={counts.data} isPending={counts.isPending} />
        <DeviceTable filter={filter} total={counts.data?.total} />
      </Stack>
    </>
  );
}

function Filters({ filter }: Readonly<{ filter: DeviceFilter }>) {
  const setSearch = useSetSearch();
  const anyState = 'Any' as const;
  const search = useSearch();
  const hasFilter = Object.keys(filter).length > 0;
  const memberFault = isFilter(search['member'], filter.member)
    ? undefined
    : 'No data centre has such a name.';
  const clear = { state: undefined, model: undefined, member: undefined, account: undefined };
  return (
    <div className="wk-filters" role="search">
      <Select
        label="State"
        options={[
          { id: anyState, label: 'Any state' },
          ...deviceStates.map((id) => ({ id, label: stateWords[id] })),
        ]}
        value={filter.state ?? anyState}
        onChange={(state) => setSearch({ state: state === anyState ? undefined : state })}
      />
      <TextField
        label="Model"
        placeholder="H100-80GB-HBM3"
        type="search"
        value={search['model'] ?? ''}
        maxLength={128}
        onChange={(model) => setSearch({ model: model === '' ? undefined : model })}
      />
      <TextField
        label="Data centre"
        placeholder="frankfurt-1"
        type="search"
        value={search['member'] ?? ''}
        error={memberFault}
        onChange={(member) => setSearch({ member: member === '' ? undefined : member })}
      />
      {hasFilter && (
        <Button variant="quiet" onPress={() => setSearch(clear)}>
          Show all
        </Button>
      )}
    </div>
  );
}

/** What is half typed is no filter yet. */
const isFilter = (typed: string | undefined, taken: string | undefined): boolean =>
  typed === undefined || typed === '' || typed === taken;

const stateWords = {
  Free: 'Free',
  Leased: 'Leased',
  Blocked: 'Held back',
  Broken: 'Broken',
} as const;

/** What went wrong is said by the list below. */
function Counts({
  counts,
  isPending,
}: Readonly<{ counts: DeviceCounts | undefined; isPending: boolean }>) {
  if (counts === undefined) return isPending ? <Skeleton lines={1} height={64} /> : null;
  return (
    <Stats>
      <Stat label="Found" value={<Count value={counts.total} />} />
      <Stat label="Leased" value={<Count value={counts.leased} />} />
      <Stat label="Free" value={<Count value={counts.free} />} />
      <Stat label="Held back" value={<Count value={counts.blocked} />} />
      <Stat label="Broken" value={<Count value={counts.broken} />} />
    </Stats>
  );
}

function DeviceTable({
  filter,
  total,
}: Readonly<{ filter: DeviceFilter; total: number | undefined }>) {
  const devices = useDevices(filter);
  return (
    <Loaded
      query={devices}
      skeleton={<Skeleton lines={8} />}
      empty={() => devices.items.length === 0}
      whenEmpty={
        <EmptyState title="No device is like this">
          Take a filter away, or join with a data centre: its GPUs show up by themselves.
        </EmptyState>
      }
    >
      {() => (
        <DataTable
          caption="Devices"
          columns={columns}
          rows={devices.items}
          rowKey={({ member, name }) => `${member}/${name}`}
          hasMore={devices.hasMore}
          loadMore={devices.loadMore}
          isLoadingMore={devices.isLoadingMore}
          total={total}
        />
      )}
    </Loaded>
  );
}

const columns = [
  {
    id: 'name',
    header: 'Device',
    narrow: 'title' as const,
    cell: (device: DeviceView) => (
      <span className="wk-two-lines">
        <Name to={pathOf('workers', 'devices', device.member, device.name)}>
          {deviceTitle(device)}
        </Name>
        <Name mono>{device.name}</Name>
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    cell: (device: DeviceView) => {
      const { tone, label } = deviceState(device);
      return <StatusDot tone={tone}>{label}</StatusDot>;
    },
  },
  {
    id: 'member',
    header: 'Data centre, node',
    cell: ({ member, node }: DeviceView) => (
      <span className="wk-two-lines">
        <Name to={pathOf('workers', 'members', member)}>{member}</Name>
        <Name>{node}</Name>
      </span>
    ),
  },
  {
    id: 'price',
    header: 'On demand',
    align: 'end' as const,
    cell: ({ onDemandMicroUsdPerHour: price }: DeviceView) =>
      price === undefined ? '–' : <Usd microUsd={price} perHour />,
  },
];
