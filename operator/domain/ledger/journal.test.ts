import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chargeBetween, noCharge, sumsOf } from './charge.ts';
import { chargeBlock, chargeLine, transferBlock, transferLine } from './digest.ts';
import {
  type Account,
  balanceChanges,
  nameOf,
  type Settlement,
  transferIdBytes,
  transfersOf,
} from './journal.ts';

const fees = { renterBasisPoints: 225, supplierBasisPoints: 25 };
const parties = { renter: 'a/renter', supplier: 'b/supplier', asset: 'USDC' } as const;
const nothing = { total: 0n, usage: 0n, renterFee: 0n, supplierFee: 0n, rounding: 0n };

const charge = fc
  .record({
    usage: fc.bigInt(),
    renterFee: fc.bigInt(),
    supplierFee: fc.bigInt(),
    rounding: fc.bigInt(),
  })
  .map((parts) => ({ ...parts, total: parts.usage + parts.renterFee + parts.rounding }));
const settlement: fc.Arbitrary<Settlement> = fc.record({
  renter: fc.constantFrom('a/1', 'a/2'),
  supplier: fc.constantFrom('b/1', 'b/2', 'a/1'),
  asset: fc.constantFrom('USDC', 'IO'),
  regular: charge,
  correction: charge,
  renewed: fc.bigInt({ min: 0n, max: 10n ** 12n }),
});

describe('the transfers of a close', () => {
  test('an hour of a device', () => {
    const rawSum = 3_600n * 2_000_000n;
    const row = { ...noCharge, rawSum, collectedSum: sumsOf(rawSum, fees).total, renewedSum: 7n };
    const settled = { ...parties, ...chargeBetween(noCharge, row, fees), renewed: 7n };
    expect(transfersOf(3, [settled, settled]).map(told)).toEqual([
      'HoldRenewed renter:available a/renter USDC > renter:held a/renter USDC: 14',
      'RenterFee renter:held a/renter USDC > network:fees  USDC: 90000',
      'SupplierFee supplier:earned b/supplier USDC > network:fees  USDC: 10000',
      'Usage renter:held a/renter USDC > supplier:earned b/supplier USDC: 4000000',
    ]);
  });

  test('what is taken back goes the other way', () => {
    const correction = { ...nothing, usage: -5n, total: -5n };
    const settled = { ...parties, regular: nothing, correction, renewed: 0n };
    expect(transfersOf(3, [settled]).map(told)).toEqual([
      'Correction supplier:earned b/supplier USDC > renter:held a/renter USDC: 5',
    ]);
  });

  test('each is more than nothing, and together they change no sum', () => {
    fc.assert(
      fc.property(fc.array(settlement), (settlements) => {
        const transfers = transfersOf(1, settlements);
        expect(transfers.every(({ amount }) => amount > 0n)).toBe(true);
        const sum = [...balanceChanges(transfers).values()].reduce((all, each) => all + each, 0n);
        expect(sum).toBe(0n);
      }),
    );
  });

  test('renters pay what was charged, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(settlement), (settlements) => {
        const changes = balanceChanges(transfersOf(1, settlements));
        const backwards = balanceChanges(transfersOf(1, settlements.toReversed()));
        expect(backwards).toEqual(changes);
        for (const renter of ['a/1', 'a/2']) {
          const held: Account = { kind: 'renter:held', owner: renter, asset: 'IO' };
          const due = settlements
            .filter((of) => of.renter === renter && of.asset === 'IO')
            .reduce((sum, of) => sum + of.renewed - of.regular.total - of.correction.total, 0n);
          expect(changes.get(nameOf(held)) ?? 0n).toBe(due);
        }
      }),
    );
  });

  test('no two transfers have the same id', () => {
    const ids = fc
      .array(settlement)
      .map((settlements) =>
        transfersOf(1, settlements).map((each) =>
          Buffer.from(transferIdBytes(each)).toString('hex'),
        ),
      );
    fc.assert(fc.property(ids, (all) => expect(new Set(all).size).toBe(all.length)));
  });
});

test('the id of a transfer is made of its parts, each with its length', () => {
  const debit: Account = { kind: 'custody', owner: '', asset: 'IO' };
  const credit: Account = { kind: 'renter:available', owner: 'é', asset: 'IO' };
  const bytes = transferIdBytes({ epoch: 12, debit, credit, cause: 'Deposit', subject: 'x' });
  const part = (text: string): string =>
    Buffer.from(text).length.toString(16).padStart(8, '0') + Buffer.from(text).toString('hex');
  const parts = ['Deposit', '12', 'IO', 'custody', '', 'renter:available', 'é', 'x'];
  expect(Buffer.from(bytes).toString('hex')).toBe(parts.map(part).join(''));
});

test('a line has every field of its row', () => {
  const row = {
    epoch: 1,
    leaseNo: 20_001n,
    countedUntilSeconds: 2,
    firstUsedSeconds: undefined,
    seconds: 3n,
    lateSeconds: -4n,
    rawSum: 5n,
    lateRaw: -6n,
    totalSum: 7n,
    usageSum: 8n,
    renterFeeSum: 9n,
    supplierFeeSum: 10n,
    collectedSum: 11n,
    renewedSum: 12n,
    final: true,
  };
  expect(chargeLine(row)).toBe('C|1|20001|2||3|-4|5|-6|7|8|9|10|11|12|1\n');
  expect(chargeBlock(row.leaseNo)).toBe(2n);
  const transfer = {
    epoch: 1,
    transferId: 'ff00',
    debit: { kind: 'custody', owner: '', asset: 'IO' },
    credit: { kind: 'renter:available', owner: 'a/b', asset: 'IO' },
    amount: 2n,
    cause: 'Deposit',
    leaseNo: undefined,
    atSeconds: 3,
    subjectHex: '78',
  } as const;
  expect(transferLine(transfer)).toBe(
    'T|1|ff00|IO|custody||renter:available|a/b|2|Deposit||3|78\n',
  );
  expect(transferBlock('ff00')).toBe(255);
});

function told({ cause, debit, credit, amount }: ReturnType<typeof transfersOf>[number]): string {
  return `${cause} ${nameOf(debit)} > ${nameOf(credit)}: ${amount}`;
}
