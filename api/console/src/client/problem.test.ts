import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  ApiProblem,
  explainProblem,
  faultsByField,
  mayRetry,
  problemOf,
  retryDelayMs,
  unreachable,
} from './problem.ts';

describe('a refusal', () => {
  test('is read field by field', () => {
    const problem = problemOf(
      400,
      {
        reason: 'Invalid',
        title: 'Invalid',
        detail: 'two faults',
        errors: [{ field: 'spec.ray.version', got: '2', expected: 'such as 2.52.1' }, null],
      },
      '3',
    );
    expect(problem).toMatchObject({ status: 400, reason: 'Invalid', retryAfterSeconds: 3 });
    expect(problem.errors[1]).toEqual({
      field: '',
      got: 'nothing',
      expected: 'see the documentation',
    });
    expect(faultsByField(problem).get('spec.ray.version')).toBe('such as 2.52.1');
  });

  test('is readable whatever came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.jsonValue(), (status, body) => {
        const { title, detail, errors } = problemOf(status, body, 'soon');
        expect(title).not.toBe('');
        expect(detail).not.toBe('');
        expect(errors.length).toBeLessThanOrEqual(50);
      }),
    );
  });

  test('with a text of a megabyte is cut', () => {
    expect(problemOf(500, { detail: 'x'.repeat(1e6) }, null).detail).toHaveLength(2_000);
  });
});

test('what a program throws is not shown to people', () => {
  const { detail } = explainProblem(new TypeError('cannot read property of undefined'));
  expect(detail).not.toContain('undefined');
});

describe('asking again', () => {
  test.each([
    [0, true],
    [429, true],
    [503, true],
    [400, false],
    [401, false],
    [404, false],
  ])('after status %d: %s', (status, again) => {
    const error = status === 0 ? unreachable() : problemOf(status, {}, null);
    expect(mayRetry(0, error)).toBe(again);
    expect(mayRetry(3, error)).toBe(false);
  });

  test('never after a fault of the program', () => {
    expect(mayRetry(0, new TypeError('x'))).toBe(false);
  });

  test('waits as long as it was told, but not for ever', () => {
    expect(retryDelayMs(0, problemOf(429, {}, '7'))).toBe(7_000);
    expect(retryDelayMs(0, problemOf(429, {}, '999999'))).toBe(60_000);
    expect(retryDelayMs(2, problemOf(503, {}, null))).toBe(2_000);
    expect(retryDelayMs(40, problemOf(503, {}, 'never'))).toBe(10_000);
  });
});

test('a problem is an error with its detail', () => {
  expect(new ApiProblem(unreachable()).message).toContain('does not answer');
});
