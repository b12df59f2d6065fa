import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { planPayouts, type WaitingPayout } from './payouts.ts';

const terms = { most: 3, patienceSeconds: 60 };
const now = 1_000;

const asked = (requestId: string, secondsAgo: number, refused?: WaitingPayout['refused']) => ({
  requestId,
  wallet: 'w',
  amount: 5n,
  askedAtSeconds: now - secondsAgo,
  refused,
});

/** Steps as text: the requests of each batch, and `-` for one that is given back. */
const told = (waiting: readonly WaitingPayout[]): readonly string[] =>
  planPayouts(waiting, terms, now).map((step) =>
    step.kind === 'Batch'
      ? step.requests.map(({ requestId }) => requestId).join('')
      : `-${step.request.requestId} ${step.reason}`,
  );

describe('requests are put into batches', () => {
  const withOthers = { message: 'frozen', requests: 3 };
  const alone = { message: 'frozen', requests: 1 };
  const cases: readonly (readonly [string, readonly WaitingPayout[], readonly string[]])[] = [
    ['nothing waits', [], []],
    ['a batch that is not full waits for more', [asked('a', 59), asked('b', 1)], []],
    ['but not for ever', [asked('a', 60), asked('b', 1)], ['ab']],
    ['a full one goes at once', [asked('a', 1), asked('b', 1), asked('c', 1)], ['abc']],
    [
      'what is left over waits for itself',
      [asked('a', 90), asked('b', 90), asked('c', 90), asked('d', 3)],
      ['abc'],
    ],
    [
      'those of a refused batch are tried one by one',
      [asked('a', 5, withOthers), asked('b', 5, withOthers), asked('c', 99)],
      ['a', 'b', 'c'],
    ],
    ['what is refused alone is given back', [asked('a', 5, alone)], ['-a frozen']],
  ];
  test.each(cases)('%s', (_, waiting, steps) => {
    expect(told(waiting)).toEqual(steps);
  });

  test('none is in two steps, and whoever waited long enough is in one', () => {
    const refused = constantFrom(undefined, withOthers, alone);
    assert(
      property(array(record({ seconds: integer({ min: 0, max: 120 }), refused })), (found) => {
        const waiting = found
          .toSorted((a, b) => b.seconds - a.seconds)
          .map(({ seconds, refused: why }, index) => asked(String(index), seconds, why));
        const steps = planPayouts(waiting, terms, now);
        const ids = steps.flatMap((step) =>
          step.kind === 'Batch' ? step.requests : [step.request],
        );
        expect(new Set(ids).size).toBe(ids.length);
        const left = waiting.filter((request) => !ids.includes(request));
        expect(left.every((request) => now - request.askedAtSeconds < 60)).toBe(true);
        expect(left.length).toBeLessThan(terms.most);
      }),
    );
  });
});
