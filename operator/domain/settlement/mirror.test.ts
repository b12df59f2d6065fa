import { describe, expect, test } from '@jest/globals';
import { balanceChanges, nameOf } from '../ledger/journal.ts';
import {
  type BookedEvent,
  type ChainEvent,
  ContradictionError,
  mayOwn,
  mirror,
  type MirroredDeployment,
  movesOf,
  type Parties,
} from './mirror.ts';
import type { ChainTransaction } from './types.ts';

const deployment: MirroredDeployment = {
  programId: 'program',
  mints: { IO: 'mint-io', USDC: 'mint-usdc' },
  custody: { IO: 'custody-io', USDC: 'custody-usdc' },
};

const parties: Parties = {
  ownerOf: (wallet) => (wallet === 'proved' ? 'suppliers/x' : undefined),
  accountOf: (reference) => ({ aa: 'renters/a', bb: 'renters/b' })[reference],
  payeesOf: (id) =>
    id === '01'
      ? [
          { owner: 'renters/a', amount: 2n },
          { owner: 'renters/b', amount: 3n },
          { owner: 'renters/a', amount: 5n },
        ]
      : [],
};

const referenceIn = (memo: string): string | undefined =>
  memo.startsWith('ref:') ? memo.slice(4) : undefined;

function transaction(
  usdc: readonly [before: bigint, after: bigint],
  memos: readonly string[] = [],
): ChainTransaction {
  const [before, after] = usdc;
  const change = { account: 'custody-usdc', mint: 'mint-usdc', owner: 'authority', before, after };
  const common = { signature: 'sig', slot: 9n, blockTimeSeconds: 77, failed: false };
  return { ...common, logs: ['some'], tokenChanges: [change], memos };
}

/** What is booked, as `cause debit > credit: amount at subject`. */
function booked(
  of: ChainTransaction,
  events: readonly ChainEvent[] = [],
  complete = true,
): readonly string[] {
  const { moves } = mirror(of, { events, complete }, deployment, parties, referenceIn);
  return moves.map(
    ({ cause, debit, credit, amount, subject }) =>
      `${cause} ${debit.kind} > ${nameOf(credit)}: ${amount} at ${subject}`,
  );
}

const deposited = (amount: string, reference: string): ChainEvent => ({
  kind: 'Deposited',
  fields: { mint: 'mint-usdc', amount, reference, depositor: 'payer' },
});
const paidOut = (amount: string, operationId: string): ChainEvent => ({
  kind: 'PaidOut',
  fields: { mint: 'mint-usdc', amount, operationId },
});

describe('what comes into custody', () => {
  const cases: readonly (readonly [string, Parameters<typeof booked>, readonly string[]])[] = [
    [
      'a deposit with a reference is its account’s',
      [transaction([0n, 5n]), [deposited('5', 'aa')]],
      ['Deposit custody > renter:available renters/a USDC: 5 at sig/0'],
    ],
    [
      'a deposit with another reference is nobody’s',
      [transaction([0n, 5n]), [deposited('5', 'cc')]],
      ['Unassigned custody > suspense  USDC: 5 at sig/0'],
    ],
    [
      'a plain transfer is that of its memo',
      [transaction([3n, 8n], [' ref:bb '])],
      ['Deposit custody > renter:available renters/b USDC: 5 at sig/0'],
    ],
    [
      'a plain transfer without a memo is nobody’s',
      [transaction([3n, 8n])],
      ['Unassigned custody > suspense  USDC: 5 at sig/0'],
    ],
    [
      'two memos that name two accounts name none',
      [transaction([3n, 8n], ['ref:aa', 'ref:bb'])],
      ['Unassigned custody > suspense  USDC: 5 at sig/0'],
    ],
    [
      'a memo of no account does not stand in the way of another one',
      [transaction([3n, 8n], ['hello', 'ref:zz', 'ref:aa'])],
      ['Deposit custody > renter:available renters/a USDC: 5 at sig/0'],
    ],
    [
      'what came in beside a deposit and a payment is a transfer of its own',
      [transaction([100n, 103n]), [deposited('4', 'aa'), paidOut('10', '01')]],
      [
        'Deposit custody > renter:available renters/a USDC: 4 at sig/0',
        'PaidOut payout:pending > custody  USDC: 7 at sig/1',
        'PaidOut payout:pending > custody  USDC: 3 at sig/1',
        'Unassigned custody > suspense  USDC: 9 at sig/2',
      ],
    ],
    [
      'of a cut-off log the deposits that it told count, and the rest is nobody’s',
      [transaction([0n, 5n]), [deposited('2', 'aa')], false],
      [
        'Deposit custody > renter:available renters/a USDC: 2 at sig/0',
        'Unassigned custody > suspense  USDC: 3 at sig/1',
      ],
    ],
    [
      'of a cut-off log that hides a payment nothing is booked for it',
      [transaction([9n, 5n]), [deposited('2', 'aa')], false],
      ['Deposit custody > renter:available renters/a USDC: 2 at sig/0'],
    ],
  ];
  test.each(cases)('%s', (_name, of, moves) => {
    expect(booked(...of)).toEqual(moves);
  });

  test('a payment that is not what was asked for is taken from nobody’s account', () => {
    const { moves } = mirror(
      transaction([11n, 0n]),
      { events: [paidOut('11', '01')], complete: true },
      deployment,
      parties,
      referenceIn,
    );
    expect(moves.map(({ debit, amount }) => `${nameOf(debit)} ${amount}`)).toEqual([
      'payout:pending  USDC 11',
    ]);
  });

  test.each<readonly [string, ChainTransaction, readonly ChainEvent[]]>([
    ['custody lost more than a whole log tells', transaction([9n, 5n]), []],
    ['custody gained less than a whole log tells', transaction([0n, 1n]), [deposited('2', 'aa')]],
    ['there are no logs', { ...transaction([0n, 1n]), logs: [] }, []],
    [
      'the mint is another one',
      transaction([0n, 0n]),
      [{ kind: 'Deposited', fields: { mint: 'x' } }],
    ],
  ])('nothing is booked when %s', (_name, of, events) => {
    expect(() => booked(of, events)).toThrow(ContradictionError);
  });

  test('a memo is kept without what cannot be printed or stored', () => {
    const memo = `a\u0000b\u202e${'c'.repeat(125)}\ud83d\ude00`;
    const of = transaction([0n, 1n], [memo]);
    const { events } = mirror(of, { events: [], complete: true }, deployment, parties, referenceIn);
    expect(events[0]?.fields['memo']).toBe(`a\ufffdb\ufffd${'c'.repeat(124)}`);
  });
});

