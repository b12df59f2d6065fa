import { below, pick, type RandomSource } from '../../../operator/testing/seeded-random.ts';
import type { Lines } from '../../chaos/lines.ts';
import type { World } from '../../federation/world.ts';

/** What takes a member away from the hub. */
const lineFaults = {
  'line cut': { cut: 'both' },
  'nothing comes from the member': { cut: 'up' },
  'nothing reaches the member': { cut: 'down' },
  'line stalls': { rateKbps: 1, delayMs: 2_000 },
} as const;
const agentKilled = 'agent killed';

export type FaultName = keyof typeof lineFaults | typeof agentKilled;
export type Fault = Readonly<{ member: string; name: FaultName; afterMs: number }>;

/** Heartbeats are 10 s apart: a fault comes at any time between two. */
const SPREAD_MS = 10_000;

/** A fault of each of these members; without lines agents are killed only. */
export function plan(
  random: RandomSource,
  members: readonly string[],
  hasLines: boolean,
): readonly Fault[] {
  const names: readonly FaultName[] = hasLines
    ? [...(Object.keys(lineFaults) as (keyof typeof lineFaults)[]), agentKilled]
    : [agentKilled];
  return members.map((member) => ({
    ...{ member, name: pick(random, names), afterMs: below(random, SPREAD_MS) },
  }));
}

export async function inflict(
  { operator }: World,
  lines: Lines | undefined,
  { member, name }: Fault,
): Promise<void> {
  if (name === agentKilled) await operator.agent(member).kill();
  else await lines?.of(member).set(lineFaults[name]);
}

export async function repair(
  { operator }: World,
  lines: Lines | undefined,
  { member, name }: Fault,
): Promise<void> {
  if (name === agentKilled) await operator.agent(member).start();
  else await lines?.of(member).set({});
}
