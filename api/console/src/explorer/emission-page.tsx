import type { EmissionView } from '../../../../operator/domain/views/public.ts';
import { Stat, Stats } from '../design/card.tsx';
import { Chart } from '../design/chart.tsx';
import { Disclosure } from '../design/disclosure.tsx';
import { Facts } from '../design/facts.tsx';
import { formatCount, formatDecimal } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { Meter } from '../design/meter.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { useNow } from '../design/use-now.ts';
import { Count, Money, Percent } from '../design/values.tsx';
import { useEmission } from './data.ts';
import { circulatingIo, emissionPicture } from './emission.ts';

const lookEveryMs = 3_600_000;

export default function EmissionPage() {
  const emission = useEmission();
  return (
    <Stack gap={5}>
      <PageHeader
        title="Emission"
        description={
          <>
            500 million IO existed at the start; block rewards add at most 300 million over some
            twenty years, a little less each hour. There are never more than 800 million.
          </>
        }
      />
      <Loaded query={emission} skeleton={<Skeleton lines={1} height={384} />}>
        {(view) => <Emission view={view} />}
      </Loaded>
    </Stack>
  );
}

function Emission({ view }: Readonly<{ view: EmissionView }>) {
  const nowMs = useNow(lookEveryMs);
  const { x, planned, today, progress, bottom, cap } = emissionPicture(view, nowMs);
  const { emittedIo, burnedIo, epochs } = view;
  return (
    <>
      <Stats>
        <Stat
          label="Exists now"
          value={<Io amount={circulatingIo(view)} />}
          hint="less what was burnt"
        />
        <Stat
          label="Emitted so far"
          value={<Io amount={emittedIo} />}
          hint={
            <>
              <Percent ratio={progress} /> of all that will be
            </>
          }
        />
        <Stat label="Burnt" value={<Io amount={burnedIo} />} hint="slashed stakes" />
        <Stat label="Epochs with rewards" value={<Count value={epochs} />} hint="one an hour" />
      </Stats>
      <Meter label="Emitted of all that will be" value={progress} />
      <Section
        title="Supply over time"
        description={
          <>
            By plan at the end of each epoch, burns aside, and what exists today. An epoch that
            nobody could share keeps its part in the pool.
          </>
        }
      >
        <Chart
          title={`Supply of IO, at most ${formatIo(cap)}`}
          x={[...x]}
          min={bottom}
          max={cap}
          format={formatIo}
          series={[
            { label: 'By plan', values: [...planned], color: '--c1' },
            { label: 'Exists today', values: [...today], color: '--c3', kind: 'bars' },
          ]}
        />
      </Section>
      <Exactly view={view} />
    </>
  );
}

/** Whole IO; to the last unit where it is pointed at, and below. */
const Io = ({ amount }: Readonly<{ amount: string }>) => (
  <span title={`${amount} IO`}>
    {formatDecimal(amount, { maxDecimals: 0 })} <span className="value-unit">IO</span>
  </span>
);

function Exactly({ view }: Readonly<{ view: EmissionView }>) {
  return (
    <Disclosure title="To the last unit">
      <Facts
        items={[
          { label: 'Exists now', value: <Money amount={circulatingIo(view)} asset="IO" /> },
          { label: 'Emitted so far', value: <Money amount={view.emittedIo} asset="IO" /> },
          { label: 'Burnt', value: <Money amount={view.burnedIo} asset="IO" /> },
        ]}
      />
    </Disclosure>
  );
}

/** Millions, to ten thousand: what a chart has room for. */
const formatIo = (value: number): string => `${formatCount(Math.round(value / 1e4) / 100)} M IO`;
