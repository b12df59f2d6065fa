import { describe, expect, test } from '@jest/globals';
import { whyNoLines } from './line.ts';

/** A group of tests that need lines; where there can be none, one test says why it has nothing to do. */
export function describeLines(name: string, suite: () => void): void {
  const reason = whyNoLines();
  if (reason === undefined) {
    describe(`lines: ${name}`, () => {
      suite();
    });
    return;
  }
  test(`lines: ${name}: not tried here, ${reason}`, () => {
    expect(reason).not.toBe('');
  });
}
