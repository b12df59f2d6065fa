import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  acceptWrite,
  type Candidacy,
  checkElectionTimes,
  defaultElectionTimes as times,
  electionStep,
  leads,
  type LeaseSpec,
  observeLease,
  releasedSpec,
  type SeenLease,
} from './leader-election.ts';

const nowIso = '2026-01-01T00:00:00.000000Z';
const nobody: Candidacy = {
  identity: 'a',
  observed: undefined,
  term: undefined,
  highestToken: 0,
};
const held: LeaseSpec = {
  holderIdentity: 'b',
  leaseDurationSeconds: 15,
  acquireTime: '2020-01-01T00:00:00.000000Z',
  renewTime: '2020-01-01T00:00:00.000000Z',
  leaseTransitions: 4,
};
const seen = (spec: LeaseSpec, atMs = 0): Candidacy =>
  observeLease(nobody, { spec, uid: 'u', resourceVersion: '7' }, atMs);
const leading = (): Candidacy =>
  acceptWrite(
    nobody,
    {
      spec: { ...held, holderIdentity: 'a', leaseTransitions: 5 },
      uid: 'u',
      resourceVersion: '8',
      token: 5,
    },
    0,
  );

describe('a candidate', () => {
  test('creates the Lease when there is none', () => {
    expect(electionStep(nobody, times, 0, nowIso)).toEqual({
      do: 'create',
      token: 1,
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: nowIso,
        renewTime: nowIso,
        leaseTransitions: 1,
      },
    });
  });

  test('waits as long as it saw no change by its own clock, whatever renewTime says', () => {
    expect(electionStep(seen(held, 1000), times, 15_999, nowIso)).toEqual({
      do: 'wait',
      holder: 'b',
    });
    expect(electionStep(seen(held, 1000), times, 16_000, nowIso)).toMatchObject({
      do: 'replace',
      token: 5,
      lease: { uid: 'u', resourceVersion: '7' },
      spec: { holderIdentity: 'a', leaseTransitions: 5, acquireTime: nowIso },
    });
  });

  test("believes the holder's own duration", () => {
    const long = seen({ ...held, leaseDurationSeconds: 60 });
    expect(electionStep(long, times, 59_999, nowIso).do).toBe('wait');
    expect(electionStep(long, times, 60_000, nowIso).do).toBe('replace');
  });

  test('a renewal begins the wait anew, a label on the Lease does not', () => {
    const renewed = { ...held, renewTime: nowIso };
    const first = seen(held, 0);
    const again = observeLease(first, { spec: renewed, uid: 'u', resourceVersion: '8' }, 14_000);
    expect(electionStep(again, times, 28_999, nowIso).do).toBe('wait');
    const labelled = observeLease(
      first,
      { spec: { ...held }, uid: 'u', resourceVersion: '8' },
      14_000,
    );
    expect(electionStep(labelled, times, 15_000, nowIso)).toMatchObject({
      do: 'replace',
      lease: { uid: 'u', resourceVersion: '8' },
    });
  });

  test('takes a released Lease at once', () => {
    const released = seen({ ...held, holderIdentity: '' });
    expect(electionStep(released, times, 0, nowIso)).toMatchObject({ do: 'replace', token: 5 });
  });

  test('waits for its own identity too, when that is of another term', () => {
    const mine = seen({ ...held, holderIdentity: 'a' });
    expect(electionStep(mine, times, 0, nowIso)).toEqual({ do: 'wait', holder: 'a' });
  });

  test('recognises its own write whose answer was lost', () => {
    const mine = {
      ...seen({ ...held, holderIdentity: 'a', acquireTime: nowIso }),
      attempted: { token: 4, acquireTime: nowIso },
    };
    expect(electionStep(mine, times, 0, nowIso)).toMatchObject({ do: 'replace', token: 4 });
  });

  test('never reuses a token, even if the Lease was deleted', () => {
    const deleted = observeLease(seen(held), undefined, 0);
    expect(electionStep(deleted, times, 0, nowIso)).toMatchObject({ do: 'create', token: 5 });
  });
});

