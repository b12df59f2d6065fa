import { describe, expect, test } from '@jest/globals';
import { createProgress, formatSeconds, remainingSeconds, statusLine } from './progress.ts';

const slow = { id: 'build slow', typicalSeconds: 400 };
const fast = { id: 'build fast', typicalSeconds: 100 };

describe('what remains', () => {
  test('is the typical time of what has not started', () => {
    expect(remainingSeconds([slow, fast], 0)).toBe(500);
  });

  test('falls while a step runs, and never below zero', () => {
    const running = { ...slow, startedMs: 0 };
    expect(remainingSeconds([running], 100_000)).toBe(300);
    expect(remainingSeconds([running], 900_000)).toBe(0);
  });

  test('counts on as many steps at once as run now', () => {
    const running = [slow, slow].map((step) => ({ ...step, startedMs: 0 }));
    expect(remainingSeconds([...running, fast, fast], 100_000)).toBe(400);
  });

  test('follows the pace of this machine', () => {
    const finished = { ...fast, startedMs: 0, finishedMs: 200_000 };
    expect(remainingSeconds([finished, slow], 200_000)).toBe(800);
  });
});

test('the line says what runs, how far it is, how long it took and what remains', () => {
  const finished = { ...fast, startedMs: 0, finishedMs: 100_000 };
  const running = { ...slow, startedMs: 100_000 };
  expect(statusLine([finished, running], 0, 140_000)).toBe(
    '[1 of 2 done] build slow · 2:20 min elapsed · about 6:00 min remain',
  );
  expect(formatSeconds(59.4)).toBe('59 s');
  expect(formatSeconds(59.6)).toBe('1:00 min');
});

describe('the output', () => {
  const record = (isTTY: boolean) => {
    const written: string[] = [];
    let nowMs = 0;
    const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) };
    const progress = createProgress(stream, () => nowMs);
    return { written, progress, pass: (ms: number) => (nowMs += ms) };
  };

  test('of a pipe is a line for each change', async () => {
    const { written, progress, pass } = record(false);
    progress.plan([fast]);
    await progress.during('build fast', async () => pass(5000));
    expect(written).toEqual([
      '[0 of 1 done] build fast · 0 s elapsed · about 1:40 min remain\n',
      'build fast: done after 5 s\n',
    ]);
  });

  test('of a terminal is one line, rewritten and never longer than the terminal', async () => {
    const { written, progress } = record(true);
    progress.plan([fast]);
    await progress.during('build fast', async () => undefined);
    expect(written[0]).toBe('\r\u001B[2K');
    expect(written[1]).toHaveLength(39);
    expect(written.filter((text) => text.includes('\n'))).toEqual(['build fast: done after 0 s\n']);
  });

  test('names the step that failed, and the error goes on', async () => {
    const { written, progress } = record(false);
    const failing = progress.during('start hub', () => Promise.reject(new Error('no port')));
    await expect(failing).rejects.toThrow('no port');
    expect(written.at(-1)).toBe('start hub: failed after 0 s\n');
  });
});
