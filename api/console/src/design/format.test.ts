import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  countryName,
  formatBytes,
  formatDecimal,
  formatDuration,
  formatMicroUsd,
  formatPercent,
  formatTime,
  microUsdDecimal,
  relativeTime,
  shorten,
} from './format.ts';

const en = 'en-US';

describe('an exact decimal', () => {
  test.each([
    ['12.5', { minDecimals: 2 }, '12.50'],
    ['1234567.000001', {}, '1,234,567.000001'],
    ['123456789012345678901234.123456789012', {}, '123,456,789,012,345,678,901,234.123456789012'],
    ['-0.5', { minDecimals: 2 }, '-0.50'],
    ['3', { sign: true }, '+3'],
    ['-3', { sign: true }, '-3'],
    ['<b>', {}, '<b>'],
    ['', {}, ''],
    ['NaN', {}, 'NaN'],
    ['1e9', {}, '1e9'],
  ])('%j %j', (text, options, shown) => {
    expect(formatDecimal(text, options, en)).toBe(shown);
  });

  test('in the way of the language', () => {
    expect(formatDecimal('1234.5', { minDecimals: 2 }, 'de-DE')).toBe('1.234,50');
  });

  test('loses no digit, however many there are', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.integer({ min: 1, max: 999_999 }),
        (whole, fraction) => {
          const text = `${whole}.${String(fraction).padStart(6, '0')}`;
          const shown = formatDecimal(text, { minDecimals: 6 }, en);
          expect(shown.replaceAll(',', '')).toBe(text);
        },
      ),
    );
  });
});

test('micro-USD are exact dollars', () => {
  expect(formatMicroUsd(2_400_000, en)).toBe('$2.40');
  expect(formatMicroUsd(420_001, en)).toBe('$0.420001');
  expect(microUsdDecimal(-1_500_000n)).toBe('-1.500000');
  expect(microUsdDecimal(13_200_000.000000002)).toBe('13.200000');
  expect(microUsdDecimal(Number.NaN)).toBe('0.000000');
});

test.each([
  [0, '0 sec'],
  [59.6, '1 min'],
  [61, '1 min 1 sec'],
  [3600, '1 hr'],
  [3661, '1 hr 1 min'],
  [90_061, '1 day 1 hr'],
  [-5, '0 sec'],
  [Number.NaN, ''],
  [Infinity, ''],
])('%d seconds', (seconds, shown) => {
  expect(formatDuration(seconds, en)).toBe(shown);
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1536, '1.5 KiB'],
  [85_520_809_984, '79.6 GiB'],
])('%d bytes', (bytes, shown) => {
  expect(formatBytes(bytes, en)).toBe(shown);
});

test('percent have one decimal at most', () => {
  expect(formatPercent(0.7083, en)).toBe('70.8%');
});

test('times say their zone; what is no time is shown as it is', () => {
  const at = '2026-11-25T14:00:00Z';
  expect(formatTime(at, { timeZone: 'Europe/Berlin' }, en)).toBe('Nov 25, 2026, 03:00 PM GMT+1');
  expect(formatTime(at, { timeZone: 'UTC', dateOnly: true }, en)).toBe('Nov 25, 2026');
  expect(formatTime('<script>', {}, en)).toBe('<script>');
});

test.each([
  ['2026-11-25T14:00:00Z', 'now'],
  ['2026-11-25T13:57:00Z', '3 minutes ago'],
  ['2026-11-27T15:00:00Z', 'in 2 days'],
  ['never', 'never'],
])('%s, seen at two in the afternoon', (at, shown) => {
  expect(relativeTime(at, Date.parse('2026-11-25T14:00:00Z'), en)).toBe(shown);
});

test('long words are cut in their middle, letters whole', () => {
  expect(shorten('7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU')).toBe('7xKX…gAsU');
  expect(shorten('short')).toBe('short');
  expect(shorten('😀'.repeat(12), 2)).toBe('😀😀…😀😀');
});

test('countries by name; what is no code is left as it is', () => {
  expect(countryName('DE', en)).toBe('Germany');
  expect(countryName('Q?', en)).toBe('Q?');
});
