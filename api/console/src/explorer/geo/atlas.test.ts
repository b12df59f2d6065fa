import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { geoCentroid, geoDistance } from 'd3-geo';
import { feature } from 'topojson-client';
import { countryPattern } from '../../../../../crds/schema/countries.ts';
import { type Atlas, mapHeight, mapShapes, mapWidth } from './atlas.ts';
import { countryOfNumber } from './country-codes.ts';
import { territories } from './territories.ts';

const { resolve } = createRequire(import.meta.url);
const atlasOf = (name: string): Atlas =>
  JSON.parse(readFileSync(resolve(`world-atlas/${name}.json`), 'utf8')) as Atlas;

const shapes = mapShapes(atlasOf('countries-110m'));

test('every country that an IOMember may name is on the map once, but for Antarctica', () => {
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCodePoint(65 + at));
  const all = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => countryPattern.test(code) && code !== 'AQ');
  const drawn = shapes.flatMap(({ country }) => (country === undefined ? [] : [country]));
  expect(drawn.toSorted()).toEqual(all);
});

test('only two shapes are of no country', () => {
  expect(shapes.filter(({ country }) => country === undefined)).toHaveLength(2);
});

test('everything lies within the map', () => {
  for (const shape of shapes) {
    const numbers =
      shape.kind === 'Dot'
        ? [shape.x, shape.y]
        : [...shape.path.matchAll(/-?[0-9.]+/g)].map(([number]) => Number(number));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(Math.max(mapWidth, mapHeight));
  }
});

test('dots lie where a finer atlas has the country', () => {
  const fine = atlasOf('countries-50m');
  const { features } = feature(fine, fine.objects.countries);
  const farthest = features.flatMap((land) => {
    const country = countryOfNumber(String(land.id)) ?? '';
    const dot = territories.get(country);
    // Their islands are so far apart that the middle of them lies in the sea.
    if (dot === undefined || country === 'KI' || country === 'SH') return [];
    return [geoDistance([...dot], geoCentroid(land)) * (180 / Math.PI)];
  });
  expect(farthest.length).toBeGreaterThan(55);
  expect(Math.max(...farthest)).toBeLessThan(0.5);
});
