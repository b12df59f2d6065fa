import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { base58Encode } from './base58.ts';
import { Reader, startsWith, Writer } from './codec.ts';

const variants = ['Open', 'Closed'] as const;

test('what was written is read', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(2 ** 32 - 1),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.maxSafeInteger(),
      fc.boolean(),
      bytes(32),
      bytes(5),
      fc.constantFrom(...variants),
      (u8, u32, u64, i64, bool, key, raw, variant) => {
        const data = new Writer()
          .u8(u8)
          .u32(u32)
          .u64(u64)
          .i64(i64)
          .bool(bool)
          .pubkey(base58Encode(key))
          .bytes(raw, 5)
          .variant(variant, variants)
          .end();
        const reader = new Reader(data);
        expect([reader.u8(), reader.u32(), reader.u64(), reader.i64()]).toEqual([
          u8,
          u32,
          u64,
          i64,
        ]);
        expect([reader.bool(), reader.pubkey()]).toEqual([bool, base58Encode(key)]);
        expect([reader.bytes(5), reader.variant(variants)]).toEqual([raw, variant]);
      },
    ),
  );
});

describe('a value that does not fit is refused', () => {
  test.each<[string, () => unknown]>([
    ['a negative number', () => new Writer().u8(-1)],
    ['256 in a byte', () => new Writer().u8(256)],
    ['half of one', () => new Writer().u32(0.5)],
    ['2^32 in four bytes', () => new Writer().u32(2 ** 32)],
    ['a negative amount', () => new Writer().u64(-1n)],
    ['2^64', () => new Writer().u64(2n ** 64n)],
    ['a time beyond 2^53', () => new Writer().i64(2 ** 53)],
    ['31 bytes for an address', () => new Writer().pubkey('1'.repeat(31))],
    ['33 bytes for an address', () => new Writer().pubkey('1'.repeat(33))],
    ['too few bytes', () => new Writer().bytes(new Uint8Array(3), 4)],
    ['a time that no number can hold', () => new Reader(new Uint8Array(8).fill(127)).i64()],
    ['a variant that there is not', () => new Reader(Uint8Array.of(2)).variant(variants)],
    ['reading beyond the end', () => new Reader(new Uint8Array(7)).u64()],
  ])('%s', (_, work) => {
    expect(work).toThrow(RangeError);
  });
});

test('bytes that were read are a copy, also of a Buffer', () => {
  const data = Buffer.from([1, 2, 3, 4]);
  const read = new Reader(data).bytes(2);
  data[0] = 9;
  expect(read).toEqual(Uint8Array.of(1, 2));
});

test.each([
  ['a longer prefix', [1, 2], [1, 2, 3], false],
  ['the same', [1, 2], [1, 2], true],
  ['a prefix', [1, 2, 3], [1, 2], true],
  ['other bytes', [1, 2, 3], [1, 3], false],
])('starts with %s', (_, data, prefix, answer) => {
  expect(startsWith(Uint8Array.from(data), Uint8Array.from(prefix))).toBe(answer);
});
