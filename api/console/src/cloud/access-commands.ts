import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { shellWord } from './shell-word.ts';

/** Commands of kubectl io for a cluster, ready to be pasted. */
export function accessCommands({
  namespace,
  name,
  endpoint = '',
}: Pick<ClusterView, 'namespace' | 'name' | 'endpoint'>): readonly Readonly<{
  label: string;
  code: string;
}>[] {
  const where = `${shellWord(name)} -n ${shellWord(namespace)}`;
  return [
    {
      label: 'Dashboard, at http://127.0.0.1:8265',
      code: `kubectl io port-forward ${where} dashboard`,
    },
    {
      label: 'Submit a job',
      code: `kubectl io jobs submit ${where} --working-dir . -- python train.py`,
    },
    {
      label: 'Jobs, and the log of the last one',
      code: `kubectl io jobs list ${where}\nkubectl io logs ${where}`,
    },
    { label: 'The address of the cluster, for programs', code: endpoint },
  ];
}
