import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { nameOf } from '../ledger/journal.ts';
import {
  amountOf,
  type ChainDetails,
  type ChainTotals,
  compareDetails,
  compareTotals,
  type Drift,
  type LedgerStanding,
  planRepairs,
  sumsDiffer,
} from './drift.ts';

const chain: ChainTotals = {
  custody: { IO: 40n, USDC: 120n },
  stakeVault: 90n,
  rewardsVault: 70n,
  supply: 1_000n,
  totalStaked: 80n,
  totalEscrowed: 10n,
  totalBurnt: 5n,
  claimedTotal: 30n,
  fundedTotal: 100n,
};

const details: ChainDetails = {
  stakes: [
    { address: 's1', owner: 'w1', deviceId: 'd1', amount: 50n, escrowed: 10n },
    { address: 's2', owner: 'w2', deviceId: 'd2', amount: 30n, escrowed: 0n },
  ],
  claims: [{ wallet: 'w1', claimed: 30n }],
};

const ledger: LedgerStanding = {
  custody: { IO: 40n, USDC: 120n },
  burnt: 5n,
  owners: new Map([
    ['suppliers/x', { staked: 50n, escrowed: 10n, claimed: 30n }],
    ['wallet/w2', { staked: 30n, escrowed: 0n, claimed: 0n }],
  ]),
  busy: { custody: new Set(), owners: new Set() },
  cutOff: [],
  repairs: 0,
};

const ownerOf = (wallet: string): string | undefined =>
  wallet === 'w1' ? 'suppliers/x' : undefined;

const told = (drifts: readonly Drift[]): readonly string[] =>
  drifts.map((drift) => `${drift.kind} ${drift.owner} ${drift.asset} ${amountOf(drift)}`);

describe('vaults, burns and supply', () => {
  test.each<readonly [string, Partial<ChainTotals>, readonly string[]]>([
    ['nothing differs', {}, []],
    ['custody has more', { custody: { IO: 40n, USDC: 121n } }, ['custody  USDC 1']],
    ['custody has less', { custody: { IO: 33n, USDC: 120n } }, ['custody  IO -7']],
    ['more was burnt', { totalBurnt: 6n }, ['burn  IO 1']],
    ['the stake vault owes more than it has', { stakeVault: 89n }, ['vault:stake  IO -1']],
    ['somebody gave the stake vault a present', { stakeVault: 91n }, []],
    ['the rewards vault has too little', { rewardsVault: 69n }, ['vault:rewards  IO -1']],
    ['somebody gave the rewards vault a present', { rewardsVault: 71n }, []],
    ['there is as much as there may be', { supply: 79_999_999_999_999_995n }, []],
    ['there is more than there may be', { supply: 79_999_999_999_999_996n }, ['supply  IO 1']],
  ])('%s', (_name, change, drifts) => {
    expect(told(compareTotals(ledger, { ...chain, ...change }).drifts)).toEqual(drifts);
  });

  test('what has just changed is left for another look', () => {
    const busy = { custody: new Set(['USDC'] as const), owners: new Set(['suppliers/x']) };
    const changed = { ...chain, custody: { IO: 41n, USDC: 1n }, totalBurnt: 9n };
    const { drifts, unclear } = compareTotals({ ...ledger, busy }, changed);
    expect(told(drifts)).toEqual(['custody  IO 1']);
    expect(unclear).toEqual([
      { kind: 'custody', owner: '', asset: 'USDC' },
      { kind: 'burn', owner: '', asset: 'IO' },
    ]);
  });

  test('a cut-off log is named, since it may be why', () => {
    const cutOff = { ...ledger, cutOff: ['older', 'newest'] };
    const [drift] = compareTotals(cutOff, { ...chain, totalBurnt: 6n }).drifts;
    expect(drift?.explanation).toBe(
      'the program came to 0.00000001 IO more than what was burnt; ' +
        'logs of 2 transactions were cut off, the last of newest',
    );
  });
});

