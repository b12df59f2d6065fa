import { describe, expect, test } from '@jest/globals';
import type { EmissionView } from '../../../../operator/domain/views/public.ts';
import { circulatingIo, emissionPicture } from './emission.ts';

const view: EmissionView = {
  capIo: '800000000.00',
  epochs: 4_400,
  emittedIo: '150000000.12345678',
  burnedIo: '0.12345679',
  curve: [
    { epoch: 1, time: '2026-01-01T01:00:00Z', cumulativeIo: '500000000.00' },
    { epoch: 8_761, time: '2027-01-01T01:00:00Z', cumulativeIo: '540000000.00' },
    { epoch: 17_521, time: '2028-01-01T01:00:00Z', cumulativeIo: '577000000.00' },
  ],
};

test('what exists is exact to the last unit', () => {
  expect(circulatingIo(view)).toBe('649999999.99999999');
});

describe('the curve', () => {
  test('has today in its place, with what really exists', () => {
    const { x, planned, today } = emissionPicture(view, Date.parse('2026-07-02T13:00:00Z'));
    expect(x).toHaveLength(4);
    expect(x[1]).toBe('2026-07-02T13:00:00.000Z');
    expect(planned[1]).toBeGreaterThan(500_000_000);
    expect(planned[1]).toBeLessThan(540_000_000);
    expect(today[0]).toBeUndefined();
    expect(today[1]).toBeCloseTo(650_000_000, 0);
    expect(today.slice(2)).toEqual([undefined, undefined]);
  });

  test.each([
    ['before it begins', '2020-01-01T00:00:00Z'],
    ['after its end', '2050-01-01T00:00:00Z'],
  ])('is drawn as it is %s', (_, now) => {
    const { x, today } = emissionPicture(view, Date.parse(now));
    expect(x).toEqual(view.curve.map(({ time }) => time));
    expect(today.every((each) => each === undefined)).toBe(true);
  });

  test('without points is empty, and progress is known', () => {
    const picture = emissionPicture({ ...view, curve: [] }, 0);
    expect(picture).toMatchObject({ x: [], planned: [], today: [] });
    expect(picture.progress).toBeCloseTo(0.5, 6);
  });

  test.each([
    ['a little below genesis', '0.00', 400_000_000],
    ['at nothing, where less than that exists', '250000001.00', 0],
  ])('begins %s', (_, burnedIo, bottom) => {
    expect(emissionPicture({ ...view, burnedIo }, 0).bottom).toBe(bottom);
  });

  test('leaves out what is no point', () => {
    const curve = [{ epoch: 1, time: 'soon', cumulativeIo: 'much' }];
    expect(emissionPicture({ ...view, curve }, 0).x).toEqual([]);
  });
});
