import { describe, expect, test } from '@jest/globals';
import { accusationText, caseStage, caseSteps, statementFault } from './case-stage.ts';
import { filterFromSearch } from './device-search.ts';
import { deviceState, deviceTitle } from './device-state.ts';
import { memberState } from './member-state.ts';
import { rewardReason } from './reward-flags.ts';
import { cooldownDone, stakeState } from './stake-state.ts';

const at = '2026-11-25T14:00:00Z';
const now = Date.parse(at);
const day = 86_400_000;
const instant = (ms: number): string => new Date(ms).toISOString();
const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason = type) => ({
  ...{ type, status, reason, message: `${reason}.`, lastTransitionTime: at },
});

describe('a data centre', () => {
  type Standing = Parameters<typeof memberState>[0];
  const member = (part: Partial<Standing>): Standing => ({
    ...{ accepted: true, denied: false, cordoned: false, drainDeadline: undefined },
    conditions: [condition('Connected', 'True'), condition('Schedulable', 'True')],
    ...part,
  });
  const heard = condition('Connected', 'True');

  test.each<[string, Standing, string, string]>([
    ['open', member({}), 'Open for renters', 'good'],
    ['denied', member({ accepted: false, denied: true }), 'Denied', 'bad'],
    ['not accepted', member({ accepted: false }), 'Waits to be accepted', 'warn'],
    [
      'late',
      member({ conditions: [condition('Connected', 'False', 'HeartbeatLate')] }),
      'Heartbeat late',
      'warn',
    ],
    [
      'silent, though cordoned too',
      member({ cordoned: true, conditions: [condition('Connected', 'False', 'NoHeartbeat')] }),
      'Not connected',
      'bad',
    ],
    ['draining', member({ drainDeadline: at }), 'Draining', 'warn'],
    ['drained', member({ conditions: [heard, condition('Drained', 'True')] }), 'Drained', 'warn'],
    ['cordoned', member({ cordoned: true }), 'Cordoned', 'warn'],
    [
      'cordoned by itself',
      member({ conditions: [heard, condition('Schedulable', 'False', 'CordonedByMember')] }),
      'Cordoned',
      'warn',
    ],
    [
      'without offers',
      member({ conditions: [heard, condition('Schedulable', 'False', 'NoOffers')] }),
      'Takes no leases',
      'warn',
    ],
  ])('that is %s', (_, of, label, tone) => {
    expect(memberState(of)).toMatchObject({ label, tone });
  });
});

describe('a device', () => {
  const health = { state: 'Broken', reason: 'XidError', message: '', since: at };
  const lease = { id: 'l', since: at };

  test.each([
    ['free', {}, 'Free'],
    ['rented', { lease }, 'Leased'],
    ['rented and broken', { lease, health }, 'Broken'],
    ['without its stake', { blockedBy: 'Staked' as const }, 'Stake missing'],
    ['rented while cordoned', { lease, blockedBy: 'Offered' as const }, 'Leased'],
  ])('that is %s', (_, part, label) => {
    const of = { lease: undefined, blockedBy: undefined, health: undefined, ...part };
    expect(deviceState(of).label).toBe(label);
  });

  test('is called by its model, or by what there is', () => {
    const nameless = { model: undefined, product: '', migProfile: undefined, name: 'n-0' };
    expect(deviceTitle(nameless)).toBe('n-0');
    expect(deviceTitle({ ...nameless, product: '<b>' })).toBe('<b>');
    expect(deviceTitle({ ...nameless, model: 'H100', migProfile: '3g.40gb' })).toBe(
      'H100 · 3g.40gb',
    );
  });

  test.each([
    [{}, {}],
    [
      { state: 'Free', model: 'H100' },
      { state: 'Free', model: 'H100' },
    ],
    [{ state: 'free' }, {}],
    [{ state: '__proto__', member: '' }, {}],
    [{ member: 'Fra', account: 'a' }, {}],
    [
      { member: 'fra-1', account: 'team/a.b' },
      { member: 'fra-1', account: 'team/a.b' },
    ],
    [{ member: '<script>', model: 'a\nb' }, {}],
    [{ model: 'm'.repeat(129) }, {}],
    [{ member: ['fra-1'], model: { toString: 'x' } }, {}],
  ])('is looked for by %j', (search, filter) => {
    expect(filterFromSearch(search)).toEqual(filter);
  });
});

