import { useState } from 'react';
import { ButtonLink } from '../design/button.tsx';
import { DataTable, type Column } from '../design/data-table.tsx';
import { Split, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Bytes, Count, Name, Usd } from '../design/values.tsx';
import { MarketFilters } from './market-filters.tsx';
import { countryOptions, useCountries, useModels } from './market-data.ts';
import { marketRows, type MarketFilter, type MarketRow } from './market-rows.ts';
import { rentPath } from './paths.ts';

const everything: MarketFilter = {
  text: '',
  country: undefined,
  minMemoryGiB: undefined,
  maxUsdPerHour: undefined,
  freeOnly: false,
  spot: false,
};

/** What can be rented now, where, and for how much. */
export default function MarketPage() {
  const [filter, setFilter] = useState(everything);
  const models = useModels();
  const countries = useCountries();
  const columns = columnsFor(filter);
  return (
    <>
      <PageHeader
        title="Market"
        description={
          <>
            GPUs that can be rented now. Prices are of one GPU for one hour; you pay for the seconds
            in which your workers are ready.
          </>
        }
      />
      <Split asideFirst>
        <Loaded query={models} skeleton={<Skeleton lines={8} height={40} />}>
          {({ items }) => (
            <DataTable
              caption="GPU models on the market"
              columns={columns}
              rows={marketRows(items, countries.data?.items ?? [], filter)}
              rowKey={({ model }) => model}
              empty={
                <EmptyState title="Nothing fits">
                  <p>
                    {items.length === 0
                      ? 'No data centre offers anything yet.'
                      : 'Ask for less, or look again later: GPUs come and go.'}
                  </p>
                </EmptyState>
              }
            />
          )}
        </Loaded>
        <Stack>
          <MarketFilters
            filter={filter}
            onChange={setFilter}
            countries={countryOptions(countries.data?.items)}
          />
        </Stack>
      </Split>
    </>
  );
}

function columnsFor({ country, spot }: MarketFilter): readonly Column<MarketRow>[] {
  return [
    {
      id: 'model',
      header: 'GPU',
      narrow: 'title',
      cell: ({ model }) => <Name>{model}</Name>,
    },
    {
      id: 'memory',
      header: 'Memory',
      align: 'end',
      cell: ({ memoryMiB }) => (memoryMiB === undefined ? '–' : <Bytes mib={memoryMiB} />),
    },
    {
      id: 'free',
      header: 'Free now',
      align: 'end',
      cell: ({ free, devices }) => (
        <>
          <Count value={free} /> of <Count value={devices} />
        </>
      ),
    },
    {
      id: 'price',
      header: spot ? 'Spot, from' : 'On demand, from',
      align: 'end',
      cell: ({ price }) =>
        price === undefined ? 'not offered' : <Usd microUsd={price.low} perHour />,
    },
    {
      id: 'median',
      header: 'Median',
      align: 'end',
      narrow: 'hide',
      cell: ({ price }) => (price === undefined ? '–' : <Usd microUsd={price.median} perHour />),
    },
    {
      id: 'rent',
      header: 'Rent',
      align: 'end',
      cell: ({ model, price }) =>
        price !== undefined && (
          <ButtonLink to={rentPath({ model, country, spot })} size="s" variant="primary">
            Rent
          </ButtonLink>
        ),
    },
  ];
}
