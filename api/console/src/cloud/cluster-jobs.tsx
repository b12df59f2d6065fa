import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { Badge } from '../design/badge.tsx';
import { Button } from '../design/button.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { DataTable, type Column } from '../design/data-table.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Section } from '../design/page-header.tsx';
import { EmptyState, Loaded } from '../design/state.tsx';
import { Name, Time } from '../design/values.tsx';
import { jobLog, jobsOf, type Job } from './gateway-jobs.ts';

type JobsProps = Readonly<{ view: ClusterView; gateway: string }>;

const jobsMs = 5_000;
const logMs = 3_000;

/** The jobs of the cluster, from Ray itself, through the gateway. */
export function ClusterJobs({ view, gateway }: JobsProps) {
  const [shown, setShown] = useState<string | undefined>();
  const jobs = useQuery({
    queryKey: ['jobs', view.uid],
    queryFn: ({ signal }) => jobsOf(gateway, signal),
    refetchInterval: jobsMs,
  });
  return (
    <Section title="Jobs">
      <Loaded query={jobs}>
        {(items) => (
          <DataTable
            caption="Jobs"
            columns={columnsFor(setShown)}
            rows={items}
            rowKey={({ id }) => id}
            empty={
              <EmptyState title="No jobs yet">
                <p>Submit one with the command below.</p>
              </EmptyState>
            }
          />
        )}
      </Loaded>
      {shown !== undefined && (
        <Dialog title={`Log of ${shown}`} isOpen size="l" onClose={() => setShown(undefined)}>
          <JobLog gateway={gateway} id={shown} />
        </Dialog>
      )}
    </Section>
  );
}

const tones = { SUCCEEDED: 'good', FAILED: 'bad', RUNNING: 'info' } as const;

function columnsFor(show: (id: string) => void): readonly Column<Job>[] {
  return [
    { id: 'id', header: 'Job', narrow: 'title', cell: ({ id }) => <Name mono>{id}</Name> },
    {
      id: 'status',
      header: 'State',
      cell: ({ status }) => (
        <Badge tone={tones[status as keyof typeof tones] ?? 'neutral'}>
          {status.toLowerCase()}
        </Badge>
      ),
    },
    { id: 'command', header: 'Command', cell: ({ entrypoint }) => <Name mono>{entrypoint}</Name> },
    {
      id: 'start',
      header: 'Since',
      cell: ({ startedAt }) => (startedAt === undefined ? '–' : <Time at={startedAt} relative />),
    },
    {
      id: 'log',
      header: 'Log',
      align: 'end',
      cell: ({ id }) => (
        <Button size="s" onPress={() => show(id)}>
          Log
        </Button>
      ),
    },
  ];
}

function JobLog({ gateway, id }: Readonly<{ gateway: string; id: string }>) {
  const log = useQuery({
    queryKey: ['job-log', gateway, id],
    queryFn: ({ signal }) => jobLog(gateway, id, signal),
    refetchInterval: logMs,
  });
  return (
    <Loaded query={log}>
      {(text) => <CodeBlock label="Newest lines" code={text === '' ? 'Nothing yet.' : text} wrap />}
    </Loaded>
  );
}
