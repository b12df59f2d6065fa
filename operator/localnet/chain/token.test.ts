import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { uiAmount } from './token.ts';

describe('an amount of tokens', () => {
  it.each([
    [0n, 0, '0'],
    [0n, 8, '0'],
    [1n, 8, '0.00000001'],
    [100n, 2, '1'],
    [120n, 2, '1.2'],
    [80_000_000_000_000_001n, 8, '800000000.00000001'],
    [2n ** 64n - 1n, 0, '18446744073709551615'],
    [2n ** 64n - 1n, 20, '0.18446744073709551615'],
  ])('of %s base units with %s decimals reads %s', (amount, decimals, text) => {
    expect(uiAmount(amount, decimals)).toMatchObject({
      amount: amount.toString(),
      uiAmountString: text,
    });
  });

  it('is the same amount again when its decimals are filled up', () => {
    const property = fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: 0, max: 20 }),
      (amount, decimals) => {
        const [whole = '', fraction = ''] = uiAmount(amount, decimals).uiAmountString.split('.');
        expect(BigInt(whole + fraction.padEnd(decimals, '0'))).toBe(amount);
      },
    );
    fc.assert(property);
  });
});
