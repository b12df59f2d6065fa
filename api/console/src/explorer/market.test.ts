import { describe, expect, test } from '@jest/globals';
import type { ModelMarketView, NetworkView } from '../../../../operator/domain/views/public.ts';
import {
  bookingPermille,
  byMarketSize,
  chartColumns,
  demandPermille,
  supplyParts,
} from './market.ts';

const market = (fields: Partial<ModelMarketView>): ModelMarketView => ({
  model: 'H100-80GB-HBM3',
  memoryMiB: 81_559,
  devices: 0,
  verified: 0,
  leased: 0,
  free: 0,
  wanted: 0,
  onDemandMicroUsdPerHour: undefined,
  spotMicroUsdPerHour: undefined,
  ...fields,
});

test.each([
  ['parts add up to all', { devices: 10, leased: 4, free: 3 }, { leased: 4, free: 3, other: 3 }],
  ['counts that raced show no negative part', { devices: 6, leased: 4, free: 3 }, { other: 0 }],
])('%s', (_, fields, parts) => {
  expect(supplyParts(market(fields))).toMatchObject(parts);
});

test('models stand by size of their market, then by name', () => {
  const [a, b, c] = [
    market({ model: 'a', devices: 5 }),
    market({ model: 'b', devices: 5 }),
    market({ model: 'c', devices: 1, wanted: 9 }),
  ];
  expect(byMarketSize([b, a, c])).toEqual([c, a, b]);
});

test.each([
  ['rented and wanted of what can be rented', { leased: 6, free: 2, wanted: 6 }, 1_500],
  ['nobody wants any', { free: 5 }, 0],
  ['nothing can be rented', { wanted: 5 }, undefined],
])('demand: %s', (_, fields, permille) => {
  expect(demandPermille(market(fields))).toBe(permille);
});

test.each([
  [{ leased: 1, verified: 3 }, 333],
  [{ leased: 0, verified: 0 }, undefined],
])('booking rate of %j', (devices, permille) => {
  const view = { devices: { total: 9, offered: 0, free: 0, ...devices } };
  expect(bookingPermille(view as NetworkView)).toBe(permille);
});

describe('columns of a chart', () => {
  const at = (minute: number, value: number) => ({
    time: new Date(Date.UTC(2026, 10, 25, 14, minute)).toISOString(),
    value,
  });
  const read = [(point: { value: number }) => point.value];

  test('are in order of time, whatever order the points came in', () => {
    expect(chartColumns([at(1, 2), at(0, 1)], read).values).toEqual([[1, 2]]);
  });

  test('break where the hub told nothing', () => {
    const points = [at(0, 1), at(5, 2), at(10, 3), at(50, 4), at(55, 5)];
    const { x, values } = chartColumns(points, read);
    expect(values).toEqual([[1, 2, 3, undefined, 4, 5]]);
    expect(x[3]).toBe('2026-11-25T14:30:00.000Z');
  });

  test('do not break where points are thinned evenly', () => {
    expect(chartColumns([at(0, 1), at(20, 2), at(40, 3)], read).values).toEqual([[1, 2, 3]]);
  });

  test('leave out what has no time', () => {
    expect(chartColumns([{ time: 'soon', value: 1 }], read)).toEqual({ x: [], values: [[]] });
  });
});
