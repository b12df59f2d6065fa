import { expect, test } from '@jest/globals';
import type { CountryCapacityView } from '../../../../../operator/domain/views/public.ts';
import { capacityMap, findCountry } from './capacity.ts';
import { continentName, placeName } from './names.ts';

const place = (
  country: string | undefined,
  continent: string,
  devices: number,
  free: number,
): CountryCapacityView => ({ country, continent, members: 3, devices, free, models: [] });

const germany = place('DE', 'EU', 500, 10);
const japan = place('JP', 'AS', 500, 400);
const smallEurope = place(undefined, 'EU', 9_000, 20);
const places = [smallEurope, japan, germany];

test('countries are told apart from what is left of a continent', () => {
  const { byCountry, merged, rows, largest } = capacityMap(places, 'devices', 'en');
  expect([...byCountry.keys()]).toEqual(['DE', 'JP']);
  expect(merged).toEqual([smallEurope]);
  expect(rows).toEqual([smallEurope, germany, japan]);
  expect(largest).toBe(500);
});

test('the free ones have their own order and scale', () => {
  const { rows, largest } = capacityMap(places, 'free', 'en');
  expect(rows).toEqual([japan, smallEurope, germany]);
  expect(largest).toBe(400);
});

test('without capacity there is an empty map', () => {
  expect(capacityMap([], 'devices')).toMatchObject({ merged: [], rows: [], largest: 0 });
});

test.each([
  ['is told', 'DE', 'EU', { kind: 'Told', place: germany }],
  ['is hidden among others', 'FR', 'EU', { kind: 'Merged', place: smallEurope }],
  ['has nothing, as its continent', 'BR', 'SA', { kind: 'None' }],
  ['is no country', 'ZZ', undefined, { kind: 'None' }],
])('a country that %s', (_, country, continent, finding) => {
  expect(findCountry(places, country, continent)).toEqual(finding);
});

test.each([
  [germany, 'Germany'],
  [smallEurope, 'Elsewhere in Europe'],
  [place(undefined, '', 1, 1), 'Elsewhere'],
  [place('<script>', 'EU', 1, 1), '<script>'],
  [place(undefined, 'constructor', 1, 1), 'Elsewhere in constructor'],
])('place %#', (view, name) => {
  expect(placeName(view, 'en')).toBe(name);
});

test('every continent has a name', () => {
  expect(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'].map(continentName)).not.toContain('AF');
});
