import { beforeEach, describe, expect, test } from '@jest/globals';
import { stakeWorld } from '../testing/solana-program.ts';
import { operationAddress, operationIdOf } from './addresses.ts';
import { maxPayOuts } from './generated/constants.ts';
import { daySeconds, hash32, testGenesis, type World } from './testing/world.ts';

const { treasurer, usdcPayOutCapPerEpoch } = testGenesis;
const reference = hash32('invoice 7');

let world: World;
let alice: string;
let vault: string;

beforeEach(async () => {
  world = await stakeWorld();
  alice = world.wallet('alice');
  vault = world.stake.addresses.custodyVault.USDC;
});

const deposit = (amount: bigint) =>
  world.stake.deposit({
    asset: 'USDC',
    depositor: alice,
    source: world.tokens(alice, 'USDC'),
    amount,
    reference,
  });

type Payment = { destination: string; amount: bigint };

const payOut = (payments: readonly Payment[], operationId = world.operation('pay')) =>
  world.stake.payOut({ asset: 'USDC', treasurer, operationId, payments });

const payments = (count: number, amount = 10n): Payment[] =>
  Array.from({ length: count }, (_, index) => ({
    destination: world.tokens(world.wallet(`supplier ${index}`), 'USDC'),
    amount,
  }));

function filled(amount = 1_000n): void {
  world.tokens(alice, 'USDC', amount);
  world.do(deposit(amount));
}

describe('deposit', () => {
  test('moves tokens into custody and tells from whom and for what', () => {
    const source = world.tokens(alice, 'USDC', 100n);
    expect(world.do(deposit(70n)).events).toEqual([
      {
        kind: 'Deposited',
        mint: world.mint('USDC'),
        depositor: alice,
        source,
        amount: 70n,
        reference,
      },
    ]);
    expect([world.balance(source), world.balance(vault)]).toEqual([30n, 70n]);
    expect(world.custody('USDC').depositedTotal).toBe(70n);
    expect(world.custody('IO').depositedTotal).toBe(0n);
  });

  test.each([
    ['nothing', 0n, 'AmountZero'],
    ['more than there is', 101n, 'custom program error: 0x1'],
    ['all that fits into 64 bits', 2n ** 64n - 1n, 'custom program error: 0x1'],
  ])('%s is refused', (_, amount, error) => {
    world.tokens(alice, 'USDC', 100n);
    expect(world.send(deposit(amount)).error).toBe(error);
  });

  test('IO goes to its own vault, and USDC cannot be said to be IO', () => {
    const source = world.tokens(alice, 'IO', 100n);
    const of = { depositor: alice, source, amount: 60n, reference };
    expect(world.send(world.stake.deposit({ ...of, asset: 'USDC' })).error).toBe(
      'custom program error: 0x3',
    );
    world.do(world.stake.deposit({ ...of, asset: 'IO' }));
    expect(world.balance(world.stake.addresses.custodyVault.IO)).toBe(60n);
  });
});

