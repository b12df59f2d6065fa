import { expect, test } from '@jest/globals';
import { PublicKey } from '@solana/web3.js';
import * as fc from 'fast-check';
import { base58Decode, base58Encode } from './base58.ts';

test.each([
  ['nothing', [], ''],
  ['zeros', [0, 0], '11'],
  ['one byte', [57], 'z'],
  ['a zero first', [0, 58], '121'],
  ['letters', [...Buffer.from('Hello World!')], '2NEpo7TZRRrLZSi2U'],
])('%s', (_, bytes, text) => {
  expect(base58Encode(Uint8Array.from(bytes))).toBe(text);
  expect([...base58Decode(text)]).toEqual(bytes);
});

test('is what web3.js makes of an address, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const text = base58Encode(bytes);
      expect(text).toBe(new PublicKey(bytes).toBase58());
      expect(base58Decode(text)).toEqual(bytes);
    }),
  );
});

test('comes back at any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(base58Decode(base58Encode(bytes))).toEqual(bytes);
    }),
  );
});

test('letters that look like others are none', () => {
  for (const letter of '0OIl+ ') expect(() => base58Decode(`1${letter}`)).toThrow('no letter');
});
