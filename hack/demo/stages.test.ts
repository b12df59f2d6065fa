import { describe, expect, test } from '@jest/globals';
import { Stages } from './stages.ts';

function recorded(isTTY = false) {
  let text = '';
  let nowMs = 0;
  const stages = new Stages({
    stream: { isTTY, columns: 60, write: (part) => (text += part) },
    now: () => nowMs,
    onFailure: () => ['the end of a log'],
  });
  return { stages, text: () => text, pass: (ms: number) => (nowMs += ms) };
}

describe('stages', () => {
  test('one that passes prints its time and what there is to see', async () => {
    const { stages, text, pass } = recorded();
    const passed = await stages.run('members are in', 5, async () => {
      pass(1_240);
      return ['ashburn-1', 'frankfurt-1'];
    });
    expect(passed).toBe(true);
    expect(text()).toMatch(/^✓ members are in +1\.2 s\n {4}ashburn-1\n {4}frankfurt-1\n$/);
    expect(stages).toMatchObject({ passed: 1, failed: 0 });
  });

  test('one that fails prints why, with logs, and the others go on', async () => {
    const { stages, text } = recorded();
    const refuse = (): Promise<void> => Promise.reject(new Error('2 devices\nare missing'));
    expect(await stages.run('devices', 5, refuse)).toBe(false);
    expect(await stages.run('next', 5, async () => undefined)).toBe(true);
    expect(text()).toMatch(
      /^✗ devices +0\.0 s\n {4}2 devices\n {4}are missing\n {4}the end of a log\n✓ next/,
    );
    expect(stages).toMatchObject({ passed: 1, failed: 1 });
  });

  test('one that does not end has failed at its deadline', async () => {
    const { stages, text } = recorded();
    const never = (): Promise<void> => Promise.withResolvers<void>().promise;
    expect(await stages.run('never', 0.01, never)).toBe(false);
    expect(text()).toContain('it has not come to an end within 0.01 s');
  });

  test('on a terminal a line says what is waited for, and is gone afterwards', async () => {
    const { stages, text } = recorded(true);
    await stages.run('ready', 5, async (say) => say(`Placed: ${'x'.repeat(100)}`));
    const frames = text().split('\r\u001B[2K');
    expect(frames[1]).toBe('… ready · 0 s');
    expect(frames[2]).toMatch(/^… ready · 0 s · Placed: x+$/);
    expect(frames[2]).toHaveLength(59);
    expect(frames.at(-1)).toMatch(/^✓ ready/);
  });
});