describe('stakes, cases and claims', () => {
  const compared = (changes: Partial<ChainDetails>, standing = ledger): readonly string[] =>
    told(compareDetails(standing, chain, { ...details, ...changes }, ownerOf).drifts);

  test('nothing differs', () => {
    expect(compared({})).toEqual([]);
    expect(sumsDiffer(ledger, chain)).toBe(false);
  });

  test.each([{ totalStaked: 81n }, { totalEscrowed: 9n }, { claimedTotal: 31n }])(
    'sums differ: %j',
    (change) => {
      expect(sumsDiffer(ledger, { ...chain, ...change })).toBe(true);
    },
  );

  test('a stake that the ledger does not know, and one that has gone', () => {
    const [first] = details.stakes;
    const other = { address: 's3', owner: 'w3', deviceId: 'd3', amount: 30n, escrowed: 0n };
    expect(compared({ stakes: first === undefined ? [] : [first, other] })).toEqual([
      'supplier:staked wallet/w2 IO -30',
      'supplier:staked wallet/w3 IO 30',
    ]);
  });

  test('a claim that the ledger does not know', () => {
    const claims = [{ wallet: 'w1', claimed: 31n }];
    expect(compared({ claims })).toEqual(['rewards:claimed suppliers/x IO 1', 'program  IO 1']);
  });

  test('an owner whose stake has just changed is left for another look', () => {
    const busy = { custody: new Set<never>(), owners: new Set(['suppliers/x']) };
    expect(compared({ claims: [] }, { ...ledger, busy })).toEqual([]);
  });
});

describe('a plan of repairs', () => {
  const standing = (drifts: readonly Drift[]) =>
    drifts.map((drift, index) => ({
      ...drift,
      driftNo: BigInt(index + 1),
      foundAtSeconds: 100 + index,
    }));
  const anyAmount = fc.bigInt({ min: 0n, max: 1_000n });
  const anyChain = fc.record({
    custody: fc.record({ IO: anyAmount, USDC: anyAmount }),
    totalBurnt: anyAmount,
    stakes: fc.array(
      fc.record({
        address: fc.constant('s'),
        owner: fc.constantFrom('w1', 'w2', 'w3'),
        deviceId: fc.constant('d'),
        amount: anyAmount,
        escrowed: anyAmount,
      }),
      { maxLength: 6 },
    ),
    claims: fc.array(fc.record({ wallet: fc.constantFrom('w1', 'w3'), claimed: anyAmount }), {
      maxLength: 3,
    }),
  });

  test('brings every account of the ledger to where the chain is', () => {
    fc.assert(
      fc.property(anyChain, ({ stakes, claims, ...totals }) => {
        const now = { ...chain, ...totals };
        const at = { stakes, claims };
        const drifts = [
          ...compareTotals(ledger, now).drifts,
          ...compareDetails(ledger, now, at, ownerOf).drifts,
        ];
        const { moves } = planRepairs(standing(drifts));
        const after = applied(moves);
        const left = [
          ...compareTotals(after, now).drifts,
          ...compareDetails(after, now, at, ownerOf).drifts,
        ];
        const beyond = new Set(['vault:stake', 'vault:rewards', 'supply', 'program']);
        expect(told(left.filter(({ kind }) => !beyond.has(kind)))).toEqual([]);
      }),
    );
  });

  test('says what no transfer repairs, and has another id when anything is another', () => {
    const drifts = compareTotals(ledger, { ...chain, stakeVault: 1n, totalBurnt: 6n }).drifts;
    const plan = planRepairs(standing(drifts));
    expect(told(plan.beyond)).toEqual(['vault:stake  IO -89']);
    expect(plan.moves.map(({ credit, amount }) => `${nameOf(credit)} ${amount}`)).toEqual([
      'burn  IO 1',
    ]);
    expect(plan.text).toBe('1|burn||IO|1\n2|vault:stake||IO|-89\n');
  });

  /** The ledger after some transfers. */
  function applied(moves: ReturnType<typeof planRepairs>['moves']): LedgerStanding {
    const owners = new Map(ledger.owners);
    const custody = { ...ledger.custody };
    let { burnt } = ledger;
    const add = ({ kind, owner, asset }: (typeof moves)[number]['debit'], amount: bigint): void => {
      const of = owners.get(owner) ?? { staked: 0n, escrowed: 0n, claimed: 0n };
      if (kind === 'custody') custody[asset] -= amount;
      if (kind === 'burn') burnt += amount;
      if (kind === 'supplier:staked') owners.set(owner, { ...of, staked: of.staked + amount });
      if (kind === 'case:escrow') owners.set(owner, { ...of, escrowed: of.escrowed + amount });
      if (kind === 'rewards:claimed') owners.set(owner, { ...of, claimed: of.claimed + amount });
    };
    for (const { debit, credit, amount } of moves) {
      add(debit, -amount);
      add(credit, amount);
    }
    return { ...ledger, owners, custody, burnt };
  }
});
