import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { toHex } from './hex.ts';
import { hashBytes } from './merkle.ts';
import { emptyOpening, RewardBook, type WalletBinding } from './reward-book.ts';

const key = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(hashBytes);
const bind = (account: string, byte: number, sinceEpoch = 1): WalletBinding => ({
  account,
  publicKey: key(byte),
  sinceEpoch,
});
const rewards = (given: Record<string, bigint>) => new Map(Object.entries(given));

/** Totals by the first byte of the wallet, in the order of their index. */
function told(book: RewardBook): readonly (readonly [number, bigint])[] {
  const { wallets, totals } = book.leaves();
  return Array.from(totals, (total, at) => [wallets[at * hashBytes] ?? 0, total] as const);
}

describe('rewards of an account', () => {
  test('are kept until it has a wallet, and come in with it', () => {
    const book = new RewardBook();
    book.take(3, rewards({ a: 5n }), []);
    book.take(4, rewards({ a: 6n }), []);
    expect(told(book)).toEqual([]);
    expect([...book.kept]).toEqual([['a', 11n]]);
    book.take(5, rewards({ a: 7n }), [bind('a', 1)]);
    expect(told(book)).toEqual([[1, 18n]]);
    expect([...book.kept]).toEqual([]);
  });

  test('go to the wallet of the epoch: a new one gets what comes after the change', () => {
    const book = new RewardBook();
    book.take(1, rewards({ a: 5n }), [bind('a', 1)]);
    book.take(2, rewards({ a: 6n }), [bind('a', 2)]);
    book.take(3, rewards({ a: 7n }), [bind('a', 1)]);
    expect(told(book)).toEqual([
      [1, 12n],
      [2, 6n],
    ]);
  });

  test('go to the last of several wallets of an epoch', () => {
    const book = new RewardBook();
    book.take(1, rewards({ a: 5n }), []);
    book.take(2, rewards({ a: 6n }), [bind('a', 3), bind('a', 2)]);
    expect(told(book)).toEqual([[2, 11n]]);
  });
});

describe('places', () => {
  test('are given at the first reward, in the order of the public key', () => {
    const book = new RewardBook();
    book.take(1, rewards({ a: 1n, b: 1n }), [bind('b', 2), bind('a', 9), bind('c', 1)]);
    book.take(2, rewards({ c: 1n, d: 0n, a: 1n }), [bind('d', 0)]);
    expect(told(book)).toEqual([
      [2, 1n],
      [9, 2n],
      [1, 1n],
    ]);
  });

  test('an epoch comes once', () => {
    const book = new RewardBook();
    book.take(2, rewards({}), []);
    expect(() => book.take(2, rewards({}), [])).toThrow('taken before');
  });
});

const anyEpochs = fc.array(
  fc.record({
    rewards: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.bigInt(0n, 10n ** 12n), {
      noNullPrototype: true,
    }),
    bindings: fc.array(
      fc.record({ account: fc.constantFrom('a', 'b', 'c', 'd'), wallet: fc.nat(2) }),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);
/** An account's own wallets. */
const walletOf = (account: string, number: number): number => account.charCodeAt(0) * 2 + number;

test('whatever comes, totals and what is kept are all that was given, and no total falls', () => {
  fc.assert(
    fc.property(anyEpochs, (epochs) => {
      const book = new RewardBook(emptyOpening);
      let given = 0n;
      let before = told(book);
      epochs.forEach(({ rewards: amounts, bindings }, at) => {
        const bound = bindings.map(({ account, wallet }) =>
          bind(account, walletOf(account, wallet)),
        );
        book.take(at + 1, rewards(amounts), bound);
        given += Object.values(amounts).reduce((sum, amount) => sum + amount, 0n);
        const kept = [...book.kept.values()].reduce((sum, amount) => sum + amount, 0n);
        expect(book.total + kept).toBe(given);
        const after = told(book);
        expect(after.slice(0, before.length).map(([wallet]) => wallet)).toEqual(
          before.map(([wallet]) => wallet),
        );
        expect(before.every(([, total], index) => (after[index]?.[1] ?? 0n) >= total)).toBe(true);
        before = after;
      });
    }),
  );
});

test('a book that begins later goes on as if it had been there all the time', () => {
  fc.assert(
    fc.property(anyEpochs, fc.nat(11), (epochs, cut) => {
      const [whole, first] = [new RewardBook(), new RewardBook()];
      const newest = new Map<string, string>();
      let later: RewardBook | undefined;
      epochs.forEach(({ rewards: amounts, bindings }, at) => {
        const bound = bindings.map(({ account, wallet }) =>
          bind(account, walletOf(account, wallet)),
        );
        const taken = [at + 1, rewards(amounts), bound] as const;
        whole.take(...taken);
        if (at <= cut % epochs.length) {
          first.take(...taken);
          for (const { account, publicKey } of bound) newest.set(account, publicKey);
          later = new RewardBook(openingOf(first, newest));
        } else later?.take(...taken);
      });
      expect(later?.leaves()).toEqual(whole.leaves());
    }),
  );
});

function openingOf(book: RewardBook, newest: ReadonlyMap<string, string>) {
  const { wallets, totals } = book.leaves();
  return {
    epoch: book.epoch,
    totals: Array.from(totals, (total, at) => ({
      publicKey: toHex(wallets.subarray(at * hashBytes, (at + 1) * hashBytes)),
      total,
    })),
    wallets: [...newest].map(([account, publicKey]) => ({ account, publicKey })),
    kept: [...book.kept].map(([account, amount]) => ({ account, amount })),
  };
}
