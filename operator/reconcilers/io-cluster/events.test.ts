import { describe, expect, test } from '@jest/globals';
import { ioClusterConditions } from '../../domain/io-cluster/conditions.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
import type { BudgetStage } from '../../domain/pricing/budget.ts';
import type { MeteringStage } from '../../domain/pricing/metering.ts';
import { withConditions } from '../with-conditions.ts';
import { eventsOf } from './events.ts';

const lease = {
  id: 'lease-0123456789abcdef',
  generation: 1,
  member: 'fra-1',
  placement: 'lease-0123456789abcdef',
  startTime: '2026-11-23T10:00:00Z',
  devices: 2,
  priceMicroUsdPerHour: 5_000_000,
};
const ok = { ok: true, reason: 'Ready', message: 'The head and all 2 workers are ready.' };
const notYet = { ok: false, reason: 'HeadNotReady', message: 'Not yet.' };
const nothing = { accepted: undefined, applied: undefined, ready: undefined, workers: undefined };
const placed: Phase = {
  kind: 'Leased',
  lease,
  report: nothing,
  memberConnected: true,
  scaleUpRefusal: undefined,
};
const ready: Phase = { ...placed, report: { ...nothing, accepted: ok, applied: ok, ready: ok } };
const heldBack = { ok: false, reason: 'HeldByQueue', message: 'Kueue holds it back.' };
const preempted: Phase = { ...ready, report: { ...ready.report, ready: heldBack } };
const broken: Phase = { ...ready, report: { ...ready.report, ready: notYet } };
const suspended: Phase = { kind: 'Suspended', releasing: false };

const reasonsOf = (...phases: readonly Phase[]): readonly string[] => {
  let conditions = withConditions(undefined, [], 1, 0);
  let before = conditions;
  for (const phase of phases) {
    before = conditions;
    conditions = withConditions(before, ioClusterConditions(phase), 1, 0);
  }
  return eventsOf(before, conditions).map(({ type, reason }) => `${type} ${reason}`);
};

describe('events of an IOCluster', () => {
  test.each<[string, readonly Phase[], readonly string[]]>([
    ['a placement is told once, not each step after it', [placed], ['Normal Placed']],
    ['so is becoming ready', [placed, ready], ['Normal Ready']],
    ['nothing new is told twice', [placed, ready, ready], []],
    ['losing readiness is told', [placed, ready, broken], ['Warning HeadNotReady']],
    ['so is a queue that stops it', [placed, ready, preempted], ['Warning HeldByQueue']],
    ['what stands in four conditions is told once', [placed, suspended], ['Normal Suspended']],
  ])('%s', (_, phases, expected) => {
    expect(reasonsOf(...phases)).toEqual(expected);
  });
});

type MoneyState = readonly [BudgetStage, MeteringStage];

/** What is told when the money of a running cluster goes from one state to the next. */
function toldOf(...standings: readonly MoneyState[]) {
  let conditions = withConditions(undefined, [], 1, 0);
  let before = conditions;
  for (const [stage, metering] of standings) {
    const budget = {
      stage,
      limitedBy: 'Funds',
      limit: 8n,
      spent: 7n,
      secondsLeft: undefined,
    } as const;
    const standing = { leaseId: lease.id, budget, judgedAtSeconds: 0, metering };
    const money = { asset: 'USDC', payment: undefined, standing, spend: undefined } as const;
    before = conditions;
    conditions = withConditions(before, ioClusterConditions(ready, money), 1, 0);
  }
  return eventsOf(before, conditions).map(({ type, reason }) => `${type} ${reason}`);
}

describe('events of money', () => {
  const metered = ['Fine', 'Metering'] as const;
  test.each<[string, readonly MoneyState[], readonly string[]]>([
    [
      'the first second that is metered is told',
      [['Fine', 'NotStarted'], metered],
      ['Normal Metering'],
    ],
    ['nothing new is told twice', [metered, metered], []],
    ['a low budget is told', [metered, ['Low', 'Metering']], ['Warning BudgetLow']],
    [
      'so is one that is almost spent',
      [metered, ['AlmostSpent', 'Metering']],
      ['Warning BudgetAlmostSpent'],
    ],
    ['so is an end that is near', [metered, ['Ending', 'Metering']], ['Warning BudgetEnding']],
    ['so is money that came in time', [['Ending', 'Metering'], metered], ['Normal Funded']],
    [
      'a member that stopped reporting is told',
      [metered, ['Fine', 'Stalled']],
      ['Warning Stalled'],
    ],
  ])('%s', (_, standings, expected) => {
    expect(toldOf(...standings)).toEqual(expected);
  });

  test('a cluster that waits for money says so once', () => {
    const money = {
      asset: 'USDC',
      payment: undefined,
      standing: undefined,
      spend: undefined,
    } as const;
    const phase: Phase = {
      kind: 'Unfunded',
      reason: 'InsufficientFunds',
      message: '8.18 USDC are missing.',
      quote: undefined,
    };
    const conditions = withConditions(undefined, ioClusterConditions(phase, money), 1, 0);
    expect(eventsOf(undefined, conditions)).toEqual([
      { type: 'Warning', reason: 'InsufficientFunds', message: phase.message },
    ]);
  });
});
