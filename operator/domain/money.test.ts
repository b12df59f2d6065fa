import { expect, test } from '@jest/globals';
import { formatUsd } from './money.ts';

test.each([
  ['whole dollars have two decimals', 2_000_000n, '2.00'],
  ['cents stay', 2_490_000n, '2.49'],
  ['fractions of a cent are not rounded away', 2_499_999n, '2.499999'],
  ['one micro-dollar is seen', 1n, '0.000001'],
  ['tenths of a cent have three decimals', 1_500n, '0.0015'],
  ['debts have a sign', -1_000_000n, '-1.00'],
  ['large sums are exact', 10n ** 21n + 10_000n, '1000000000000000.01'],
])('%s', (_sentence, microUsd, text) => {
  expect(formatUsd(microUsd)).toBe(text);
});