describe('pay_out', () => {
  test('pays a batch and remembers the operation', () => {
    filled();
    const operationId = world.operation('pay');
    const operation = operationAddress(world.machine.programId, operationId);
    const batch = payments(3);
    expect(world.do(payOut(batch)).events).toEqual([
      {
        kind: 'PaidOut',
        operation,
        operationId,
        mint: world.mint('USDC'),
        amount: 30n,
        count: 3,
      },
    ]);
    expect(batch.map(({ destination }) => world.balance(destination))).toEqual([10n, 10n, 10n]);
    expect(world.operationAt(operation)).toMatchObject({
      operationId,
      createdTs: world.now,
      amount: 30n,
      count: 3,
    });
    expect(world.custody('USDC').paidTotal).toBe(30n);
    expect(world.balance(vault)).toBe(970n);
  });

  test('an operation pays once, whatever it is asked to pay the second time', () => {
    filled();
    world.do(payOut(payments(2)));
    expect(world.send(payOut(payments(2))).error).toBe('OperationDone');
    expect(world.send(payOut(payments(1, 999n))).error).toBe('OperationDone');
    const twice = world.operation('twice');
    expect(world.send(payOut(payments(1), twice), payOut(payments(1), twice)).error).toBe(
      'OperationDone',
    );
    expect(world.balance(vault)).toBe(980n);
  });

  test('the same destination twice is paid twice', () => {
    filled();
    const [one] = payments(1) as [Payment];
    world.do(payOut([one, one]));
    expect(world.balance(one.destination)).toBe(20n);
  });

  test('as many as one transaction takes', () => {
    filled();
    world.do(payOut(payments(maxPayOuts)));
    expect(world.balance(vault)).toBe(1_000n - BigInt(maxPayOuts) * 10n);
  });

  test.each<[string, () => ReturnType<typeof payOut>, string]>([
    ['to nobody', () => payOut([]), 'BadPayOut'],
    ['to more than it takes', () => payOut(payments(maxPayOuts + 1)), 'BadPayOut'],
    ['of nothing', () => payOut(payments(1, 0n)), 'AmountZero'],
    ['of more than there is', () => payOut(payments(1, 1_001n)), 'custom program error: 0x1'],
    ['whose sum leaves 64 bits', () => payOut(payments(2, 2n ** 63n)), 'Overflow'],
    [
      'by somebody else',
      () => ({
        ...payOut(payments(1)),
        accounts: payOut(payments(1)).accounts.map((meta) =>
          meta.address === treasurer ? { ...meta, address: alice } : meta,
        ),
      }),
      'WrongAuthority',
    ],
    [
      'into a vault',
      () => payOut([{ destination: world.stake.addresses.custodyVault.USDC, amount: 1n }]),
      'VaultAsDestination',
    ],
    [
      'to an account of other tokens',
      () => payOut([{ destination: world.tokens(alice, 'IO'), amount: 1n }]),
      'custom program error: 0x3',
    ],
    ['to a wallet', () => payOut([{ destination: alice, amount: 1n }]), 'WrongOwner'],
    [
      'with a destination missing',
      () => ({ ...payOut(payments(2)), accounts: payOut(payments(2)).accounts.slice(0, -1) }),
      'BadPayOut',
    ],
  ])('%s is refused, and nothing is paid', (_, instruction, error) => {
    filled();
    expect(world.send(instruction()).error).toBe(error);
    expect(world.balance(vault)).toBe(1_000n);
    expect(world.custody('USDC')).toMatchObject({ paidTotal: 0n, paidInEpoch: 0n });
  });

  test('the cap of an hour holds over operations, and opens again with the next hour', () => {
    filled(2n * usdcPayOutCapPerEpoch);
    world.do(payOut(payments(1, usdcPayOutCapPerEpoch - 1n)));
    const more = () => payOut(payments(1, 2n), world.operation('more'));
    expect(world.send(more()).error).toBe('PayOutCapReached');
    world.warp(3_599);
    expect(world.send(more()).error).toBe('PayOutCapReached');
    world.warp(1);
    world.do(more());
    expect(world.custody('USDC')).toMatchObject({ paidEpoch: 2, paidInEpoch: 2n });
  });

  test.each([
    ['decided now', 0, undefined],
    ['decided an hour ahead, as clocks differ', 3_600, undefined],
    ['decided later than that', 3_601, 'OperationExpired'],
    ['decided almost 30 days ago', 1 - 30 * daySeconds, undefined],
    ['decided 30 days ago', -30 * daySeconds, 'OperationExpired'],
    ['decided in the beginning', -1_767_225_600, 'OperationExpired'],
  ])('an operation %s', (_, seconds, error) => {
    filled();
    const id = operationIdOf(world.now + seconds, hash32('pay'));
    expect(world.send(payOut(payments(1), id)).error).toBe(error);
  });
});

describe('close_operation', () => {
  test('returns the rent after 30 days, and the operation can never be paid again', () => {
    filled();
    const id = world.operation('pay');
    const at = operationAddress(world.machine.programId, id);
    world.do(payOut(payments(1), id));
    const close = world.stake.closeOperation(treasurer, id);
    expect(world.send(close).error).toBe('OperationTooYoung');
    world.warp(30 * daySeconds - 1);
    expect(world.send(close).error).toBe('OperationTooYoung');
    expect(world.send(payOut(payments(1), id)).error).toBe('OperationDone');
    world.warp(1);
    const [rent, before] = [world.machine.read(at)?.lamports ?? 0n, lamports(treasurer)];
    expect(world.do(close).events).toEqual([
      { kind: 'OperationClosed', operation: at, operationId: id },
    ]);
    expect(lamports(treasurer)).toBe(before + rent);
    expect(world.send(payOut(payments(1), id)).error).toBe('OperationExpired');
    expect(world.send(close).error).toBe('WrongOwner');
    expect(world.balance(vault)).toBe(990n);
  });

  test("is the treasurer's", () => {
    filled();
    const id = world.operation('pay');
    world.do(payOut(payments(1), id));
    world.warp(30 * daySeconds);
    expect(world.send(world.stake.closeOperation(alice, id)).error).toBe('WrongAuthority');
  });
});

function lamports(address: string): bigint {
  return world.machine.read(address)?.lamports ?? 0n;
}