describe('stakes, cases and claims', () => {
  const event = (kind: string, wallet = 'proved'): ChainEvent => ({
    kind,
    fields: kind === 'Claimed' ? { wallet, amount: '6' } : { owner: wallet, amount: '6' },
  });
  test.each([
    ['Staked', 'Stake vault:stake > supplier:staked suppliers/x IO: 6 at sig/0'],
    ['Withdrawn', 'Unstake supplier:staked > vault:stake  IO: 6 at sig/0'],
    ['CaseOpened', 'CaseOpened supplier:staked > case:escrow suppliers/x IO: 6 at sig/0'],
    ['CaseReversed', 'CaseReversed case:escrow > supplier:staked suppliers/x IO: 6 at sig/0'],
    ['CaseBurnt', 'Burn case:escrow > burn  IO: 6 at sig/0'],
    ['Claimed', 'Claim supplier:rewards > rewards:claimed suppliers/x IO: 6 at sig/0'],
  ])('%s moves what it tells', (kind, move) => {
    expect(booked(transaction([0n, 0n]), [event(kind)])).toEqual([move]);
  });

  test('a wallet that nobody proved stands for itself', () => {
    expect(booked(transaction([0n, 0n]), [event('Staked', 'stranger')])).toEqual([
      'Stake vault:stake > supplier:staked wallet/stranger IO: 6 at sig/0',
    ]);
  });

  test.each(['UnstakeRequested', 'CaseAppealed', 'RootPublished', 'PauseChanged', 'RewardsFunded'])(
    '%s moves nothing',
    (kind) => {
      expect(booked(transaction([0n, 0n]), [event(kind)])).toEqual([]);
    },
  );

  test('a withdrawal of nothing, which only closes a stake, moves nothing', () => {
    const closing = { kind: 'Withdrawn', fields: { owner: 'proved', amount: '0' } };
    expect(booked(transaction([0n, 0n]), [closing])).toEqual([]);
  });

  test('every event takes from one account what it gives to another', () => {
    const kinds = ['Staked', 'Withdrawn', 'CaseOpened', 'CaseReversed', 'CaseBurnt', 'Claimed'];
    for (const kind of kinds) {
      const moves = movesOf({ ...event(kind), owner: 'suppliers/x' }, 'sig/0', () => []);
      const changes = balanceChanges(moves.map((move) => ({ ...move, epoch: 1 })));
      expect([...changes.values()].reduce((sum, each) => sum + each, 0n)).toBe(0n);
    }
  });
});

describe('whom an event may be booked to, as an auditor sees it', () => {
  const of = (kind: string, fields: ChainEvent['fields'], owner: string): BookedEvent => ({
    kind,
    fields,
    owner,
  });
  const reference = (account: string): string => `ref of ${account}`;
  test.each<readonly [string, BookedEvent, boolean]>([
    ['the account of the reference', of('Deposited', { reference: 'ref of a' }, 'a'), true],
    ['another account', of('Deposited', { reference: 'ref of a' }, 'b'), false],
    ['nobody', of('Deposited', { reference: 'ref of a' }, ''), true],
    ['an account without a reference', of('Received', {}, 'a'), false],
    ['who proved the wallet', of('Staked', { owner: 'proved' }, 'suppliers/x'), true],
    ['the wallet itself', of('Staked', { owner: 'proved' }, 'wallet/proved'), true],
    ['who proved another wallet', of('Staked', { owner: 'other' }, 'suppliers/x'), false],
    ['somebody, where it concerns nobody', of('PaidOut', {}, 'suppliers/x'), false],
  ])('%s', (_name, event, may) => {
    expect(mayOwn(event, parties.ownerOf, reference)).toBe(may);
  });
});
