import { Stages } from '../design/stages.tsx';
import type { JoinStage } from './join-stages.ts';

const labels: Readonly<Record<JoinStage['name'], string>> = {
  Invited: 'Invited',
  Requested: 'Asked to join',
  Accepted: 'Accepted',
  Connected: 'Connected',
  Devices: 'Devices',
};

/** How far a data centre is on its way in. */
export function JoinStagesList({ stages }: Readonly<{ stages: readonly JoinStage[] }>) {
  return (
    <Stages
      label="Joining"
      stages={stages.map(({ name, state, text }) => ({
        id: name,
        label: labels[name],
        state,
        detail: text === '' ? undefined : <bdi>{text}</bdi>,
      }))}
    />
  );
}
