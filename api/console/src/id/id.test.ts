import { describe, expect, test } from '@jest/globals';
import { encode } from 'uqr';
import { balanceWord } from './balance-words.ts';
import { causeTitle, causeWhy } from './causes.ts';
import type { SeriesRow } from './data.ts';
import { fileName } from './file-name.ts';
import { before, isMonth, monthsSince, monthText, yearsSince } from './months.ts';
import { qrPath } from './qr-path.ts';
import { chartOf } from './series.ts';
import { deviceHours, isEmptyStatement, type StatementBody } from './statement.ts';
import { withdrawalStage } from './withdrawal-state.ts';

const now = Date.parse('2026-02-28T23:59:59Z');

describe('months', () => {
  test('go back over the turn of the year', () => {
    expect(before('2026-01')).toBe('2025-12');
    expect(before('2026-11')).toBe('2026-10');
    expect(monthsSince('2025-12-31T23:59:59Z', now, 99)).toEqual(['2026-02', '2026-01', '2025-12']);
  });

  test.each([
    ['as many as are asked for', '2020-01-01T00:00:00Z', 2, ['2026-02', '2026-01']],
    ['the present one without a beginning', 'never', 9, ['2026-02']],
    ['none of the future', '2027-01-01T00:00:00Z', 9, []],
  ])('are %s', (_, since, most, months) => {
    expect(monthsSince(since, now, most)).toEqual(months);
  });

  test('are named in UTC, whatever the reader’s zone', () => {
    expect(monthText('2026-02', 'en')).toBe('February 2026');
    expect(monthText('<b>', 'en')).toBe('<b>');
  });

  test.each(['2026-13', '2026-1', '26-01', '2026-01-01', '', undefined, 202601])(
    '%j is none',
    (text) => {
      expect(isMonth(text)).toBe(false);
    },
  );

  test('years are bounded too', () => {
    expect(yearsSince('2024-06-01T00:00:00Z', now, 10)).toEqual([2026, 2025, 2024]);
    expect(yearsSince('1970-01-01T00:00:00Z', now, 2)).toEqual([2026, 2025]);
    expect(yearsSince('never', now, 10)).toEqual([2026]);
    expect(yearsSince('2030-01-01T00:00:00Z', now, 10)).toEqual([2026]);
  });
});

describe('the name of a file', () => {
  test.each([
    [['team', 'renter', '2026-11', 'statement'], 'team-renter-2026-11-statement.csv'],
    [['../../etc', 'passwd'], 'etc-passwd.csv'],
    [['a/b\\c', 'd:e'], 'a_b_c-d_e.csv'],
    [['<script>', '"quoted"'], 'script-quoted.csv'],
    [['‮gpj.exe', '😀'], 'gpj.exe-_.csv'],
    [['..', '', '.'], '_-_-_.csv'],
    [['line\nfeed\0', 'CON'], 'line_feed-CON.csv'],
  ])('of %j is %s', (parts, name) => {
    expect(fileName(parts, 'csv')).toBe(name);
  });

  test('is never too long for a file system', () => {
    const name = fileName(['n'.repeat(253), 'a'.repeat(253), '2026-11'], 'html');
    expect(name.length).toBeLessThan(200);
  });
});

describe('words', () => {
  test('are there for what is known, and what is not known stays as it is', () => {
    expect(causeTitle('HoldReleased')).toBe('Reservation returned');
    expect(causeWhy('HoldReleased')).not.toBe('');
    expect(causeTitle('constructor')).toBe('constructor');
    expect(causeWhy('constructor')).toBe('');
    expect(balanceWord('renter:held')).toBe('Reserved');
    expect(balanceWord('<b>')).toBe('<b>');
  });

  test('a withdrawal that came back says why', () => {
    const back = withdrawalStage({ state: 'Returned', reason: 'the account was closed' });
    expect(back).toMatchObject({ tone: 'bad', text: 'the account was closed' });
  });
});

describe('what came and went by month', () => {
  const row = (part: Partial<SeriesRow>): SeriesRow => ({
    ...{ month: '2026-01', asset: 'USDC', earned: '0.00', spent: '0.00' },
    ...{ fees: '0.00', rewards: '0.00' },
    ...part,
  });

  test('has zero where nothing was, and leaves out what never was', () => {
    const rows = [
      row({ month: '2026-02', spent: '10.50', fees: '0.2' }),
      row({ month: '2026-01', asset: 'IO', rewards: '5' }),
    ];
    expect(chartOf(rows, 'USDC')).toEqual({
      asset: 'USDC',
      times: ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
      series: [
        { label: 'Spent', color: '--c3', values: [0, 10.5] },
        { label: 'Fees', color: '--c6', values: [0, 0.2] },
      ],
    });
  });

  test('is no chart when there is nothing of the asset', () => {
    expect(chartOf([row({})], 'IO')).toBeUndefined();
    expect(chartOf([row({})], 'USDC')).toBeUndefined();
  });
});

describe('a statement', () => {
  const empty: StatementBody = {
    ...{ account: 'a/b', month: '2026-01', invoiceNumber: 'IO-1' },
    ...{ periodStart: '2026-01-01T00:00:00Z', periodEnd: '2026-02-01T00:00:00Z' },
    ...{ rented: [], supplied: [], unrewarded: [], movements: [] },
    rewards: { amount: '0.00', fairValueUsd: '0.00', unpriced: '0.00', epochs: 0 },
    balances: [{ account: 'renter:available', asset: 'USDC', opening: '0.00', closing: '0.00' }],
  };

  test('is empty only when nothing was there and nothing moved', () => {
    expect(isEmptyStatement(empty)).toBe(true);
    const [balance] = empty.balances;
    const kept = { ...balance!, opening: '1.00', closing: '1.00' };
    expect(isEmptyStatement({ ...empty, balances: [kept] })).toBe(false);
    expect(isEmptyStatement({ ...empty, rewards: { ...empty.rewards, epochs: 1 } })).toBe(false);
  });

  test.each([
    ['3600', '1'],
    ['5400', '1.5'],
    ['1', '0'],
    ['-3600', '-1'],
    ['12345678901234567890', '3429355250342935.5'],
    ['many', 'many'],
  ])('%s device-seconds are %s hours', (seconds, hours) => {
    expect(deviceHours(seconds)).toBe(hours);
  });
});

describe('a QR code', () => {
  /** Draws a path again, as a browser would. */
  function drawn({ size, path }: ReturnType<typeof qrPath>): boolean[][] {
    const modules = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
      for (let at = Number(x); at < Number(x) + Number(length); at += 1) {
        modules[Number(y)]![at] = true;
      }
    }
    return modules;
  }

  test('has the modules of the code, and white around them', () => {
    const { data } = encode('7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q', {
      ecc: 'M',
      border: 0,
    });
    const path = qrPath(data);
    const modules = drawn(path);
    expect(path.size).toBe(data.length + 8);
    const inside = modules.slice(4, -4).map((row) => row.slice(4, -4));
    expect(inside).toEqual(data);
    const dark = (rows: readonly (readonly boolean[])[]): number =>
      rows.flat().filter(Boolean).length;
    expect(dark(modules)).toBe(dark(inside));
  });
});
