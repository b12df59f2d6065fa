import { expect, test } from '@jest/globals';
import { type AccountFlow, monthsOf } from './series.ts';

const flow = (
  account: AccountFlow['account'],
  other: AccountFlow['other'],
  cause: AccountFlow['cause'],
  amount: bigint,
): AccountFlow => ({ month: '2026-11', asset: 'USDC', account, other, cause, amount });

const none = { earned: 0n, spent: 0n, fees: 0n, rewards: 0n };

test.each<[string, AccountFlow, object]>([
  ['use', flow('renter:held', 'supplier:earned', 'Usage', -100n), { spent: 100n }],
  ['what was rounded', flow('renter:held', 'network:rounding', 'Rounding', -2n), { spent: 2n }],
  [
    'a correction in favour of the renter',
    flow('renter:held', 'supplier:earned', 'Correction', 7n),
    { spent: -7n },
  ],
  ['the fee of a renter', flow('renter:held', 'network:fees', 'RenterFee', -3n), { fees: 3n }],
  ['what was let', flow('supplier:earned', 'renter:held', 'Usage', 100n), { earned: 100n }],
  [
    'the fee of a supplier',
    flow('supplier:earned', 'network:fees', 'SupplierFee', -3n),
    { fees: 3n },
  ],
  ['a reward', flow('supplier:rewards', 'rewards:pool', 'Reward', 5n), { rewards: 5n }],
])('%s counts', (_, one, expected) => {
  expect(monthsOf([one])).toEqual([{ month: '2026-11', asset: 'USDC', ...none, ...expected }]);
});

test.each<[string, AccountFlow]>([
  ['a hold', flow('renter:held', 'renter:available', 'Hold', 100n)],
  ['a hold that is given back', flow('renter:held', 'renter:available', 'HoldReleased', -100n)],
  ['a payout', flow('supplier:earned', 'payout:pending', 'Payout', -100n)],
  ['a claim', flow('supplier:rewards', 'rewards:claimed', 'Claim', -100n)],
])('%s only changes its place', (_, one) => {
  expect(monthsOf([one])).toEqual([]);
});

test('months and assets stand apart, the oldest first', () => {
  const use = flow('renter:held', 'supplier:earned', 'Usage', -1n);
  const months = monthsOf([use, use, { ...use, asset: 'IO' }, { ...use, month: '2026-10' }]);
  expect(months.map(({ month, asset, spent }) => [month, asset, spent])).toEqual([
    ['2026-10', 'USDC', 1n],
    ['2026-11', 'IO', 1n],
    ['2026-11', 'USDC', 2n],
  ]);
});
