import { describe, expect, test } from '@jest/globals';
import { estimateRoundTripMs, parseCoordinates } from './latency.ts';

const frankfurt = { latitude: 50.11, longitude: 8.68 };

describe('the estimated round trip from Frankfurt', () => {
  test.each([
    ['to itself is what it costs to be on a network', frankfurt, 2],
    ['to Amsterdam', { latitude: 52.37, longitude: 4.9 }, 8],
    ['to New York', { latitude: 40.71, longitude: -74.01 }, 96],
    ['to Singapore', { latitude: 1.35, longitude: 103.82 }, 156],
    ['to the other side of the world', { latitude: -50.11, longitude: -171.32 }, 303],
  ])('%s', (_sentence, place, milliseconds) => {
    expect(estimateRoundTripMs(frankfurt, place)).toBe(milliseconds);
    expect(estimateRoundTripMs(place, frankfurt)).toBe(milliseconds);
  });
});

describe('coordinates', () => {
  test.each([
    ['are read from decimal strings', '50.11', '-8.68', { latitude: 50.11, longitude: -8.68 }],
    ['may be whole degrees', '0', '180', { latitude: 0, longitude: 180 }],
    ['beyond the pole are none', '90.1', '0', undefined],
    ['beyond the date line are none', '0', '-180.5', undefined],
    ['that are half missing are none', '50.11', undefined, undefined],
    ['in another notation are none', '50°6′', '8', undefined],
    ['that are empty are none', '', '', undefined],
  ])('%s', (_sentence, latitude, longitude, expected) => {
    expect(parseCoordinates(latitude, longitude)).toEqual(expected);
  });
});
