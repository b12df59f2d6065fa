import { describe, expect, test } from '@jest/globals';
import {
  ApiError,
  errorOfResponse,
  errorOfStatus,
  isConflict,
  isGone,
  isNotFound,
} from './api-error.ts';

const status = (fields: object): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...fields });

describe('an answer as an error', () => {
  test("takes Kubernetes' reason, message and details", () => {
    const error = errorOfResponse({
      status: 409,
      body: status({
        code: 409,
        reason: 'AlreadyExists',
        message: 'nodes "a" already exists',
        details: { name: 'a', kind: 'nodes' },
      }),
      what: 'create /api/v1/nodes',
    });
    expect(error).toMatchObject({
      status: 409,
      reason: 'AlreadyExists',
      message: 'create /api/v1/nodes: nodes "a" already exists',
      details: { name: 'a', kind: 'nodes' },
      isAlreadyExists: true,
      isConflict: false,
      isTransient: false,
    });
  });

  test.each([
    [503, '<html>bad gateway</html>', 'ServiceUnavailable'],
    [404, '', 'NotFound'],
    [410, 'null', 'Expired'],
    [418, '[]', 'Unknown'],
    [599, '{"reason":""}', 'InternalError'],
  ])('%i with the body %p is %s', (code, body, reason) => {
    expect(errorOfResponse({ status: code, body, what: 'get' })).toMatchObject({ reason });
  });

  test.each([
    ['2', {}, 2000],
    [undefined, { retryAfterSeconds: 3 }, 3000],
    ['100000', {}, 60_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', {}, undefined],
    ['-1', {}, undefined],
    [undefined, {}, undefined],
  ])('Retry-After %p and details %j: %p ms', (retryAfter, details, expected) => {
    const body = status({ details });
    const error = errorOfResponse({ status: 429, body, retryAfter, what: 'list' });
    expect(error.retryAfterMs).toBe(expected);
    expect(error.isThrottled).toBe(true);
  });

  test('a long message is cut', () => {
    const body = status({ message: 'x'.repeat(100_000) });
    expect(errorOfResponse({ status: 422, body, what: 'a' }).message).toHaveLength(1024 + 3);
  });
});

test('an ERROR frame as an error', () => {
  const gone = errorOfStatus(
    { code: 410, reason: 'Expired', message: 'too old' },
    'watch of nodes',
  );
  expect(gone).toMatchObject({ status: 410, isGone: true, message: 'watch of nodes: too old' });
  expect(errorOfStatus(null, 'watch')).toMatchObject({ status: 500, reason: 'InternalError' });
});

test('questions about any error', () => {
  const of = (code: number): ApiError => new ApiError({ status: code, reason: '', message: '' });
  expect([isNotFound(of(404)), isConflict(of(409)), isGone(of(410))]).toEqual([true, true, true]);
  expect([isNotFound(new Error('404')), isConflict(null), isGone(undefined)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([of(0).isTransient, of(500).isTransient, of(422).isTransient]).toEqual([
    true,
    true,
    false,
  ]);
  expect([of(400).isInvalid, of(422).isInvalid, of(409).isInvalid]).toEqual([true, true, false]);
});
