import type { DeviceView } from '../../../../operator/domain/views/types.ts';
import type { Tone } from '../design/tone.ts';

/** What a person looks at first of a device. */
export type DeviceState = Readonly<{ label: string; tone: Tone }>;

type Standing = Pick<DeviceView, 'lease' | 'blockedBy' | 'health'>;

export function deviceState({ lease, blockedBy, health }: Standing): DeviceState {
  if (health?.state === 'Broken') return { label: 'Broken', tone: 'bad' };
  if (lease !== undefined) return { label: 'Leased', tone: 'good' };
  if (blockedBy !== undefined) return { label: stops[blockedBy], tone: 'warn' };
  return { label: 'Free', tone: 'info' };
}

/** By the rung that it waits at. */
const stops: Readonly<Record<NonNullable<DeviceView['blockedBy']>, string>> = {
  Identified: 'Not identified',
  Verified: 'Not verified',
  Staked: 'Stake missing',
  Healthy: 'Not healthy',
  Offered: 'Not offered',
};

/** The whole name of the device for people: its model, or what the node calls it. */
export const deviceTitle = ({
  model,
  product,
  migProfile,
  name,
}: Pick<DeviceView, 'model' | 'product' | 'migProfile' | 'name'>): string => {
  const kind = model ?? (product === '' ? name : product);
  return migProfile === undefined ? kind : `${kind} · ${migProfile}`;
};
