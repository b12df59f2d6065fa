import { beforeEach, describe, expect, test } from '@jest/globals';
import { stakeWorld } from '../testing/solana-program.ts';
import { caseAddress, stakeAddress } from './addresses.ts';
import type { Outcome as Judgement } from './generated/types.ts';
import type { CaseOf } from './io-stake.ts';
import { addressNamed, daySeconds, hash32, testGenesis, type World } from './testing/world.ts';

const { slasher, adjudicator } = testGenesis;
const evidenceHash = hash32('evidence');
const appealHash = hash32('it was not me');

let world: World;
let of: CaseOf;
let tokens: string;
let stakeAt: string;
let caseAt: string;

beforeEach(async () => {
  world = await stakeWorld();
  const owner = world.wallet('alice');
  tokens = world.tokens(owner, 'IO', 1_000n);
  of = { owner, deviceId: hash32('gpu'), caseId: hash32('case') };
  stakeAt = stakeAddress(world.machine.programId, owner, of.deviceId);
  caseAt = caseAddress(world.machine.programId, stakeAt, of.caseId);
  world.do(world.stake.stake({ ...of, source: tokens, amount: 1_000n }));
});

const open = (amount = 400n, name = 'case') =>
  world.stake.openCase({ ...of, caseId: hash32(name), slasher, evidenceHash, amount });
const appeal = () => world.stake.appeal({ ...of, appealHash });
const resolve = (outcome: Judgement, resolver = adjudicator) =>
  world.stake.resolve({ ...of, resolver, outcome });
const burn = () => world.stake.finalizeBurn(of);

/** Stake, escrow and burnt, in the books, and what is there. */
function books() {
  const { totalStaked, totalEscrowed, totalBurnt } = world.config();
  expect(world.balance(world.stake.addresses.stakeVault)).toBe(totalStaked + totalEscrowed);
  expect(world.supply()).toBe(1_000n - totalBurnt);
  const { amount, escrowed, openCases } = world.stakeAt(stakeAt) ?? {};
  expect([amount, escrowed]).toEqual([totalStaked, totalEscrowed]);
  return { staked: totalStaked, escrowed: totalEscrowed, burnt: totalBurnt, openCases };
}

describe('a case', () => {
  test('takes stake into escrow, with the hash of the evidence and a deadline', () => {
    const { events } = world.do(open());
    expect(events).toEqual([
      {
        kind: 'CaseOpened',
        case: caseAt,
        stake: stakeAt,
        owner: of.owner,
        deviceId: of.deviceId,
        caseId: of.caseId,
        evidenceHash,
        amount: 400n,
        openedTs: world.now,
        deadlineTs: world.now + 30 * daySeconds,
      },
    ]);
    expect(world.caseAt(caseAt)).toMatchObject({ state: 'Open', amount: 400n, stake: stakeAt });
    expect(books()).toEqual({ staked: 600n, escrowed: 400n, burnt: 0n, openCases: 1 });
  });

  test.each([
    ['more than the stake', () => open(1_001n), 'ExceedsStake'],
    ['nothing', () => open(0n), 'AmountZero'],
    ['what 64 bits can hold', () => open(2n ** 64n - 1n), 'ExceedsStake'],
    [
      'stake without evidence',
      () => world.stake.openCase({ ...of, slasher, evidenceHash: new Uint8Array(32), amount: 1n }),
      'HashZero',
    ],
    [
      'stake on the word of the adjudicator',
      () => world.stake.openCase({ ...of, slasher: adjudicator, evidenceHash, amount: 1n }),
      'WrongAuthority',
    ],
  ])('cannot ask for %s', (_, instruction, error) => {
    expect(world.send(instruction()).error).toBe(error);
    expect(books()).toEqual({ staked: 1_000n, escrowed: 0n, burnt: 0n, openCases: 0 });
  });

  test('cannot ask for what another case holds', () => {
    world.do(open(700n));
    expect(world.send(open(301n, 'another')).error).toBe('ExceedsStake');
    world.do(open(300n, 'another'));
    expect(books()).toEqual({ staked: 0n, escrowed: 1_000n, burnt: 0n, openCases: 2 });
  });

  test('cannot be opened twice, also after it ended', () => {
    world.do(open());
    expect(world.send(open(1n)).error).toBe('AlreadyExists');
    world.do(resolve('Reversed'));
    expect(world.send(open(1n)).error).toBe('AlreadyExists');
  });

  test('reaches stake that is cooling down, and stake whose cooldown is over', () => {
    world.do(world.stake.requestUnstake(of));
    world.do(open(400n));
    world.warp(14 * daySeconds);
    world.do(open(600n, 'another'));
    expect(world.send(world.stake.withdraw({ ...of, destination: tokens })).error).toBe(
      'NothingToWithdraw',
    );
  });

  test('leaves the rest to be withdrawn, and the account to what may come back', () => {
    world.do(world.stake.requestUnstake(of));
    world.do(open(400n));
    world.warp(14 * daySeconds);
    const first = world.do(world.stake.withdraw({ ...of, destination: tokens }));
    expect(first.events).toMatchObject([{ amount: 600n, closed: false }]);
    world.do(resolve('Reversed'));
    const second = world.do(world.stake.withdraw({ ...of, destination: tokens }));
    expect(second.events).toMatchObject([{ amount: 400n, closed: true }]);
    expect(world.balance(tokens)).toBe(1_000n);
    expect(world.stakeAt(stakeAt)).toBeUndefined();
  });
});

