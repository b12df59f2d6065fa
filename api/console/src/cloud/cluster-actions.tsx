import { useState } from 'react';
import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { useGo } from '../app/navigation.ts';
import { api } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { clusterApi, clustersPath } from './paths.ts';
import { useChange } from './use-change.ts';

/** Suspend, go on, end. */
export function ClusterActions({ view }: Readonly<{ view: ClusterView }>) {
  const [asking, setAsking] = useState<'suspend' | 'end' | undefined>();
  const change = useChange(view);
  const end = useEnd(view);
  if (view.phase === 'Ending') return undefined;
  const close = (): void => setAsking(undefined);
  return (
    <>
      {view.suspended ? (
        <Button
          variant="primary"
          isPending={change.isPending}
          onPress={() => change.mutate({ suspend: false })}
        >
          Go on
        </Button>
      ) : (
        view.phase !== 'Ended' && <Button onPress={() => setAsking('suspend')}>Suspend</Button>
      )}
      <Button onPress={() => setAsking('end')}>{view.phase === 'Ended' ? 'Remove' : 'End'}</Button>
      <ConfirmDialog
        title={`Suspend ${view.name}?`}
        isOpen={asking === 'suspend'}
        onClose={close}
        onConfirm={() => change.mutate({ suspend: true }, { onSettled: close })}
        confirmLabel="Suspend"
        tone="primary"
        isPending={change.isPending}
      >
        <p>
          Its GPUs are given back, what runs on it is stopped, and it costs nothing. When it goes
          on, it is placed anew, maybe elsewhere.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        title={`End ${view.name}?`}
        isOpen={asking === 'end'}
        onClose={close}
        onConfirm={() => end.mutate(undefined, { onSettled: close })}
        confirmLabel="End it"
        confirmText={view.name}
        isPending={end.isPending}
      >
        <p>
          What runs on it is stopped, and what is on its disks is gone. What was held and not used
          is given back. There is no way back.
        </p>
      </ConfirmDialog>
    </>
  );
}

function useEnd({ namespace, name, resourceVersion }: ClusterView) {
  const go = useGo();
  return useAction(
    () =>
      api<unknown>(clusterApi(namespace, name), {
        method: 'DELETE',
        headers: { 'if-match': `"${resourceVersion}"` },
      }),
    {
      success: `${name} ends.`,
      invalidates: [['cluster', namespace]],
      onSuccess: () => go(clustersPath),
    },
  );
}
