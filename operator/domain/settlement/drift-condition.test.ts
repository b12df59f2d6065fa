import { expect, test } from '@jest/globals';
import { driftCondition } from './drift-condition.ts';

const common = { owner: 'suppliers/x', asset: 'IO', explanation: '' } as const;

test('an account in which ledger and chain agree is reconciled', () => {
  expect(driftCondition([])).toMatchObject({ status: 'True', reason: 'Reconciled' });
});

test('an account in which they differ says by how much, and which way', () => {
  const drifts = [
    { ...common, kind: 'supplier:staked', ledger: 0n, chain: 150_000_000n },
    { ...common, kind: 'case:escrow', ledger: 3n, chain: 1n },
  ] as const;
  expect(driftCondition(drifts)).toEqual({
    type: 'Reconciled',
    status: 'False',
    reason: 'Drifted',
    message: 'supplier:staked: 1.50 IO more on chain; case:escrow: 0.00000002 IO less on chain.',
  });
});
