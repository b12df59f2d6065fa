import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { EvidenceReport } from '../../operator/domain/evidence/types.ts';
import { maxChangesPerReport, maxRosterDevices } from '../../operator/domain/metering/types.ts';
import type { HeartbeatReport, UsageReport } from '../../operator/domain/metering/types.ts';
import { Problem } from '../problem.ts';
import { evidenceReportSchema } from './evidence.ts';
import { heartbeatReportSchema } from './heartbeat.ts';
import { usageReportSchema } from './usage.ts';
import { validated } from './validate.ts';

/** Assignable both ways: the wire is the domain's type, no field more and none less. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Exactly<A, B> = Same<A, B> extends true ? Same<keyof A, keyof B> : false;
const usageIsTheDomainsType: Exactly<z.output<typeof usageReportSchema>, UsageReport> = true;
const heartbeatIsTheDomainsType: Exactly<
  z.output<typeof heartbeatReportSchema>,
  HeartbeatReport
> = true;
const evidenceIsTheDomainsType: Exactly<
  z.output<typeof evidenceReportSchema>,
  EvidenceReport
> = true;

const closed = {
  kind: 'Closed',
  leaseId: 'lease-0123456789abcdef',
  podUid: '0a0b0c0d-0000-4000-8000-000000000001',
  device: 'node-1-gpu-0',
  startSeconds: 1_800_000_000,
  endSeconds: 1_800_000_100,
  reason: 'NotReady',
};
const usage = {
  spoolId: 'spool-0123456789abcdef',
  sequence: 1,
  sentAtMs: 1_800_000_200_000,
  observedUntilSeconds: 1_800_000_200,
  changes: [closed],
};
const heartbeat = {
  minute: 30_000_000,
  sentAtMs: 1_800_000_000_000,
  rosterHash: 'a'.repeat(64),
  roster: ['a-gpu-0', 'a-gpu-1'],
  up: 'Aw==',
};

function errorsOf(schema: z.ZodType, body: unknown) {
  try {
    validated(schema, body);
    return 'taken';
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 400) throw error;
    return error.reason === 'ValidationFailed' ? error.details.errors : error.reason;
  }
}

test('the schemas are the types of the domain', () => {
  const areSame = [usageIsTheDomainsType, heartbeatIsTheDomainsType, evidenceIsTheDomainsType];
  expect(areSame).toEqual([true, true, true]);
  expect(validated(usageReportSchema, usage)).toEqual(usage);
  expect(validated(heartbeatReportSchema, heartbeat)).toEqual(heartbeat);
});

describe('a fault is told by field, content and what would be right', () => {
  const withChange = (fields: object) => ({ ...usage, changes: [{ ...closed, ...fields }] });
  test.each([
    ['no object', 'text', '', '"text"', 'a usage report'],
    ['no spool', { ...usage, spoolId: undefined }, 'spoolId', 'nothing', '16 to 64'],
    ['sequence 0', { ...usage, sequence: 0 }, 'sequence', '0', 'from 1'],
    ['half a second', { ...usage, observedUntilSeconds: 1.5 }, 'observedUntilSeconds', '1.5', 'wh'],
    ['a text as time', { ...usage, sentAtMs: '5' }, 'sentAtMs', '"5"', 'whole milliseconds'],
    [
      'milliseconds as seconds',
      withChange({ endSeconds: 1.8e12 }),
      'changes[0].endSeconds',
      '18',
      'wh',
    ],
    ['another kind', withChange({ kind: 'Paused' }), 'changes[0].kind', '"Paused"', 'Opened or'],
    ['a name in capitals', withChange({ device: 'GPU' }), 'changes[0].device', '"GPU"', 'IODevice'],
    ['no uuid', withChange({ podUid: 'x' }), 'changes[0].podUid', '"x"', 'a UUID'],
    [
      'an unknown reason',
      withChange({ reason: 'Tired' }),
      'changes[0].reason',
      '"Tired"',
      'one of',
    ],
    ['a field too many', { ...usage, member: 'b' }, 'member', 'not known', 'leave it out'],
    ['a long text', { ...usage, spoolId: 'x'.repeat(9e4) }, 'spoolId', `"${'x'.repeat(39)}…`, '64'],
    [
      'too many changes',
      { ...usage, changes: Array.from({ length: maxChangesPerReport + 1 }, () => closed) },
      'changes',
      `a list of ${maxChangesPerReport + 1}`,
      'split',
    ],
  ])('usage: %s', (_, body, field, got, expected) => {
    const errors = errorsOf(usageReportSchema, body);
    expect(errors).toEqual([
      { field, got: expect.stringContaining(got), expected: expect.stringContaining(expected) },
    ]);
  });

  test.each([
    ['unsorted', { ...heartbeat, roster: ['b', 'a'] }, 'roster', 'ascending'],
    ['twice', { ...heartbeat, roster: ['a', 'a'] }, 'roster', 'ascending'],
    ['empty', { ...heartbeat, roster: [] }, 'roster', '1 to'],
    ['no base64', { ...heartbeat, up: '?' }, 'up', 'base64'],
    ['cut base64', { ...heartbeat, up: 'Aw=' }, 'up', 'base64'],
    ['too long', { ...heartbeat, up: 'A'.repeat(maxRosterDevices) }, 'up', 'base64'],
  ])('heartbeat: %s', (_, body, field, expected) => {
    expect(errorsOf(heartbeatReportSchema, body)).toEqual([
      { field, got: expect.any(String), expected: expect.stringContaining(expected) },
    ]);
  });
});

test('at most 20 faults are told', () => {
  const changes = Array.from({ length: 100 }, () => ({ ...closed, device: '-' }));
  expect(errorsOf(usageReportSchema, { ...usage, changes })).toHaveLength(20);
});
