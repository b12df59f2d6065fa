import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { statementCsv } from './csv.ts';
import { focusCsv } from './focus.ts';
import { csv, hours, table } from './format.ts';
import { escape, invoiceHtml, invoiceNumber } from './html.ts';
import { splitCharge } from './split.ts';
import { statementText } from './text.ts';
import type { Statement, UsageLine } from './types.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const start = Date.parse('2026-11-01T00:00:00Z') / 1_000;

const line: UsageLine = {
  epoch: 1,
  startSeconds: start,
  endSeconds: start + 3_600,
  leaseId: 'lease-1',
  cluster: 'team/first',
  member: 'paris',
  renter: 'team/renter',
  supplier: 'io-paris/paris',
  asset: 'USDC',
  model: 'H100-80GB-HBM3',
  ratePerHour: 2_490_000n,
  kind: 'Usage',
  seconds: 7_200n,
  charge: {
    total: 5_092_050n,
    usage: 4_980_000n,
    renterFee: 112_050n,
    supplierFee: 12_450n,
    rounding: 0n,
  },
};

const empty: Statement = {
  account: 'team/renter',
  month: '2026-11',
  periodStartSeconds: start,
  periodEndSeconds: start + 30 * 86_400,
  epochs: { from: 1, to: 2 },
  rented: [],
  supplied: [],
  rewards: [],
  unrewarded: [],
  movements: [],
  balances: [],
};

const correction: UsageLine = {
  ...line,
  epoch: 2,
  startSeconds: start + 3_600,
  endSeconds: start + 7_200,
  kind: 'Correction',
  seconds: -3_600n,
  charge: {
    total: -2_546_025n,
    usage: -2_490_000n,
    renterFee: -56_025n,
    supplierFee: -6_225n,
    rounding: 0n,
  },
};

const full: Statement = {
  ...empty,
  rented: [line, correction],
  supplied: [line],
  rewards: [
    {
      epoch: 1,
      endSeconds: start + 3_600,
      devices: 2,
      eligible: 1,
      amount: 10n ** 8n,
      ioPrice: 250_000n,
    },
    {
      epoch: 2,
      endSeconds: start + 7_200,
      devices: 2,
      eligible: 1,
      amount: 10n ** 8n,
      ioPrice: undefined,
    },
  ],
  unrewarded: [
    { devices: 2, model: 'A10', reasons: ['A10 is not rewarded.', 'The device was not verified.'] },
  ],
  movements: [
    { account: 'renter:available', cause: 'Deposit', amount: 10_000_000n, asset: 'USDC' },
  ],
  balances: [{ account: 'renter:available', asset: 'USDC', opening: 0n, closing: 7_453_975n }],
};

describe('text', () => {
  const words = (text: string): readonly string[] =>
    text.split('\n').map((row) => row.trim().replaceAll(/ {2,}/g, ' | '));

  test('says what was rented, supplied and received, and what moved', () => {
    expect(words(statementText(full))).toEqual([
      'Statement of team/renter for 2026-11 (UTC), epochs 1 to 2',
      '',
      'Rented',
      'cluster | model | member | GPU hours | per hour | use | fee | total',
      'team/first | H100-80GB-HBM3 | paris | 1.000000 | 2.49 | 2.49 | 0.056025 | 2.546025 | USDC',
      'sum | 1.000000 | 2.546025 | USDC',
      '',
      'Supplied',
      'member | model | GPU hours | use | fee | earned',
      'paris | H100-80GB-HBM3 | 2.000000 | 4.98 | 0.01245 | 4.96755 | USDC',
      'sum | 2.000000 | 4.96755 | USDC',
      '',
      'Block rewards',
      '2.00 IO in 2 epochs, worth 0.25 USD when received; 1.00 IO had no price',
      '2 x A10 earned nothing: A10 is not rewarded. The device was not verified.',
      '',
      'Movements',
      'renter:available | Deposit | 10.00 | USDC',
      '',
      'Balances',
      'account | at first | at last',
      'renter:available | 0.00 | 7.453975 | USDC',
      '',
    ]);
  });

  test('is short when there is nothing to say', () => {
    expect(statementText({ ...empty, epochs: undefined })).toBe(
      'Statement of team/renter for 2026-11 (UTC), no epoch yet\n',
    );
  });

  test('columns line up', () => {
    const rows = [
      ['a', 'n'],
      ['long', '100'],
    ];
    expect(table(rows, [1])).toBe('a       n\nlong  100\n');
  });
});

