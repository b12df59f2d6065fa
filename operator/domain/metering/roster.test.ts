import { expect, test } from '@jest/globals';
import { rosterOf, upBits } from './roster.ts';
import { maxRosterDevices } from './types.ts';

const hash = (text: string): string => `hash of ${text}`;

test('a roster is in one order, whatever the order of the devices', () => {
  const roster = rosterOf(['b', 'a-10', 'a-2'], hash);
  expect(roster).toEqual({ names: ['a-10', 'a-2', 'b'], hash: 'hash of 4:a-103:a-21:b' });
  expect(rosterOf(['a-2', 'b', 'a-10'], hash)).toEqual(roster);
});

test('a roster has a limit', () => {
  const many = Array.from({ length: maxRosterDevices + 1 }, (_, index) => `gpu-${index}`);
  expect(rosterOf(many, hash).names).toHaveLength(maxRosterDevices);
});

test('bit i, from the lowest of byte 0 on, is device i; the last bits are 0', () => {
  const names = Array.from({ length: 10 }, (_, index) => `gpu-${index}`);
  const isUp = (name: string): boolean => ['gpu-0', 'gpu-3', 'gpu-9'].includes(name);
  expect([...upBits({ names, hash: '' }, isUp)]).toEqual([0b0000_1001, 0b0000_0010]);
});
