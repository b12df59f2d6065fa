import { useState, type FormEvent } from 'react';
import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { NumberField } from '../design/number-field.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { Meter } from '../design/meter.tsx';
import { Name } from '../design/values.tsx';
import { useChange } from './use-change.ts';

type Group = ClusterView['workerGroups'][number];

/** Groups of workers, and how many of each there should be. */
export function ClusterWorkers({ view }: Readonly<{ view: ClusterView }>) {
  const { workers } = view;
  return (
    <Stack gap={5}>
      {workers !== undefined && (
        <Meter
          label="Workers that are ready"
          value={workers.desired === 0 ? 0 : workers.ready / workers.desired}
          tone={workers.ready === workers.desired ? 'good' : 'warn'}
          text={`${workers.ready} of ${workers.desired}`}
        />
      )}
      {view.workerGroups.map((group) => (
        <GroupCard key={group.name} view={view} group={group} />
      ))}
    </Stack>
  );
}

function GroupCard({ view, group }: Readonly<{ view: ClusterView; group: Group }>) {
  const { minReplicas, maxReplicas } = group;
  const autoscaled = minReplicas !== undefined && maxReplicas !== undefined;
  return (
    <Card title={<bdi>{group.name}</bdi>}>
      <Stack>
        <Facts
          items={[
            { label: 'Workers', value: group.replicas },
            autoscaled && { label: 'Autoscaling', value: `${minReplicas} to ${maxReplicas}` },
            { label: 'GPUs of each', value: group.devicesPerWorker },
            {
              label: 'Models',
              value:
                group.models.length === 0 ? (
                  'any'
                ) : (
                  <Row gap={2}>
                    {group.models.map((model) => (
                      <Name key={model}>{model}</Name>
                    ))}
                  </Row>
                ),
            },
          ]}
        />
        {view.phase !== 'Ended' && view.phase !== 'Ending' && (
          // What was typed belongs to the number that it was typed for.
          <ScaleForm key={group.replicas} view={view} group={group} />
        )}
      </Stack>
    </Card>
  );
}

function ScaleForm({ view, group }: Readonly<{ view: ClusterView; group: Group }>) {
  const [replicas, setReplicas] = useState<number | undefined>(group.replicas);
  const change = useChange(view);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (replicas === undefined) return;
    change.mutate({ workerGroups: [{ name: group.name, replicas }] });
  };
  return (
    <form onSubmit={onSubmit}>
      <Row align="end">
        <NumberField
          label="Number of workers"
          value={replicas}
          onChange={setReplicas}
          min={group.minReplicas ?? 0}
          max={group.maxReplicas ?? 1000}
        />
        <Button
          type="submit"
          isPending={change.isPending}
          isDisabled={replicas === undefined || replicas === group.replicas}
        >
          Scale
        </Button>
      </Row>
    </form>
  );
}
