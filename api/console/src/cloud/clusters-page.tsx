import { useState } from 'react';
import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { namespacesOf, useNamespace, useSession } from '../app/session.ts';
import { useApiPages } from '../client/use-api.ts';
import { StatusDot } from '../design/badge.tsx';
import { ButtonLink } from '../design/button.tsx';
import { ComboBox } from '../design/combo-box.tsx';
import { DataTable, type Column } from '../design/data-table.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { Count, Country, Money, Name, Time, Usd } from '../design/values.tsx';
import { sumOf } from './decimal-sum.ts';
import { isNamespace } from './namespace.ts';
import { clusterPath, clustersApi } from './paths.ts';
import { lookOf } from './phase.ts';

/** The clusters of a namespace. */
export default function ClustersPage() {
  const { session } = useSession();
  const [namespace, setNamespace] = useNamespace();
  const [typed, setTyped] = useState(namespace ?? '');
  const namespaces = namespacesOf(session);
  return (
    <>
      <PageHeader
        title="Clusters"
        actions={
          <ButtonLink to="/cloud/rent" variant="primary">
            Rent a cluster
          </ButtonLink>
        }
      />
      <Stack>
        <Row>
          <ComboBox
            label="Namespace"
            options={namespaces.map((id) => ({ id, label: id }))}
            value={typed}
            onChange={(name) => {
              setTyped(name);
              if (isNamespace(name)) setNamespace(name);
            }}
            allowsCustomValue
          />
        </Row>
        {namespace === undefined ? (
          <EmptyState title="No namespace is open to you">
            <p>Ask whoever runs this network for a namespace, or for an account in one.</p>
          </EmptyState>
        ) : (
          <Clusters namespace={namespace} />
        )}
      </Stack>
    </>
  );
}

function Clusters({ namespace }: Readonly<{ namespace: string }>) {
  const clusters = useApiPages<ClusterView>(['cluster', namespace], clustersApi(namespace));
  return (
    <Loaded query={clusters} skeleton={<Skeleton lines={5} height={44} />}>
      {(items) => (
        <DataTable
          caption={`Clusters of ${namespace}`}
          columns={columns}
          rows={items}
          rowKey={({ uid }) => uid}
          hasMore={clusters.hasMore}
          loadMore={clusters.loadMore}
          isLoadingMore={clusters.isLoadingMore}
          empty={
            <EmptyState
              title="No clusters yet"
              action={<ButtonLink to="/cloud">Look at the market</ButtonLink>}
            >
              <p>What you rent is shown here, with what it does and what it has cost.</p>
            </EmptyState>
          }
        />
      )}
    </Loaded>
  );
}

const columns: readonly Column<ClusterView>[] = [
  {
    id: 'name',
    header: 'Name',
    narrow: 'title',
    cell: ({ namespace, name }) => <Name to={clusterPath(namespace, name)}>{name}</Name>,
  },
  {
    id: 'phase',
    header: 'State',
    cell: ({ phase, queuePosition }) => {
      const { tone, label, moves } = lookOf(phase);
      return (
        <StatusDot tone={tone} pulse={moves}>
          {label}
          {queuePosition !== undefined && `, number ${queuePosition}`}
        </StatusDot>
      );
    },
  },
  {
    id: 'gpus',
    header: 'GPUs',
    align: 'end',
    cell: ({ devices }) => (devices === undefined ? '–' : <Count value={devices} />),
  },
  {
    id: 'where',
    header: 'Where',
    narrow: 'hide',
    cell: ({ lease }) => (lease?.country === undefined ? '–' : <Country code={lease.country} />),
  },
  {
    id: 'price',
    header: 'Price',
    align: 'end',
    cell: ({ priceMicroUsdPerHour: price }) =>
      price === undefined ? '–' : <Usd microUsd={price} perHour />,
  },
  {
    id: 'spent',
    header: 'Cost so far',
    align: 'end',
    cell: ({ spend }) =>
      spend === undefined ? (
        '–'
      ) : (
        <Money amount={sumOf(spend.settled, spend.unsettled)} asset={spend.asset} />
      ),
  },
  {
    id: 'since',
    header: 'Made',
    narrow: 'hide',
    cell: ({ createdAt }) => <Time at={createdAt} relative />,
  },
];
