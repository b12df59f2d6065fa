import { describe, expect, test } from '@jest/globals';
import { ApiError } from './api-error.ts';
import {
  compareVersions,
  defaultReconnect,
  type Ending,
  nextStep,
  type NextStep,
} from './reflector.ts';

const error = (status: number, reason = '', retryAfterMs?: number): ApiError =>
  new ApiError({ status, reason, message: 'test', retryAfterMs });

const step = (ending: Partial<Ending>, random = 0): NextStep =>
  nextStep(
    { during: 'watch', error: undefined, failures: 0, malformed: 0, ...ending },
    defaultReconnect,
    () => random,
  );

describe('what follows a list or a watch', () => {
  test.each<[string, Partial<Ending>, NextStep]>([
    [
      'a watch that ended in order is opened at once',
      {},
      { action: 'watch', reason: 'ended', delayMs: 0 },
    ],
    [
      'one that keeps ending at once has to wait',
      { failures: 3 },
      { action: 'watch', reason: 'ended', delayMs: 800 },
    ],
    [
      'a forgotten version is listed again at once',
      { error: error(410, 'Expired') },
      { action: 'list', reason: 'expired', delayMs: 0 },
    ],
    [
      'forgotten again and again, later and later',
      { error: error(410, 'Expired'), failures: 4 },
      { action: 'list', reason: 'expired', delayMs: 1600 },
    ],
    [
      'forgotten during an outage, soon after it',
      { error: error(410, 'Expired'), failures: 8, previous: 'connection' },
      { action: 'list', reason: 'expired', delayMs: 200 },
    ],
    [
      'forgotten while the server warmed up, soon after that',
      { error: error(410, 'Expired'), failures: 8, previous: 'throttled' },
      { action: 'list', reason: 'expired', delayMs: 200 },
    ],
    [
      'a server that answers after an outage is asked again soon',
      { error: error(500, 'InternalError'), failures: 8, previous: 'connection' },
      { action: 'watch', reason: 'server-error', delayMs: 200 },
    ],
    [
      'an outage that goes on is asked about less and less',
      { error: error(0, 'Unreachable'), failures: 5, previous: 'connection' },
      { action: 'watch', reason: 'connection', delayMs: 3200 },
    ],
    [
      'an expired continue token begins a fresh list',
      { during: 'list', error: error(410, 'Expired') },
      { action: 'list', reason: 'expired', delayMs: 0 },
    ],
    [
      'a silent watch goes on where it was',
      { error: error(0, 'WatchSilent') },
      { action: 'watch', reason: 'silent', delayMs: 100 },
    ],
    [
      'a broken connection goes on where it was',
      { error: error(0, 'Unreachable') },
      { action: 'watch', reason: 'connection', delayMs: 100 },
    ],
    [
      'a broken connection during a list lists again',
      { during: 'list', error: error(0, 'Unreachable') },
      { action: 'list', reason: 'connection', delayMs: 100 },
    ],
    [
      'never more than half a minute',
      { error: error(0, 'Unreachable'), failures: 1000 },
      { action: 'watch', reason: 'connection', delayMs: 15_000 },
    ],
    [
      'the server is given the time it asks for',
      { error: error(429, 'TooManyRequests', 5000) },
      { action: 'watch', reason: 'throttled', delayMs: 5000 },
    ],
    [
      'without a time it is the usual one',
      { error: error(429, 'TooManyRequests') },
      { action: 'watch', reason: 'throttled', delayMs: 100 },
    ],
    [
      'a broken frame is asked for again',
      { error: error(0, 'Malformed') },
      { action: 'watch', reason: 'malformed', delayMs: 100 },
    ],
    [
      'broken three times at the same place, everything is listed',
      { error: error(0, 'Malformed'), failures: 2, malformed: 2 },
      { action: 'list', reason: 'malformed', delayMs: 400 },
    ],
    [
      'without order everything is listed',
      { error: error(0, 'OutOfOrder') },
      { action: 'list', reason: 'out-of-order', delayMs: 100 },
    ],
    [
      'an internal error goes on where it was',
      { error: error(500, 'InternalError') },
      { action: 'watch', reason: 'server-error', delayMs: 100 },
    ],
    [
      'what is forbidden is tried again from the start',
      { error: error(403, 'Forbidden') },
      { action: 'list', reason: 'refused', delayMs: 100 },
    ],
    [
      'a bug of ours lists again too',
      { error: new TypeError('bug') },
      { action: 'list', reason: 'server-error', delayMs: 100 },
    ],
  ])('%s', (_name, ending, expected) => {
    expect(step(ending)).toEqual(expected);
  });

  test('delays are spread over their upper half', () => {
    expect(step({ error: error(0, 'Unreachable'), failures: 2 }, 0.5).delayMs).toBe(600);
    expect(step({ error: error(429, '', 1000) }, 1).delayMs).toBe(1250);
  });
});

describe('comparing resourceVersions', () => {
  test.each([
    ['1', '2', -1],
    ['9', '10', -1],
    ['10', '9', 1],
    ['7', '7', 0],
    ['9007199254740993', '9007199254740992', 1],
  ])('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b) ?? Number.NaN)).toBe(sign);
  });

  test.each(['', '01', 'abc', '-1', '1.5'])('%p says nothing of age', (version) => {
    expect(compareVersions(version, '5')).toBeUndefined();
    expect(compareVersions('5', version)).toBeUndefined();
  });
});