describe('the cap on what the slasher takes in an hour', () => {
  test('holds over all stakes, and opens again with the next hour', async () => {
    world = await stakeWorld({ slashCapPerEpoch: 500n });
    world.wallet('alice');
    world.do(
      world.stake.stake({ ...of, source: world.tokens(of.owner, 'IO', 1_000n), amount: 1_000n }),
    );
    world.do(open(400n));
    expect(world.send(open(101n, 'another')).error).toBe('SlashCapReached');
    world.do(open(100n, 'another'));
    world.warp(3_599);
    expect(world.send(open(1n, 'third')).error).toBe('SlashCapReached');
    world.warp(1);
    world.do(open(500n, 'third'));
  });
});

describe('without an appeal', () => {
  test.each([
    ['at once', 0, 'DeadlineNotOver'],
    ['a second early', 30 * daySeconds - 1, 'DeadlineNotOver'],
    ['after exactly 30 days', 30 * daySeconds, undefined],
  ])('anyone can burn: %s', (_, seconds, error) => {
    world.do(open());
    world.warp(seconds);
    expect(world.send(burn()).error).toBe(error);
  });

  test('the supply falls by exactly what was burnt', () => {
    world.do(open());
    world.warp(30 * daySeconds);
    const { events } = world.do(burn());
    expect(events).toEqual([
      {
        kind: 'CaseBurnt',
        case: caseAt,
        stake: stakeAt,
        owner: of.owner,
        deviceId: of.deviceId,
        caseId: of.caseId,
        amount: 400n,
      },
    ]);
    expect(world.supply()).toBe(600n);
    expect(world.caseAt(caseAt)?.state).toBe('Burnt');
    expect(books()).toEqual({ staked: 600n, escrowed: 0n, burnt: 400n, openCases: 0 });
  });

  test('the adjudicator cannot burn, but can give back until the burn', () => {
    world.do(open());
    expect(world.send(resolve('Upheld')).error).toBe('CaseNotAppealed');
    world.warp(31 * daySeconds);
    expect(world.send(resolve('Upheld')).error).toBe('CaseNotAppealed');
    world.do(resolve('Reversed'));
    expect(world.send(burn()).error).toBe('CaseClosed');
    expect(books()).toEqual({ staked: 1_000n, escrowed: 0n, burnt: 0n, openCases: 0 });
  });

  test('a burnt case is over for everybody', () => {
    world.do(open());
    world.warp(30 * daySeconds);
    world.do(burn());
    const again = [burn(), resolve('Reversed'), resolve('Upheld'), appeal()];
    expect(again.map((instruction) => world.send(instruction).error)).toEqual(
      again.map(() => 'CaseClosed'),
    );
    expect(books()).toEqual({ staked: 600n, escrowed: 0n, burnt: 400n, openCases: 0 });
  });

  test('a stake that is burnt whole can be closed, and paid nothing', () => {
    world.do(open(1_000n));
    world.do(world.stake.requestUnstake(of));
    world.warp(30 * daySeconds);
    world.do(burn());
    world.do(world.stake.withdraw({ ...of, destination: tokens }));
    expect(world.stakeAt(stakeAt)).toBeUndefined();
    expect(world.balance(tokens)).toBe(0n);
  });
});

