import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { canonicalRules, defaultRewardRules } from '../../domain/rewards/rules.ts';
import { parseRewardRules, readRewardRules } from './rules.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rules-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('what is written is read', () => {
  const emission = { kind: 'usd-target', microUsdPerEpoch: 10n ** 17n } as const;
  for (const rules of [defaultRewardRules, { ...defaultRewardRules, emission }]) {
    expect(parseRewardRules(canonicalRules(rules), 'test')).toEqual(rules);
  }
});

test('a file changes what it names', () => {
  const path = join(directory, 'rules.json');
  writeFileSync(path, '{"stakeRequired":true,"emission":{"kind":"monthly"}}');
  expect(readRewardRules(path)).toEqual({
    ...defaultRewardRules,
    stakeRequired: true,
    emission: { kind: 'monthly' },
  });
  expect(readRewardRules(undefined)).toBe(defaultRewardRules);
});

test.each([
  ['an unknown field', { stakes: true }, 'Unrecognized key: "stakes"'],
  ['an unknown policy', { emission: { kind: 'much' } }, 'emission.kind'],
  [
    'too much for the pools',
    {
      pools: [
        { name: 'a', basisPoints: 9_000 },
        { name: 'b', basisPoints: 1_001 },
      ],
    },
    'more than 10000',
  ],
  [
    'a pool twice',
    {
      pools: [
        { name: 'a', basisPoints: 1 },
        { name: 'a', basisPoints: 1 },
      ],
    },
    'named twice',
  ],
  ['a model of no pool', { pools: [] }, 'there is no pool enterprise'],
  ['a window that nobody misses', { allowedDownMinutes: 300 }, 'must be below'],
])('%s is refused', (_, patch, message) => {
  const text = JSON.stringify({ ...defaultRewardRules, ...patch });
  expect(() => parseRewardRules(text, 'test')).toThrow(message);
});
