import { expect, test } from '@jest/globals';
import { hasArrived, joinStages, memberNameFault } from './join-stages.ts';

type Arriving = NonNullable<Parameters<typeof joinStages>[0]>;
const at = '2026-11-25T14:00:00Z';
const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason: string) => ({
  ...{ type, status, reason, message: `${reason}.`, lastTransitionTime: at },
});
const member = (part: Partial<Arriving>): Arriving => ({
  name: 'fra-1',
  accepted: false,
  denied: false,
  conditions: [],
  devices: { total: 0, free: 0, leased: 0, broken: 0 },
  ...part,
});
const devices = { total: 8, free: 8, leased: 0, broken: 0 };
const heard = condition('Connected', 'True', 'HeartbeatsArrive');

test.each<[string, Arriving | undefined, string]>([
  ['was only invited', undefined, 'done current todo todo todo'],
  ['has asked', member({}), 'done done current todo todo'],
  ['was denied', member({ denied: true }), 'done done failed todo todo'],
  [
    'was put out by its key',
    member({ conditions: [condition('Joined', 'False', 'Refused')] }),
    'done done failed todo todo',
  ],
  ['was let in', member({ accepted: true }), 'done done done current todo'],
  ['is heard', member({ accepted: true, conditions: [heard] }), 'done done done done current'],
  [
    'is heard late, with devices',
    member({
      accepted: true,
      devices,
      conditions: [condition('Connected', 'False', 'HeartbeatLate')],
    }),
    'done done done done done',
  ],
])('a data centre that %s', (_, of, states) => {
  const stages = joinStages(of);
  expect(stages.map(({ state }) => state).join(' ')).toBe(states);
  expect(hasArrived(stages)).toBe(!/current|failed|todo/.test(states));
});

test('says what the hub says of a request, and counts devices', () => {
  const asked = member({ conditions: [condition('Joined', 'False', 'AwaitingAcceptance')] });
  expect(joinStages(asked)[2]?.text).toContain('AwaitingAcceptance.');
  const one = member({ accepted: true, conditions: [heard], devices: { ...devices, total: 1 } });
  expect(joinStages(one)[4]?.text).toBe('1 GPU is known.');
});

test.each([
  ['frankfurt-1', undefined],
  ['a', undefined],
  ['a'.repeat(53), undefined],
  ['a'.repeat(54), 'It has 54 letters; at most 53 are possible.'],
  ['', 'Give it a name, for example frankfurt-1.'],
  ['Frankfurt', /small letters/],
  ['-a', /begin and end/],
  ['a-', /begin and end/],
  ['<script>', /small letters/],
  ['fra‮1', /small letters/],
  ['fra.1', /small letters/],
])('the name %j', (name, fault) => {
  expect(memberNameFault(name) ?? 'nothing').toMatch(fault ?? 'nothing');
});
