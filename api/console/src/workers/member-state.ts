import type { MemberView } from '../../../../operator/domain/views/types.ts';
import type { Tone } from '../design/tone.ts';

/** What a person looks at first of a data centre. */
export type MemberState = Readonly<{
  tone: Tone;
  label: string;
  text: string;
}>;

type Standing = Pick<
  MemberView,
  'accepted' | 'denied' | 'cordoned' | 'drainDeadline' | 'conditions'
>;

/** The most serious thing that can be said of it. */
export function memberState(member: Standing): MemberState {
  const { accepted, denied } = member;
  if (denied) return { tone: 'bad', label: 'Denied', text: messageOf(member, 'Accepted') };
  if (!accepted) {
    const text = messageOf(member, 'Joined') || 'An administrator of the hub decides.';
    return { tone: 'warn', label: 'Waits to be accepted', text };
  }
  const connected = find(member, 'Connected');
  if (connected !== undefined && connected.status !== 'True') {
    const late = connected.reason === 'HeartbeatLate';
    const label = late ? 'Heartbeat late' : 'Not connected';
    return { tone: late ? 'warn' : 'bad', label, text: connected.message };
  }
  const drained = find(member, 'Drained');
  if (drained !== undefined || member.drainDeadline !== undefined) {
    const label = drained?.status === 'True' ? 'Drained' : 'Draining';
    return { tone: 'warn', label, text: drained?.message ?? '' };
  }
  return placing(member);
}

function placing(member: Standing): MemberState {
  const schedulable = find(member, 'Schedulable');
  if (member.cordoned || schedulable?.reason === 'CordonedByMember') {
    return { tone: 'warn', label: 'Cordoned', text: schedulable?.message ?? '' };
  }
  if (schedulable !== undefined && schedulable.status !== 'True') {
    return { tone: 'warn', label: 'Takes no leases', text: schedulable.message };
  }
  return { tone: 'good', label: 'Open for renters', text: '' };
}

const find = (member: Pick<Standing, 'conditions'>, wanted: string) =>
  member.conditions.find(({ type }) => type === wanted);

const messageOf = (member: Standing, type: string): string => find(member, type)?.message ?? '';
