import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { useParams, useSearch, useSetSearch } from '../app/navigation.ts';
import { useApi } from '../client/use-api.ts';
import { StatusDot } from '../design/badge.tsx';
import { Card } from '../design/card.tsx';
import { Split, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { Stages } from '../design/stages.tsx';
import { Loaded, Notice, Skeleton } from '../design/state.tsx';
import { Tabs } from '../design/tabs.tsx';
import { ClusterAccess } from './cluster-access.tsx';
import { ClusterActions } from './cluster-actions.tsx';
import { ClusterCost } from './cluster-cost.tsx';
import { ClusterEvents } from './cluster-events.tsx';
import { ClusterFacts } from './cluster-facts.tsx';
import { clusterStages } from './cluster-stages.ts';
import { ClusterUsage } from './cluster-usage.tsx';
import { ClusterWorkers } from './cluster-workers.tsx';
import { clusterApi, clustersPath } from './paths.ts';
import { lookOf } from './phase.ts';
import { Refusals } from './refusals.tsx';

/** One cluster: how far it is, what it costs, and what can be done with it. */
export default function ClusterPage() {
  const { namespace = '', name = '' } = useParams();
  const cluster = useApi<ClusterView>(['cluster', namespace, name], clusterApi(namespace, name));
  const view = cluster.data;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[{ to: clustersPath, label: 'Clusters' }]}
        description={namespace}
        mark={view !== undefined && <ClusterPhase view={view} />}
        actions={view !== undefined && <ClusterActions view={view} />}
      />
      <Loaded query={cluster} skeleton={<Skeleton lines={8} height={28} />}>
        {(data) => <ClusterTabs view={data} />}
      </Loaded>
    </>
  );
}

function ClusterPhase({ view }: Readonly<{ view: ClusterView }>) {
  const { tone, label, moves } = lookOf(view.phase);
  return (
    <span aria-live="polite">
      <StatusDot tone={tone} pulse={moves}>
        {label}
      </StatusDot>
    </span>
  );
}

function ClusterTabs({ view }: Readonly<{ view: ClusterView }>) {
  const { tab = 'overview' } = useSearch();
  const setSearch = useSetSearch();
  return (
    <Tabs
      label="What is known of the cluster"
      selected={tab}
      onChange={(next) => setSearch({ tab: next === 'overview' ? undefined : next })}
      tabs={[
        { id: 'overview', label: 'Overview', content: <Overview view={view} /> },
        { id: 'workers', label: 'Workers', content: <ClusterWorkers view={view} /> },
        { id: 'access', label: 'Jobs and dashboard', content: <ClusterAccess view={view} /> },
        { id: 'cost', label: 'Cost by hour', content: <ClusterUsage view={view} /> },
        { id: 'events', label: 'Events', content: <ClusterEvents view={view} /> },
      ]}
    />
  );
}

function Overview({ view }: Readonly<{ view: ClusterView }>) {
  return (
    <Split>
      <Stack gap={5}>
        <Card title="How far it is">
          <Stages label="Stages of the cluster" stages={clusterStages(view)} />
        </Card>
        {view.refusals.length > 0 && view.lease === undefined && (
          <Card>
            <Refusals refusals={view.refusals} />
          </Card>
        )}
        {view.phase === 'Waiting' && (
          <Notice tone="info" title="It waits for GPUs">
            <p>
              {view.queuePosition === undefined
                ? 'It is looked at again whenever something is given back.'
                : `It is number ${view.queuePosition}. Who does not fit is passed by, so it may be sooner.`}{' '}
              While it waits it costs nothing.
            </p>
          </Notice>
        )}
      </Stack>
      <>
        <ClusterCost view={view} />
        <ClusterFacts view={view} />
      </>
    </Split>
  );
}
