import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { formatDecimal } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { useNow } from '../design/use-now.ts';
import { Money, Time } from '../design/values.tsx';
import { costNow, priceFor } from './cost.ts';
import './cloud.css';

/** What it has cost until this second, and what it will cost. */
export function ClusterCost({ view }: Readonly<{ view: ClusterView }>) {
  const { payment, spend } = view;
  if (payment === undefined && spend === undefined) return undefined;
  return (
    <Card title="Cost so far">
      <Stack>
        <Ticker view={view} />
        <Facts
          items={[
            payment !== undefined && {
              label: 'While it runs',
              value: <Money amount={payment.perHour} asset={payment.asset} perHour />,
              hint: (
                <>
                  <Money amount={priceFor(payment.perHour, 24n)} asset={payment.asset} /> a day,
                  with fees
                </>
              ),
            },
            spend !== undefined && {
              label: 'Settled',
              value: <Money amount={spend.settled} asset={spend.asset} />,
            },
            spend !== undefined && {
              label: 'Held',
              value: <Money amount={spend.held} asset={spend.asset} />,
              hint: 'What is not used is given back.',
            },
            spend !== undefined && {
              label: 'Figures of',
              value: <Time at={spend.time} relative />,
            },
          ]}
        />
      </Stack>
    </Card>
  );
}

/** Its own component: only this is drawn anew each second. */
function Ticker({ view }: Readonly<{ view: ClusterView }>) {
  const now = useNow(1_000);
  const cost = costNow(view, now);
  if (cost === undefined) return <p className="cl-muted">Nothing yet.</p>;
  return (
    <div>
      <p className="cl-cost">
        {formatDecimal(cost.total, {
          minDecimals: cost.ticking ? 6 : 2,
          maxDecimals: 6,
        })}{' '}
        <span className="value-unit">{cost.asset}</span>
      </p>
      {cost.ticking && <p className="cl-muted">Estimated to this second; the bill is exact.</p>}
    </div>
  );
}
