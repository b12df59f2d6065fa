import type { DeviceView } from '../../../../operator/domain/views/types.ts';
import { pathOf, useParams } from '../app/navigation.ts';
import { StatusDot } from '../design/badge.tsx';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { Split, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Address, Bytes, Name, Time, Usd } from '../design/values.tsx';
import { DeviceCharts } from './device-charts.tsx';
import { DeviceLadder } from './device-ladder.tsx';
import { DeviceRewards } from './device-rewards.tsx';
import { DeviceStake } from './device-stake.tsx';
import { deviceState, deviceTitle } from './device-state.ts';
import { useDevice } from './data.ts';
import './workers.css';

/** One device: what it is, how far it is, what it needs, does and earns. */
export default function DevicePage() {
  const { member = '', name = '' } = useParams();
  const device = useDevice(member, name);
  return (
    <>
      <PageHeader
        title={device.data === undefined ? name : deviceTitle(device.data)}
        crumbs={[
          { to: '/workers/devices', label: 'Devices' },
          { to: pathOf('workers', 'members', member), label: member },
        ]}
        mark={device.data === undefined ? undefined : <State device={device.data} />}
        description={<Name mono>{name}</Name>}
      />
      <Loaded query={device} skeleton={<Skeleton lines={8} />}>
        {(data) => (
          <Split>
            <Stack gap={5}>
              <DeviceHealth health={data.health} />
              <DeviceLadder device={data} />
              <DeviceStake device={data} />
              <DeviceCharts member={member} name={name} />
              <DeviceRewards member={member} name={name} />
            </Stack>
            <DeviceFacts device={data} />
          </Split>
        )}
      </Loaded>
    </>
  );
}

function State({ device }: Readonly<{ device: DeviceView }>) {
  const { tone, label } = deviceState(device);
  return <StatusDot tone={tone}>{label}</StatusDot>;
}

/** Only while something is, or was, wrong. */
function DeviceHealth({ health }: Pick<DeviceView, 'health'>) {
  if (health === undefined || health.state === 'Healthy') return null;
  const isBroken = health.state === 'Broken';
  const title = isBroken ? 'It does no work at the moment' : 'It gets no new lease';
  return (
    <Notice tone={isBroken ? 'bad' : 'warn'} title={title}>
      <bdi>{health.message}</bdi> (since <Time at={health.since} relative />)
    </Notice>
  );
}

function DeviceFacts({ device }: Readonly<{ device: DeviceView }>) {
  const { member, node, index, uuid, migProfile, memoryMiB, driverVersion, lease } = device;
  const { onDemandMicroUsdPerHour: onDemand, spotMicroUsdPerHour: spot, account } = device;
  return (
    <Card title="Device">
      <Facts
        items={[
          {
            label: 'Data centre',
            value: <Name to={pathOf('workers', 'members', member)}>{member}</Name>,
          },
          { label: 'Node', value: <Name>{node}</Name>, hint: `number ${index}` },
          { label: 'Memory', value: <Bytes mib={memoryMiB} /> },
          migProfile !== undefined && { label: 'MIG profile', value: migProfile },
          driverVersion !== undefined && { label: 'Driver', value: <Name>{driverVersion}</Name> },
          uuid !== undefined && { label: 'UUID', value: <Address value={uuid} ends={8} /> },
          account !== undefined && { label: 'Earns for', value: <Name>{account}</Name> },
          onDemand !== undefined && {
            label: 'On demand',
            value: <Usd microUsd={onDemand} perHour />,
          },
          spot !== undefined && { label: 'Spot', value: <Usd microUsd={spot} perHour /> },
          lease !== undefined && {
            label: 'Lease',
            value: <Address value={lease.id} ends={6} />,
            hint: <Time at={lease.since} relative />,
          },
        ]}
      />
    </Card>
  );
}
