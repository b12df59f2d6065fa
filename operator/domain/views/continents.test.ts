import { expect, test } from '@jest/globals';
import { countryPattern } from '../../../crds/schema/countries.ts';
import { continentOf, continents } from './continents.ts';

const letters = Array.from({ length: 26 }, (_, at) => String.fromCodePoint(65 + at));
const codes = letters.flatMap((first) => letters.map((second) => first + second));

test('every country that an IOMember may name lies on one continent, and nothing else does', () => {
  const assigned = codes.filter((code) => countryPattern.test(code));
  expect(assigned).toHaveLength(250);
  expect(codes.filter((code) => continentOf(code) !== undefined)).toEqual(assigned);
});

test.each([
  ['DE', 'EU'],
  ['XK', 'EU'],
  ['RU', 'EU'],
  ['TR', 'AS'],
  ['SG', 'AS'],
  ['US', 'NA'],
  ['BR', 'SA'],
  ['EG', 'AF'],
  ['NZ', 'OC'],
  ['AQ', 'AN'],
])('%s lies in %s', (country, continent) => {
  expect(continentOf(country)).toBe(continent);
});

test.each(['', 'de', 'D', 'DEU', 'ZZ', 'constructor', '__proto__', ' DE'])('%j is none', (text) => {
  expect(continentOf(text)).toBeUndefined();
});

test('every continent has a country', () => {
  const found = new Set(codes.map(continentOf).filter((each) => each !== undefined));
  expect([...found].toSorted()).toEqual([...continents]);
});
