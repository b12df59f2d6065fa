import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import type { Tone } from '../design/tone.ts';

type Phase = ClusterView['phase'];

const looks: Readonly<Record<Phase, Readonly<{ tone: Tone; label: string; moves: boolean }>>> = {
  Quoted: { tone: 'info', label: 'Priced', moves: false },
  Suspended: { tone: 'neutral', label: 'Suspended', moves: false },
  Waiting: { tone: 'warn', label: 'Waiting', moves: true },
  Starting: { tone: 'info', label: 'Starting', moves: true },
  Running: { tone: 'good', label: 'Running', moves: false },
  Ending: { tone: 'warn', label: 'Ending', moves: true },
  Ended: { tone: 'neutral', label: 'Ended', moves: false },
  Refused: { tone: 'bad', label: 'Refused', moves: false },
};

/** How a phase looks; one that this version does not know is shown as it is. */
export function lookOf(phase: Phase): Readonly<{ tone: Tone; label: string; moves: boolean }> {
  return looks[phase] ?? { tone: 'neutral', label: phase, moves: false };
}
