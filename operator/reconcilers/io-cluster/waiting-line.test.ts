import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.ts';
import { WaitingLine } from './waiting-line.ts';

const { signal } = new AbortController();

function line() {
  const clock = new ManualClock();
  const woken: string[][] = [];
  const state = { openings: 0 };
  const waiting = new WaitingLine({
    clock,
    openings: () => state.openings,
    wake: (keys) => woken.push([...keys]),
    changed: () => {},
  });
  return { clock, woken, state, waiting };
}

describe('the waiting line', () => {
  test('calls higher priorities first, then who came first', async () => {
    const { clock, woken, state, waiting } = line();
    waiting.join('a/late', { priority: 0, since: '2026-11-23T10:00:02Z' }, signal);
    waiting.join('a/early', { priority: 0, since: '2026-11-23T10:00:01Z' }, signal);
    waiting.join('a/urgent', { priority: 100, since: '2026-11-23T10:00:03Z' }, signal);
    state.openings = 1;
    await clock.advance(100);
    expect(woken).toEqual([['a/urgent', 'a/early', 'a/late']]);
  });

  test('calls nobody while nothing opened, and once for each time something did', async () => {
    const { clock, woken, state, waiting } = line();
    waiting.join('a/one', { priority: 0, since: '' }, signal);
    await clock.advance(100);
    expect(woken).toEqual([]);
    state.openings = 5;
    await clock.advance(100);
    await clock.advance(100);
    expect(woken).toHaveLength(1);
  });

  test('does not keep a timer for an empty line', async () => {
    const { clock, waiting } = line();
    waiting.join('a/one', { priority: 0, since: '' }, signal);
    waiting.leave('a/one');
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });

  test('does not keep a timer, and calls nobody, after the end of its hub', async () => {
    const { clock, woken, state, waiting } = line();
    const stop = new AbortController();
    waiting.join('a/one', { priority: 0, since: '' }, stop.signal);
    stop.abort();
    state.openings = 1;
    await clock.advance(100);
    expect([woken, clock.pendingTimers]).toEqual([[], 0]);
  });

  test('does not call who has left', async () => {
    const { clock, woken, state, waiting } = line();
    waiting.join('a/one', { priority: 0, since: '' }, signal);
    waiting.join('a/two', { priority: 0, since: '' }, signal);
    waiting.leave('a/one');
    state.openings = 1;
    await clock.advance(100);
    expect(woken).toEqual([['a/two']]);
  });
});
