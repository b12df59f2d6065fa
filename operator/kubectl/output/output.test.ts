import { describe, expect, test } from '@jest/globals';
import { dataText, listText, type View } from './print.ts';
import { progressOn } from './progress.ts';
import { ageText, cell, printable, spanText } from './text.ts';

type Thing = Readonly<{ name: string; size?: number }>;
const view: View<Thing> = {
  columns: [
    { name: 'NAME', of: ({ name }) => name },
    { name: 'SIZE', of: ({ size }) => size },
    { name: 'MORE', wide: true, of: () => 'more' },
  ],
  nameOf: ({ name }) => `thing/${name}`,
};
const things: readonly Thing[] = [{ name: 'a', size: 1 }, { name: 'longer' }];

describe('a list', () => {
  test.each<[Parameters<typeof listText>[1], string]>([
    ['table', 'NAME     SIZE\na        1\nlonger   <none>'],
    ['wide', 'NAME     SIZE     MORE\na        1        more\nlonger   <none>   more'],
    ['name', 'thing/a\nthing/longer'],
    ['yaml', 'apiVersion: v1\nkind: List\nitems:\n  - name: a\n    size: 1\n  - name: longer'],
  ])('as %s', (format, text) => expect(listText(things, format, view)).toBe(text));

  test('as json', () => {
    expect(JSON.parse(listText(things, 'json', view))).toEqual({
      ...{ apiVersion: 'v1', kind: 'List', items: things },
    });
    expect(JSON.parse(dataText({ a: 1 }, 'json') ?? '')).toEqual({ a: 1 });
    expect(dataText({ a: 1 }, 'table')).toBeUndefined();
  });
});

test('what others wrote cannot move the cursor, hide text or turn its direction', () => {
  expect(printable('a\u001b[2Kb\r\nc\u202ed')).toBe('a [2Kb c d');
  expect(cell('x'.repeat(300))).toHaveLength(200);
});

test.each([
  [0, '0s'],
  [59.9, '59s'],
  [60, '1m'],
  [61, '1m1s'],
  [3_600, '1h'],
  [3_661, '1h1m'],
  [90_000, '1d1h'],
  [86_460, '1d'],
  [-5, '0s'],
])('%s seconds read %s', (seconds, text) => expect(spanText(seconds)).toBe(text));

test('an age needs a time', () => {
  expect(ageText('2026-11-24T00:00:00Z', Date.parse('2026-11-24T02:03:04Z'))).toBe('2h3m');
  expect(ageText(undefined, 0)).toBeUndefined();
});

test('progress is for terminals only', () => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const none = progressOn({ write });
  none.say('a');
  none.end();
  expect(written).toEqual([]);
  const shown = progressOn({ write, isTTY: true, columns: 24 });
  shown.say('one line that is too long');
  shown.say('one line that is too long');
  shown.end();
  shown.end();
  expect(written).toEqual(['\r\u001b[2Kone line that is too lo', '\r\u001b[2K']);
});
