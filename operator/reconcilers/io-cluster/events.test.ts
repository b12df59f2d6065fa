import { describe, expect, test } from '@jest/globals';
import { ioClusterConditions } from '../../domain/io-cluster/conditions.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
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
    ['what stands in four conditions is told once', [placed, suspended], ['Normal Suspended']],
  ])('%s', (_, phases, expected) => {
    expect(reasonsOf(...phases)).toEqual(expected);
  });
});
