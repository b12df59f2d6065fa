import { expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ApiError } from './api-error.ts';
import { Deadline } from './deadline.ts';
import { retryDelayMs } from './requester.ts';

const refused = (status: number, retryAfterMs?: number): ApiError =>
  new ApiError({ status, reason: 'x', message: '', retryAfterMs });
const broken = (code: string): ApiError =>
  new ApiError({ status: 0, reason: 'Unreachable', message: '', cause: { code } });

test.each<[string, unknown, boolean, number, number | undefined]>([
  ['429 with Retry-After is repeated then', refused(429, 2000), true, 0, 2000],
  ['503 too', refused(503, 1000), true, 3, 1000],
  ['Retry-After 0 is no storm', refused(429, 0), true, 0, 50],
  ['but not for ever', refused(429, 2000), true, 4, undefined],
  ['nor when it asks for too much', refused(429, 10_001), true, 0, undefined],
  ['nor without Retry-After', refused(503), true, 0, undefined],
  ['nor what is not idempotent', refused(429, 2000), false, 0, undefined],
  ['an idle connection that was closed is repeated once', broken('UND_ERR_SOCKET'), true, 0, 0],
  ['only once', broken('ECONNRESET'), true, 1, undefined],
  ['a refused connection is not', broken('ECONNREFUSED'), true, 0, undefined],
  ['a conflict is not', refused(409, 1000), true, 0, undefined],
  ['a bug is not', new TypeError('bug'), true, 0, undefined],
])('%s', (_name, error, idempotent, retries, expected) => {
  expect(retryDelayMs(error, { idempotent, retries })).toBe(expected);
});

test('a deadline aborts with its reason, and can be moved both ways', async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock, undefined, 1000, 'Timeout');
  await clock.advance(900);
  deadline.restart(1000, 'WatchSilent');
  await clock.advance(999);
  expect(deadline.signal.aborted).toBe(false);
  deadline.restart(5, 'WatchSilent');
  await clock.advance(5);
  expect(deadline.signal.reason).toMatchObject({
    status: 0,
    reason: 'WatchSilent',
    message: 'no answer within 5 ms',
  });
  expect(clock.pendingTimers).toBe(0);
});

test('a deadline follows its parent, until it is cleared', async () => {
  const clock = new ManualClock();
  const parent = new AbortController();
  const cleared = new Deadline(clock, parent.signal, 1000, 'Timeout');
  const following = new Deadline(clock, parent.signal, 1000, 'Timeout');
  cleared.clear();
  parent.abort(new Error('stop'));
  expect(cleared.signal.aborted).toBe(false);
  expect(following.signal.reason).toEqual(new Error('stop'));
  const late = new Deadline(clock, parent.signal, 1000, 'Timeout');
  expect(late.signal.aborted).toBe(true);
  following.clear();
  late.clear();
  expect(clock.pendingTimers).toBe(0);
});