describe('a stake', () => {
  const stake = (part: Partial<NonNullable<Parameters<typeof stakeState>[0]>>) => ({
    ...{ amount: '0.00', required: '2000.00', escrowed: '0.00' },
    ...{ unlockTime: undefined, address: undefined },
    ...part,
  });

  test.each([
    ['unknown', undefined, 'Unknown', '0', ''],
    ['none', stake({}), 'None', '2000.00', 'stake'],
    ['too small', stake({ amount: '199.99999999' }), 'TooSmall', '1800.00000001', 'stake unstake'],
    ['all in a case', stake({ escrowed: '5.00' }), 'TooSmall', '2000.00', 'stake'],
    ['exact', stake({ amount: '2000' }), 'Enough', '0', 'unstake'],
    ['asked back', stake({ amount: '1.00', unlockTime: instant(now + 1) }), 'CoolingDown', '0', ''],
    ['cooled', stake({ amount: '1.00', unlockTime: at }), 'Withdrawable', '0', 'withdraw'],
    ['withdrawn', stake({ unlockTime: at }), 'None', '2000.00', 'stake'],
    [
      'cooled, and all in a case',
      stake({ escrowed: '5.00', unlockTime: at }),
      'Withdrawable',
      '0',
      '',
    ],
  ])('that is %s', (_, of, kind, missing, may) => {
    const state = stakeState(of, now);
    expect(state).toMatchObject({ kind, missing });
    const allowed = Object.entries(state.may).filter(([, allows]) => allows);
    expect(allowed.map(([what]) => what).join(' ')).toBe(may);
  });

  test.each([
    [instant(now + 14 * day), 0],
    [instant(now + 7 * day), 0.5],
    [at, 1],
    [instant(now - day), 1],
    [instant(now + 30 * day), 0],
    ['tomorrow', undefined],
  ])('that is unlocked at %s is so far through its cooldown', (unlockTime, done) => {
    expect(cooldownDone(unlockTime, now)).toBe(done);
  });
});

describe('a case', () => {
  type Standing = Parameters<typeof caseSteps>[0];
  const of = (part: Partial<Standing>): Standing => ({
    ...{ createdAt: at, openedAt: at, appealDeadline: instant(now + day), conditions: [] },
    ...{ appeal: undefined, outcome: undefined },
    ...part,
  });
  const appeal = { time: at, statement: undefined };
  const outcome = (decision: string) => ({ decision, time: at, statement: undefined });

  test.each<[string, Standing, string, boolean, string]>([
    ['new', of({ openedAt: undefined }), 'Not open yet', false, 'done current todo todo'],
    ['open', of({}), 'Open for appeal', true, 'done done current todo'],
    [
      'past its deadline to the second',
      of({ appealDeadline: at }),
      'Deadline passed',
      false,
      'done done current todo',
    ],
    [
      'without a deadline that can be read',
      of({ appealDeadline: undefined }),
      'Deadline passed',
      false,
      'done done current todo',
    ],
    ['appealed', of({ appeal }), 'Appealed', false, 'done done done current'],
    [
      'burnt without an appeal',
      of({ outcome: outcome('Burned') }),
      'Burnt',
      false,
      'done done skipped done',
    ],
    [
      'reversed',
      of({ appeal, outcome: outcome('Reversed') }),
      'Reversed',
      false,
      'done done done done',
    ],
    [
      'decided in a way that is not known',
      of({ outcome: outcome('<b>') }),
      '<b>',
      false,
      'done done skipped done',
    ],
  ])('that is %s', (_, standing, label, mayAppeal, steps) => {
    expect(caseStage(standing, now)).toMatchObject({ label, mayAppeal });
    expect(
      caseSteps(standing)
        .map(({ state }) => state)
        .join(' '),
    ).toBe(steps);
  });

  test('is told in words, and unknown words as they are', () => {
    expect(accusationText('DuplicateDevice')).toBe('The same device was offered twice');
    expect(accusationText('toString')).toBe('toString');
  });

  test.each([
    ['It was not me.', undefined],
    ['  \n ', /^Say why/],
    ['a'.repeat(4_096), undefined],
    ['😀'.repeat(4_096), undefined],
    ['😀'.repeat(4_097), /^It has 4097 letters/],
  ])('takes a statement or says what is wrong with it', (statement, fault) => {
    expect(statementFault(statement) ?? 'nothing').toMatch(fault ?? 'nothing');
  });
});

describe('a reward', () => {
  const all = ['Verified', 'Up', 'AccountKnown', 'Staked', 'Offered'];

  test.each([
    [all, '1.00', 'offered and up'],
    [[...all, 'Leased'], '1.10', 'leased: counts 10 % more'],
    [all.filter((flag) => flag !== 'Up'), '0.00', 'not up for long enough'],
    [[], '0.00', /^not verified, not up .*neither offered nor leased$/],
    [[...all, 'CoolingDown'], '0.00', 'the stake was asked back'],
    [all.filter((flag) => flag !== 'Staked'), '0.00', 'stake missing'],
    [all, '0.00', 'its model is not rewarded'],
  ])('with %j of %s has its reason', (flags, amount, why) => {
    expect(rewardReason(flags, amount)).toEqual(expect.stringMatching(why));
  });
});
