import type { ChainEventView } from '../../../../operator/domain/views/public.ts';
import { useSearch, useSetSearch } from '../app/navigation.ts';
import { useSite } from '../app/session.ts';
import { Button } from '../design/button.tsx';
import { Select } from '../design/choice.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { ExternalLink } from '../design/link.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Address, Count, Money, Time } from '../design/values.tsx';
import { chainEventKind, chainEventKinds, chainEventText } from './chain-events.ts';
import { useChainEvents } from './data.ts';
import { transactionUrl } from './links.ts';

const anyKind = 'any';
const options = [
  { id: anyKind, label: 'Everything' },
  ...chainEventKinds.map((kind) => ({ id: kind, label: chainEventText(kind) })),
];

export default function ChainPage() {
  const kind = chainEventKind(useSearch()['kind']);
  const setSearch = useSetSearch();
  const events = useChainEvents(kind);
  return (
    <Stack gap={5}>
      <PageHeader
        title="On the chain"
        description={
          <>
            Every final transaction of the network’s program. Anybody can read the same from the
            chain.
          </>
        }
        actions={
          <Button variant="secondary" onPress={() => void events.refetch()}>
            Look again
          </Button>
        }
      />
      <Row>
        <Select
          label="Show"
          options={options}
          value={kind ?? anyKind}
          onChange={(next) => setSearch({ kind: next === anyKind ? undefined : next })}
        />
      </Row>
      <Loaded query={events} skeleton={<Skeleton lines={10} />}>
        {() => (
          <DataTable<ChainEventView>
            caption="Events of the program, newest first"
            rows={events.items}
            rowKey={rowKey(events.items)}
            hasMore={events.hasMore}
            loadMore={events.loadMore}
            isLoadingMore={events.isLoadingMore}
            empty={<EmptyState title="Nothing of this kind has happened on the chain yet" />}
            columns={[
              { id: 'what', header: 'What', narrow: 'title', cell: (e) => chainEventText(e.kind) },
              { id: 'amount', header: 'Amount', align: 'end', cell: amountOf },
              { id: 'time', header: 'When', cell: timeOf },
              { id: 'slot', header: 'Slot', align: 'end', cell: (e) => <Count value={e.slot} /> },
              {
                id: 'transaction',
                header: 'Transaction',
                cell: (e) => <TransactionLink signature={e.signature} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  );
}

/** A transaction may have several events: each is told from the others by its place. */
function rowKey(items: readonly ChainEventView[]): (event: ChainEventView) => string {
  const places = new Map(items.map((event, place) => [event, place]));
  return (event) => `${event.signature}/${places.get(event) ?? 0}`;
}

function amountOf({ amount, asset }: ChainEventView) {
  if (amount === undefined) return '–';
  if (asset === 'IO' || asset === 'USDC') return <Money amount={amount} asset={asset} />;
  return amount;
}

const timeOf = ({ time }: ChainEventView) => (time === undefined ? 'not told' : <Time at={time} />);

function TransactionLink({ signature }: Readonly<{ signature: string }>) {
  const site = useSite();
  const href = transactionUrl(site?.explorerUrlTemplate, signature);
  if (href === undefined) return <Address value={signature} />;
  return (
    <Row gap={2}>
      <Address value={signature} />
      <ExternalLink href={href}>look</ExternalLink>
    </Row>
  );
}
