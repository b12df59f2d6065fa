import { describe, expect, test } from '@jest/globals';
import { HubRefusedError, HubUnavailableError } from '../../operator/ports/hub-errors.ts';
import { fieldErrorOf, fromHub } from './hub-problems.ts';

describe('what the API server says of a field', () => {
  test.each([
    [
      'Invalid value: "8x": must be a time such as 8h',
      { got: '"8x"', expected: 'must be a time such as 8h' },
    ],
    [
      'Invalid value: "object": idle and ttl: set one of them',
      { got: 'what is there', expected: 'idle and ttl: set one of them' },
    ],
    [
      'Unsupported value: "Cheap": supported values: "Cheapest", "Fastest"',
      { got: '"Cheap"', expected: 'supported values: "Cheapest", "Fastest"' },
    ],
    ['Invalid value: 0: must be more', { got: '0', expected: 'must be more' }],
    ['Invalid value: "a\\": \\"b": is wrong', { got: '"a\\": \\"b"', expected: 'is wrong' }],
    ['Required value', { got: 'nothing', expected: 'a value' }],
    ['Required value: name it', { got: 'nothing', expected: 'name it' }],
    ['unknown field', { got: 'a field that is not known', expected: 'leave it out' }],
    ['something else', { got: 'what is there', expected: 'something else' }],
  ])('%s', (message, expected) => {
    expect(fieldErrorOf({ field: 'spec.x', message })).toEqual({ field: 'spec.x', ...expected });
  });
});

test.each([
  ['Invalid', 422],
  ['Exists', 409],
  ['Missing', 404],
  ['Changed', 412],
  ['Refused', 409],
] as const)(
  '%s is answered with %d, without what the server said inside',
  async (refusal, status) => {
    const failed = fromHub(() => Promise.reject(new HubRefusedError(refusal, 'secret of etcd')));
    await expect(failed).rejects.toMatchObject({ status });
    await expect(failed).rejects.not.toThrow(/secret/);
  },
);

test('no answer is to be asked for again', async () => {
  const failed = fromHub(() => Promise.reject(new HubUnavailableError('10.0.0.1 refused')));
  await expect(failed).rejects.toMatchObject({ status: 503, reason: 'HubUnavailable' });
});