describe('an appeal', () => {
  test.each([
    ['at once', 0, undefined],
    ['in the last second', 30 * daySeconds - 1, undefined],
    ['at the deadline', 30 * daySeconds, 'DeadlinePassed'],
  ])('is taken %s', (_, seconds, error) => {
    world.do(open());
    world.warp(seconds);
    expect(world.send(appeal()).error).toBe(error);
  });

  test("is the owner's alone, once, and not empty", () => {
    world.do(open());
    const mallory = world.wallet('mallory');
    const foreign = { ...appeal(), accounts: [...appeal().accounts] };
    foreign.accounts[0] = { address: mallory, isSigner: true, isWritable: false };
    expect(world.send(foreign).error).toBe('WrongAuthority');
    expect(world.send(world.stake.appeal({ ...of, appealHash: new Uint8Array(32) })).error).toBe(
      'HashZero',
    );
    expect(world.do(appeal()).events).toMatchObject([
      { kind: 'CaseAppealed', case: caseAt, appealHash, appealedTs: world.now },
    ]);
    expect(world.send(appeal()).error).toBe('CaseAppealed');
  });

  test("with a stake of one's own that the case is not about changes nothing", () => {
    world.do(open());
    const mallory = { owner: world.wallet('mallory'), deviceId: of.deviceId };
    const source = world.tokens(mallory.owner, 'IO', 1n);
    world.do(world.stake.stake({ ...mallory, source, amount: 1n }));
    const own = stakeAddress(world.machine.programId, mallory.owner, of.deviceId);
    const accounts = [
      { address: mallory.owner, isSigner: true, isWritable: false },
      { address: own, isSigner: false, isWritable: false },
      { address: caseAt, isSigner: false, isWritable: true },
    ];
    expect(world.send({ ...appeal(), accounts }).error).toBe('WrongAccount');
  });

  test('keeps the case from being burnt by anyone, however long', () => {
    world.do(open());
    world.do(appeal());
    world.warp(80 * daySeconds);
    expect(world.send(burn()).error).toBe('CaseAppealed');
  });

  test('upheld: burns now', () => {
    world.do(open());
    world.do(appeal());
    expect(world.do(resolve('Upheld')).events).toMatchObject([{ kind: 'CaseBurnt' }]);
    expect(books()).toEqual({ staked: 600n, escrowed: 0n, burnt: 400n, openCases: 0 });
  });

  test('reversed: gives back', () => {
    world.do(open());
    world.do(appeal());
    expect(world.do(resolve('Reversed')).events).toEqual([
      {
        kind: 'CaseReversed',
        case: caseAt,
        stake: stakeAt,
        owner: of.owner,
        deviceId: of.deviceId,
        caseId: of.caseId,
        amount: 400n,
      },
    ]);
    expect(books()).toEqual({ staked: 1_000n, escrowed: 0n, burnt: 0n, openCases: 0 });
  });

  test.each<[string, Judgement, string]>([
    ['the slasher', 'Upheld', slasher],
    ['the slasher', 'Reversed', slasher],
    ['the admin', 'Upheld', testGenesis.admin],
    ['the owner', 'Reversed', addressNamed('alice')],
  ])('%s cannot judge it: %s', (_, outcome, resolver) => {
    world.do(open());
    world.do(appeal());
    expect(world.send(resolve(outcome, resolver)).error).toBe('WrongAuthority');
  });

  test('that nobody judges for 90 days is reversed by anyone', () => {
    world.do(open());
    world.warp(daySeconds);
    world.do(appeal());
    const anyone = world.wallet('anyone');
    world.warp(90 * daySeconds - 1);
    expect(world.send(resolve('Reversed', anyone)).error).toBe('WrongAuthority');
    world.warp(1);
    expect(world.send(resolve('Upheld', anyone)).error).toBe('WrongAuthority');
    world.do(resolve('Reversed', anyone));
    expect(books()).toEqual({ staked: 1_000n, escrowed: 0n, burnt: 0n, openCases: 0 });
  });

  test('an outcome that there is not is refused', () => {
    world.do(open());
    world.do(appeal());
    const data = Uint8Array.from(resolve('Upheld').data);
    data[8] = 2;
    expect(world.send({ ...resolve('Upheld'), data }).error).toBe('BadData');
  });
});