/** Rows of a CSV without quotes in it, by column. */
function read(text: string): readonly Readonly<Record<string, string | undefined>>[] {
  const [head = [], ...rows] = text
    .trimEnd()
    .split('\r\n')
    .map((row) => row.split(','));
  expect(rows.every(({ length }) => length === head.length)).toBe(true);
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at]])));
}

test('csv has every line, and the fair value of what was earned', () => {
  const rows = read(statementCsv(full));
  const brief = rows.map((row) => [row['side'], row['kind'], row['amount'], row['fair_value_usd']]);
  expect(brief).toEqual([
    ['rented', 'Usage', '5.09205', ''],
    ['rented', 'Correction', '-2.546025', ''],
    ['supplied', 'Usage', '4.96755', '4.96755'],
    ['reward', 'Reward', '1.00', '0.25'],
    ['reward', 'Reward', '1.00', ''],
  ]);
});

test('what is earned in IO is worth its price when it was received, and without one nobody knows', () => {
  const inIo: UsageLine = { ...line, asset: 'IO' };
  const rows = read(statementCsv({ ...full, rented: [], supplied: [inIo, { ...inIo, epoch: 2 }] }));
  expect(rows.map((row) => row['fair_value_usd'])).toEqual(['0.012419', '', '0.25', '']);
});

test('focus has a row for each line', () => {
  const [first, second] = read(focusCsv(full));
  expect(first).toMatchObject({
    BilledCost: '5.09205',
    BillingAccountId: 'team/renter',
    BillingCurrency: 'USDC',
    BillingPeriodStart: '2026-11-01T00:00:00Z',
    BillingPeriodEnd: '2026-12-01T00:00:00Z',
    ChargeCategory: 'Usage',
    ChargeClass: '',
    ChargePeriodStart: '2026-11-01T00:00:00Z',
    ChargePeriodEnd: '2026-11-01T01:00:00Z',
    ConsumedQuantity: '7200',
    ConsumedUnit: 'GPU-Seconds',
    EffectiveCost: '5.09205',
    ListCost: '4.98',
    ListUnitPrice: '2.49',
    PricingQuantity: '2.000000',
    ResourceId: 'lease-1',
    ResourceName: 'team/first',
    ServiceCategory: 'Compute',
    SkuId: 'H100-80GB-HBM3',
    SkuPriceId: 'H100-80GB-HBM3/2.49/USDC',
    x_ReservationFee: '0.11205',
  });
  expect(second).toMatchObject({ ChargeClass: 'Correction', PricingQuantity: '-1.000000' });
});

describe('the invoice', () => {
  test('has the same number whenever it is printed, another one for another month', () => {
    expect(invoiceNumber('team/renter', '2026-11', hash)).toMatch(/^IO-202611-[0-9A-F]{10}$/);
    expect(invoiceHtml(full, hash)).toBe(invoiceHtml(full, hash));
    const numbers = ['2026-11', '2026-12'].map((month) => invoiceNumber('a/b', month, hash));
    expect(new Set(numbers).size).toBe(2);
  });

  test('shows the sums', () => {
    const html = invoiceHtml(full, hash);
    for (const text of ['2.546025', '4.96755', 'Fair value when received', 'team/renter']) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/<(script|link|img)|https?:/);
  });

  test('takes no markup from names', () => {
    const evil = '<script>alert("1")</script>';
    const html = invoiceHtml(
      { ...full, account: evil, rented: [{ ...line, cluster: evil, member: evil, model: evil }] },
      hash,
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    expect(escape(`&'`)).toBe('&amp;&#39;');
  });
});

test('fields with commas, quotes and line feeds are quoted', () => {
  expect(csv([['a,b', 'c"d', 'e\nf', 'g']])).toBe('"a,b","c""d","e\nf",g\r\n');
});

test.each([
  [3_600n, '1.000000'],
  [1n, '0.000277'],
  [-5_400n, '-1.500000'],
])('%s seconds are %s hours', (seconds, text) => {
  expect(hours(seconds)).toBe(text);
});

test('the parts of a charge add up to it', () => {
  const amount = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
  const charges = fc.tuple(amount, amount, amount, amount);
  const raws = fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(charges, raws, ([total, usage, renterFee, supplierFee], parts) => {
      const charge = { total, usage, renterFee, supplierFee, rounding: total - usage - renterFee };
      const split = splitCharge(charge, parts);
      for (const key of ['total', 'usage', 'renterFee', 'supplierFee', 'rounding'] as const) {
        expect(split.reduce((sum, each) => sum + each[key], 0n)).toBe(charge[key]);
      }
    }),
  );
});
