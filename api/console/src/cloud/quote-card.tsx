import { Badge } from '../design/badge.tsx';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { countryName } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { ErrorState, Notice, Skeleton } from '../design/state.tsx';
import { Count, Money, Usd } from '../design/values.tsx';
import { priceFor } from './cost.ts';
import { Refusals } from './refusals.tsx';
import type { Quote } from './use-quote.ts';

type QuoteQuery = Readonly<{
  data: Quote | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}>;

/** The price, live. */
export function QuoteCard({ quote, isReady }: Readonly<{ quote: QuoteQuery; isReady: boolean }>) {
  const { data, error, isPlaceholderData } = quote;
  return (
    <Card
      title="What it costs"
      actions={
        data !== undefined &&
        isReady && (
          <Badge tone={data.feasible ? 'good' : 'warn'}>
            {data.feasible ? 'Could start now' : 'Would have to wait'}
          </Badge>
        )
      }
    >
      <div aria-live="polite" aria-busy={isPlaceholderData}>
        {isReady && data === undefined && error === null && <Skeleton lines={4} />}
        {!isReady && data === undefined && <p>Fill in the form, and its price is shown here.</p>}
        {error !== null && error !== undefined && (
          <ErrorState error={error} title="No price" onRetry={() => void quote.refetch()} />
        )}
        {data !== undefined && <QuoteFacts quote={data} />}
      </div>
    </Card>
  );
}

function QuoteFacts({ quote }: Readonly<{ quote: Quote }>) {
  const { devices, priceMicroUsdPerHour, payment, refusals, alternatives, feasible } = quote;
  return (
    <Stack>
      <Facts
        items={[
          { label: 'GPUs', value: <Count value={devices} /> },
          priceMicroUsdPerHour !== undefined && {
            label: 'Price',
            value: <Usd microUsd={priceMicroUsdPerHour} perHour />,
          },
          payment !== undefined && {
            label: 'You pay, with fees',
            value: <Money amount={payment.perHour} asset={payment.asset} perHour />,
            hint: (
              <>
                <Money amount={priceFor(payment.perHour, 24n)} asset={payment.asset} /> a day
              </>
            ),
          },
          payment !== undefined && {
            label: 'Held at the start',
            value: <Money amount={payment.hold} asset={payment.asset} />,
            hint: 'What is not used is given back.',
          },
        ]}
      />
      {quote.reason !== undefined && <Notice tone="warn">{quote.reason}</Notice>}
      {!feasible && refusals.length > 0 && <Refusals refusals={refusals} />}
      {alternatives.length > 0 && <Alternatives alternatives={alternatives} />}
      <p className="section-description">
        A quote is no promise: prices and room are those of this moment.
      </p>
    </Stack>
  );
}

function Alternatives({ alternatives }: Pick<Quote, 'alternatives'>) {
  return (
    <div>
      <h3>Where it would fit</h3>
      <Facts
        items={alternatives.slice(0, 8).map(({ country, priceMicroUsdPerHour, free }) => ({
          label: countryName(country),
          value: <Usd microUsd={priceMicroUsdPerHour} perHour />,
          hint: (
            <>
              <Count value={free} /> free
            </>
          ),
        }))}
      />
    </div>
  );
}
