import { expect, test } from '@jest/globals';
import { unsignedTransaction } from '../adapters/solana/transaction.ts';
import { walletNamed } from '../testing/wallet.ts';
import { base58Decode } from './base58.ts';
import { onlySigner, readWire } from './wire.ts';

const payer = walletNamed('payer').address;
const other = walletNamed('other').address;
const blockhash = '11111111111111111111111111111111';

const built = (signers: readonly string[] = []): Uint8Array =>
  unsignedTransaction(payer, {
    blockhash,
    instructions: [
      {
        programId: walletNamed('program').address,
        accounts: signers.map((address) => ({ address, isSigner: true, isWritable: false })),
        data: Uint8Array.of(1, 2, 3),
      },
    ],
  });

test('a transaction of one signer is read as it was written', () => {
  const bytes = built();
  const { signatures = [], message = new Uint8Array() } = readWire(bytes) ?? {};
  expect(signatures).toEqual([new Uint8Array(64)]);
  expect(Buffer.concat([Buffer.of(1), ...signatures, message])).toEqual(Buffer.from(bytes));
  expect(onlySigner(message)).toEqual(base58Decode(payer));
});

test('one that two have to sign has no only signer', () => {
  const { signatures = [], message = new Uint8Array() } = readWire(built([other])) ?? {};
  expect(signatures).toHaveLength(2);
  expect(onlySigner(message)).toBeUndefined();
});

test.each([
  ['nothing', Uint8Array.of()],
  ['no signature', Uint8Array.of(0, 1, 2)],
  ['signatures without a message', new Uint8Array(65).fill(1, 0, 1)],
  ['a count of two bytes', new Uint8Array(20_000).fill(0x80, 0, 1)],
])('%s is no transaction', (_, bytes) => {
  expect(readWire(bytes)).toBeUndefined();
});

test('what is too short, or has a version, has no signer', () => {
  expect(onlySigner(Uint8Array.of(1, 0, 0, 3))).toBeUndefined();
  expect(onlySigner(new Uint8Array(200).fill(0x80, 0, 1))).toBeUndefined();
});