describe('a leader', () => {
  test('renews its own term and keeps acquireTime', () => {
    expect(electionStep(leading(), times, 2000, nowIso)).toEqual({
      do: 'replace',
      token: 5,
      lease: expect.objectContaining({ uid: 'u', resourceVersion: '8' }),
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: held.acquireTime,
        renewTime: nowIso,
        leaseTransitions: 5,
      },
    });
  });

  test.each<[string, LeaseSpec | undefined, string]>([
    ['was deleted', undefined, 'the Lease was deleted'],
    ['was taken', { ...held, leaseTransitions: 6 }, 'the Lease was taken by b'],
    ['holds another term', { ...held, holderIdentity: 'a', leaseTransitions: 6 }, 'taken by a'],
    ['was emptied', { ...held, holderIdentity: '' }, 'the Lease was taken by '],
  ])('loses when the Lease %s', (_name, spec, reason) => {
    const lease = spec === undefined ? undefined : { spec, uid: 'u', resourceVersion: '9' };
    const step = electionStep(observeLease(leading(), lease, 2000), times, 2000, nowIso);
    expect(step).toMatchObject({ do: 'lose', reason: expect.stringContaining(reason) });
  });

  test('stops believing before others may begin', () => {
    expect(leads(leading(), times, 9999)).toBe(true);
    expect(leads(leading(), times, 10_000)).toBe(false);
    expect(electionStep(leading(), times, 10_000, nowIso).do).toBe('lose');
  });

  test('gives up what it holds, and nothing else', () => {
    expect(releasedSpec(leading(), nowIso)).toMatchObject({
      holderIdentity: '',
      leaseTransitions: 5,
    });
    expect(releasedSpec(seen(held), nowIso)).toBeUndefined();
  });
});

test.each([
  [{ leaseDurationMs: 10_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 }, /leaseDurationMs/],
  [{ leaseDurationMs: 15_000, renewDeadlineMs: 2000, retryPeriodMs: 2000 }, /renewDeadlineMs/],
  [{ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 0 }, /retryPeriodMs/],
])('durations %j cannot keep two leaders apart', (bad, message) => {
  expect(() => checkElectionTimes(bad)).toThrow(message);
});

/** The API server, as far as a Lease goes: writes succeed only on the version that was read. */
type Store = SeenLease | undefined;

/**
 * Candidates with clocks that run at different speeds up to 20 % apart, requests that are lost
 * before or after they take effect, processes that stop for any time. Two must never lead.
 */
test('there is never a second leader, and tokens only grow', () => {
  const action = fc.record({
    who: fc.nat(2),
    passMs: fc.nat(6000),
    fate: fc.constantFrom('good', 'good', 'good', 'lost', 'answer-lost', 'label', 'late'),
  });
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 120 }), (actions) => {
      let store: Store;
      let version = 0;
      let trueMs = 0;
      const tokens: number[] = [];
      const rates = [1, 0.9, 1.1];
      const all = rates.map((_rate, index) => ({ ...nobody, identity: `p${index}` }));
      const clockOf = (index: number): number => trueMs * (rates[index] ?? 1);
      const write = (spec: LeaseSpec): string => {
        version += 1;
        store = { spec, uid: 'u', resourceVersion: String(version) };
        return store.resourceVersion;
      };
      for (const { who, passMs, fate } of actions) {
        trueMs += passMs;
        if (fate === 'label' && store !== undefined) write(store.spec);
        let me = observeLease(all[who] ?? nobody, store, clockOf(who));
        const sentAtMs = clockOf(who);
        const step = electionStep(me, times, sentAtMs, String(trueMs));
        if (fate === 'late') trueMs += 3000;
        // A process that has lost ends, and its successor knows nothing.
        if (step.do === 'lose') me = { ...nobody, identity: `p${who}-${version}` };
        if (step.do === 'create' || step.do === 'replace') {
          me = {
            ...me,
            attempted: { token: step.token, acquireTime: step.spec.acquireTime ?? '' },
          };
          if (fate !== 'lost') {
            const written = {
              spec: step.spec,
              uid: 'u',
              resourceVersion: write(step.spec),
              token: step.token,
            };
            if (fate !== 'answer-lost') {
              if (me.term === undefined) tokens.push(step.token);
              me = acceptWrite(me, written, sentAtMs);
            }
          }
        }
        all[who] = me;
        const leaders = all.filter((each, index) => leads(each, times, clockOf(index)));
        expect(leaders.length).toBeLessThanOrEqual(1);
      }
      expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
    }),
    { seed: 5, numRuns: 500 },
  );
});
