import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  AddressLookupTableAccount,
  Keypair,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { ChainFixture } from '../testing/chain-fixture.ts';
import { newWallet, transfer } from '../testing/wallets.ts';
import { Engine } from './engine.ts';
import {
  accountsOf,
  decodeTransaction,
  MalformedTransactionError,
  maximumTransactionBytes,
  signatureOf,
} from './transaction.ts';

const payer = newWallet();
const to = newWallet();
const table = newWallet();
const blockhash = newWallet().address;
const legacy = new ChainFixture().transfer(payer, to.address, 5n, blockhash).bytes;
const versioned = versionedTransfer();

function versionedTransfer(): Uint8Array {
  const signer = Keypair.fromSecretKey(payer.secret);
  const lookup = new AddressLookupTableAccount({
    key: new PublicKey(table.address),
    state: {
      addresses: [signer.publicKey, new PublicKey(to.address)],
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
    },
  });
  const message = new TransactionMessage({
    payerKey: signer.publicKey,
    recentBlockhash: blockhash,
    instructions: [
      SystemProgram.transfer({
        fromPubkey: signer.publicKey,
        toPubkey: new PublicKey(to.address),
        lamports: 5,
      }),
    ],
  }).compileToV0Message([lookup]);
  const transaction = new VersionedTransaction(message);
  transaction.sign([signer]);
  return transaction.serialize();
}

describe('a transaction is read', () => {
  it('with its signature, accounts and instructions', () => {
    const transaction = decodeTransaction(legacy);

    expect(transaction).toMatchObject({
      version: 'legacy',
      blockhash,
      requiredSignatures: 1,
      staticKeys: [payer.address, to.address, transfer(payer, to.address, 5n).program],
      instructions: [{ program: 2, accounts: new Uint8Array([0, 1]) }],
    });
    expect(signatureOf(transaction)).toHaveLength(transaction.signatures[0]?.length ?? 0);
    expect(accountsOf(transaction, () => []).writable).toEqual([true, true, false]);
  });

  it('with the accounts that its lookup tables give', () => {
    const transaction = decodeTransaction(versioned);
    const accounts = accountsOf(transaction, (of) =>
      of === table.address ? [payer.address, to.address] : [],
    );

    expect(transaction.version).toBe(0);
    expect(accounts.keys.at(-1)).toBe(to.address);
    expect(accounts.loaded).toEqual({ writable: [to.address], readonly: [] });
    expect(accounts.writable).toEqual([true, false, true]);
  });
});

/** Of the legacy transfer: one signature, then the header, three keys, the blockhash, the rest. */
const header = 65;
const program = header + 4 + 3 * 32 + 32 + 1;

describe('bytes are refused', () => {
  it.each([
    ['that are none', new Uint8Array()],
    ['that end early', legacy.subarray(0, legacy.length - 1)],
    ['that go on behind the end', new Uint8Array([...legacy, 0])],
    ['that are more than a packet', new Uint8Array(maximumTransactionBytes + 1)],
    ['of a version that is not known', changed(header, 0x81)],
    ['whose header asks for another number of signatures', changed(header, 2)],
    ['without an account that can pay', changed(header + 1, 1)],
    ['with more read-only accounts than there are', changed(header + 2, 3)],
    ['that run the payer as a program', changed(program, 0)],
    ['that run what is not there', changed(program, 3)],
    ['with an account that is not there', changed(program + 2, 3)],
    ['with a length in a longer form than it needs', longLength()],
  ])('%s', (_what, bytes) => {
    expect(() => decodeTransaction(bytes)).toThrow(MalformedTransactionError);
  });

  function changed(at: number, value: number): Uint8Array {
    return legacy.map((byte, index) => (index === at ? value : byte));
  }

  function longLength(): Uint8Array {
    return new Uint8Array([0x81, 0x00, ...legacy.subarray(1)]);
  }
});

describe('whatever comes in', () => {
  /** The engine ends the process on bytes that it cannot read, so this test would not end. */
  it('is refused, or safe to run', () => {
    const engine = new Engine([]);
    const edit = fc.record({
      at: fc.oneof(fc.nat(versioned.length), fc.integer({ min: header - 2, max: header + 6 })),
      byte: fc.oneof(fc.constantFrom(0, 1, 2, 3, 127, 128, 129, 255), fc.nat(255)),
    });
    const cut = fc.option(fc.nat(versioned.length), { freq: 10 });
    const base = fc.constantFrom(legacy, versioned);
    const property = fc.property(
      base,
      fc.array(edit, { maxLength: 4 }),
      cut,
      (bytes, edits, end) => {
        const mutated = bytes.slice(0, end ?? bytes.length);
        for (const { at, byte } of edits) if (at < mutated.length) mutated[at] = byte;
        try {
          const transaction = decodeTransaction(mutated);
          engine.simulate(transaction.bytes, false);
          engine.execute(transaction.bytes);
        } catch (error) {
          if (!(error instanceof MalformedTransactionError)) throw error;
        }
      },
    );

    fc.assert(property, { numRuns: 5_000 });
  });
});
