import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { chainEventKind, chainEventKinds, chainEventText } from './chain-events.ts';
import { recipes } from './commands.ts';
import { deviceHours, epochOf } from './epoch-facts.ts';
import { publicFacts } from './public-facts.ts';
import { ioOfUnits } from './units.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

describe('events of the chain', () => {
  const generated = read('operator/settlement/generated/events.ts');
  const kinds = [...generated.matchAll(/kind: '([A-Za-z]+)'/g)].map(([, kind]) => kind ?? '');

  test('all kinds of the program have words, and no other but a plain transfer', () => {
    expect(new Set(chainEventKinds)).toEqual(new Set([...kinds, 'Received']));
  });

  test.each(['constructor', '__proto__', '<script>', ''])('%j is no kind', (kind) => {
    expect(chainEventKind(kind)).toBeUndefined();
    expect(chainEventText(kind)).toBe(kind);
  });
});

test('docs say of privacy what the page says', () => {
  const docs = read('docs/console.md').replaceAll(/\s+/g, ' ');
  for (const { what, told, text } of publicFacts) {
    expect(docs).toContain(`| ${what} | ${told.toLowerCase()} | ${text} |`);
  }
});

test('commands name the epoch, and only commands that exist', () => {
  const config = read('operator/config.ts') + read('operator/flags/processes.ts');
  const codes = recipes(12).map(({ code }) => code);
  expect(codes.join('\n')).toContain('--epoch 12');
  expect(codes.join('\n')).toContain('--from 12 --to 12');
  expect(config).toContain('rewards-bundle');
  expect(read('docs/recompute/leaves.mjs')).not.toBe('');
});

test.each([
  ['3600', '1.0'],
  ['5400', '1.5'],
  ['359', '0.0'],
  ['1e9', '1e9'],
  ['-1', '-1'],
])('%s device-seconds are %s hours', (seconds, hours) => {
  expect(deviceHours(seconds)).toBe(hours);
});

test.each([
  ['1', 1],
  ['175319', 175_319],
  ['0', undefined],
  ['01', undefined],
  ['1.5', undefined],
  ['latest', undefined],
  ['9999999999', undefined],
  [undefined, undefined],
])('%j is epoch %j', (text, epoch) => {
  expect(epochOf(text)).toBe(epoch);
});

test.each([
  ['0', '0.00'],
  ['1', '0.00000001'],
  ['100000000', '1.00'],
  ['18446744073709551615', '184467440737.09551615'],
  ['-5', '-5'],
])('%s base units are %s IO', (units, io) => {
  expect(ioOfUnits(units)).toBe(io);
});
