import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { hasToken } from '../client/credentials.ts';
import { Card } from '../design/card.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState } from '../design/state.tsx';
import { accessCommands } from './access-commands.ts';
import { ClusterJobs } from './cluster-jobs.tsx';
import { gatewayPath } from './gateway-path.ts';

/** How one gets at what runs on it. */
export function ClusterAccess({ view }: Readonly<{ view: ClusterView }>) {
  if (view.endpoint === undefined) {
    return (
      <EmptyState title="Not ready yet">
        <p>Jobs, logs and the dashboard are here as soon as head and workers are ready.</p>
      </EmptyState>
    );
  }
  const path = gatewayPath(view.endpoint, location.origin);
  return (
    <Stack gap={5}>
      {path !== undefined && hasToken() && <ClusterJobs view={view} gateway={path} />}
      <Card title="From your machine">
        <Stack>
          <p>
            The gateway takes Kubernetes tokens, so a browser reaches the dashboard through your own
            machine. These commands act with the rights of your kubeconfig.
          </p>
          {accessCommands(view).map(({ label, code }) => (
            <CodeBlock key={label} label={label} code={code} wrap />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}
