import { useState } from 'react';
import { Chart } from '../design/chart.tsx';
import { Select } from '../design/choice.tsx';
import { Card } from '../design/card.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { type DeviceMetric, useDeviceMetrics } from './data.ts';

const spans = [
  { id: '24', label: 'Last day' },
  { id: '168', label: 'Last week' },
] as const;
type Span = (typeof spans)[number]['id'];

/** What a device was measured to do while it was leased. */
export function DeviceCharts({ member, name }: Readonly<{ member: string; name: string }>) {
  const [span, setSpan] = useState<Span>('24');
  const metrics = useDeviceMetrics(member, name, Number(span));
  return (
    <Card
      title="Measured"
      actions={<Select label="Time" hideLabel options={spans} value={span} onChange={setSpan} />}
    >
      <Loaded
        query={metrics}
        skeleton={<Skeleton lines={1} height={160} />}
        empty={({ items }) => items.length === 0}
        whenEmpty={
          <EmptyState title="Nothing was measured">
            DCGM measures a device while a lease works on it. It is evidence, never the bill.
          </EmptyState>
        }
      >
        {({ items }) => <MeasuredCharts items={items} />}
      </Loaded>
    </Card>
  );
}

function MeasuredCharts({ items }: Readonly<{ items: readonly DeviceMetric[] }>) {
  const x = items.map(({ time }) => time);
  const measured = series.filter(({ of }) => items.some((item) => of(item) !== undefined));
  return (
    <Stack gap={5}>
      {measured.map(({ title, label, color, of, format, max }) => (
        <Chart
          key={title}
          title={title}
          x={x}
          series={[{ label, values: items.map(of), color, fill: true }]}
          format={format}
          height={160}
          min={0}
          {...(max === undefined ? {} : { max })}
        />
      ))}
    </Stack>
  );
}

type Series = Readonly<{
  title: string;
  label: string;
  color: string;
  of: (metric: DeviceMetric) => number | undefined;
  format: (value: number) => string;
  max?: number;
}>;

const series: readonly Series[] = [
  {
    title: 'Utilisation',
    label: 'Utilisation',
    color: '--c1',
    of: ({ utilisationPercent }) => utilisationPercent,
    format: (value) => `${Math.round(value)} %`,
    max: 100,
  },
  {
    title: 'Temperature',
    label: 'Temperature',
    color: '--c3',
    of: ({ temperatureCelsius }) => temperatureCelsius,
    format: (value) => `${Math.round(value)} °C`,
  },
  {
    title: 'Power',
    label: 'Power',
    color: '--c4',
    of: ({ powerWatts }) => powerWatts,
    format: (value) => `${Math.round(value)} W`,
  },
];
