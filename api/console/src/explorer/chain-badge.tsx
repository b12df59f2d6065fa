import { Badge } from '../design/badge.tsx';
import type { Tone } from '../design/tone.ts';
import type { ChainVerdict } from './verify/chain.ts';

const words: Readonly<Record<ChainVerdict, readonly [Tone, string]>> = {
  Right: ['good', 'Right'],
  Wrong: ['bad', 'Differs'],
  NoPredecessor: ['neutral', 'Needs the one before'],
  Unreadable: ['bad', 'No hash'],
};

/** What this browser came to when it computed the chain of an epoch itself. */
export function ChainBadge({ verdict }: Readonly<{ verdict: ChainVerdict | undefined }>) {
  const [tone, text] = words[verdict ?? 'NoPredecessor'];
  return <Badge tone={tone}>{text}</Badge>;
}
