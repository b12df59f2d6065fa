import type { MemberView } from '../../../../operator/domain/views/types.ts';

export type JoinStage = Readonly<{
  name: 'Invited' | 'Requested' | 'Accepted' | 'Connected' | 'Devices';
  state: 'done' | 'current' | 'failed' | 'todo';
  text: string;
}>;

type Arriving = Pick<MemberView, 'accepted' | 'denied' | 'conditions' | 'devices' | 'name'>;

/**
 * How far a data centre is that was invited. Undefined: it has not asked yet, so the hub does not
 * know it.
 */
export function joinStages(member: Arriving | undefined): readonly JoinStage[] {
  const joined = conditionOf(member, 'Joined');
  const connected = conditionOf(member, 'Connected');
  const reached = [
    true,
    member !== undefined,
    member?.accepted === true,
    connected?.status === 'True' || connected?.reason === 'HeartbeatLate',
    (member?.devices.total ?? 0) > 0,
  ];
  const at = reached.includes(false) ? reached.indexOf(false) : reached.length;
  const refused = member?.denied === true || joined?.reason === 'Refused';
  return names.map((name, place) => {
    const state = place < at ? 'done' : place > at ? 'todo' : refused ? 'failed' : 'current';
    return { name, state, text: textOf(name, state, member) };
  });
}

export const hasArrived = (stages: readonly JoinStage[]): boolean =>
  stages.every(({ state }) => state === 'done');

const names = ['Invited', 'Requested', 'Accepted', 'Connected', 'Devices'] as const;

const waits: Readonly<Record<JoinStage['name'], string>> = {
  Invited: 'The invitation is made.',
  Requested: 'Waiting for the agent to ask: run the command in your cluster.',
  Accepted:
    'Compare the key that the agent logs with the one below; then an administrator lets it in.',
  Connected: 'Waiting for the first heartbeat of the agent.',
  Devices: 'Waiting for the nodes’ labels; the first GPUs appear within a minute or two.',
};

const dones: Readonly<Record<JoinStage['name'], string>> = {
  Invited: 'The invitation is made.',
  Requested: 'The agent has asked for its certificate.',
  Accepted: 'An administrator let it in.',
  Connected: 'The hub hears the agent.',
  Devices: '',
};

function textOf(
  name: JoinStage['name'],
  state: JoinStage['state'],
  member: Arriving | undefined,
): string {
  if (state === 'todo') return '';
  if (state === 'done') {
    const count = member?.devices.total ?? 0;
    return name === 'Devices'
      ? `${count} ${count === 1 ? 'GPU is' : 'GPUs are'} known.`
      : dones[name];
  }
  const told = conditionOf(member, name === 'Connected' ? 'Connected' : 'Joined')?.message ?? '';
  if (state === 'failed') {
    return told === '' ? 'An administrator did not let it in.' : told;
  }
  return told !== '' && name === 'Accepted' ? `${waits[name]} ${told}` : waits[name];
}

function conditionOf(member: Pick<Arriving, 'conditions'> | undefined, wanted: string) {
  return member?.conditions.find(({ type }) => type === wanted);
}

/** Names that the hub takes for a data centre: a DNS label of at most 53 letters. */
export function memberNameFault(name: string): string | undefined {
  if (name === '') return 'Give it a name, for example frankfurt-1.';
  if (name.length > 53) return `It has ${name.length} letters; at most 53 are possible.`;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    return 'Use small letters, digits and hyphens; begin and end with a letter or digit.';
  }
  return undefined;
}
