import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type BudgetFacts, judgeBudget, shareOf } from './budget.ts';
import { defaultFees } from './fees.ts';
import { costOf, holdOf, leastHold, type PricingTerms } from './hold.ts';
import { judgeMetering } from './metering.ts';

const terms: PricingTerms = {
  fees: defaultFees,
  ioPrice: undefined,
  horizonSeconds: 7_200,
  graceSeconds: 300,
  pollSeconds: 5,
  releaseSeconds: 60,
};

/** One USD a second makes the arithmetic visible: 3600 USD an hour, two hours held. */
const perHour = 3_600_000_000n;
const usd = (amount: number): bigint => BigInt(amount) * 1_000_000n;
const facts: BudgetFacts = {
  spentBefore: 0n,
  settled: 0n,
  unsettled: 0n,
  held: usd(7_200),
  availableShare: usd(0),
  perHour,
  maxSpend: undefined,
  unreportedSeconds: 0,
};

describe('a budget', () => {
  test.each<[string, Partial<BudgetFacts>, string, string]>([
    ['is fine at first', {}, 'Fine', 'Funds'],
    ['is low at 80 % of the funds', { unsettled: usd(5_760) }, 'Low', 'Funds'],
    ['is nearly low before that', { unsettled: usd(5_759) }, 'Fine', 'Funds'],
    [
      'is almost spent at 95 %',
      { held: usd(72_000), unsettled: usd(68_400) },
      'AlmostSpent',
      'Funds',
    ],
    ['ends in a grace time', { unsettled: usd(6_835) }, 'Ending', 'Funds'],
    ['is over when the rest is needed to stop', { unsettled: usd(7_135) }, 'Stop', 'Funds'],
    [
      'counts what the account has beside the hold',
      { unsettled: usd(7_135), availableShare: usd(9_000) },
      'Fine',
      'Funds',
    ],
    ['counts what was not reported as used', { unreportedSeconds: 5_760 }, 'Low', 'Funds'],
    [
      'is low at 80 % of its most',
      { maxSpend: usd(5_000), settled: usd(3_000), unsettled: usd(1_000) },
      'Low',
      'MaxSpend',
    ],
    [
      'counts earlier leases',
      { maxSpend: usd(5_000), spentBefore: usd(3_000), unsettled: usd(1_750) },
      'Ending',
      'MaxSpend',
    ],
    ['is over at its most', { maxSpend: usd(5_000), settled: usd(4_935) }, 'Stop', 'MaxSpend'],
    [
      'stops at the nearer of both',
      { maxSpend: usd(5_000), settled: usd(4_000), unsettled: usd(900), held: usd(950) },
      'Stop',
      'Funds',
    ],
    [
      'what was spent says that it is over before its most is raised',
      { maxSpend: usd(10), settled: usd(4_000) },
      'Stop',
      'MaxSpend',
    ],
    ['of devices that cost nothing never ends', { perHour: 0n, held: 0n }, 'Fine', 'Funds'],
  ])('%s', (_, patch, stage, limitedBy) => {
    expect(judgeBudget({ ...facts, ...patch }, terms)).toMatchObject({ stage, limitedBy });
  });

  test('says how long it lasts', () => {
    expect(judgeBudget({ ...facts, unsettled: usd(7_000) }, terms).secondsLeft).toBe(135);
  });
});

const money = fc.bigInt({ min: 0n, max: 10n ** 10n });

/** One lease from its beginning to its stop, second by second; returns what there was of money. */
function live(input: {
  perHour: bigint;
  available: bigint;
  maxSpend: bigint | undefined;
  closeEverySeconds: number;
  lagSeconds: number;
}) {
  const target = holdOf(input.perHour, input.maxSpend, terms);
  let [held, available, settled] = [target, input.available, 0n];
  const spentAt = (second: number): bigint => (input.perHour * BigInt(second)) / 3_600n;
  for (let now = 0; now < 200_000; now += terms.pollSeconds) {
    const observed = Math.max(0, now - input.lagSeconds);
    const standing = judgeBudget(
      {
        spentBefore: 0n,
        settled,
        unsettled: spentAt(observed) - settled,
        held,
        availableShare: available,
        perHour: input.perHour,
        maxSpend: input.maxSpend,
        unreportedSeconds: now - observed,
      },
      terms,
    );
    if (standing.stage === 'Stop') {
      const spent = spentAt(now + terms.releaseSeconds);
      return { stopped: true, now, spent, payable: settled + held + available };
    }
    if (now > 0 && now % input.closeEverySeconds === 0) {
      const due = spentAt(observed) - settled;
      held -= due;
      settled += due;
      const refill = target - held < available ? target - held : available;
      held += refill;
      available -= refill;
    }
  }
  return {
    stopped: false,
    now: 200_000,
    spent: spentAt(200_000),
    payable: settled + held + available,
  };
}

test('a lease is stopped before its budget or its money is used up, and not long before', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1_000n, max: 10n ** 10n }),
      money,
      fc.option(fc.bigInt({ min: 1n, max: 10n ** 11n }), { nil: undefined }),
      fc.constantFrom(600, 3_600),
      fc.integer({ min: 0, max: 115 }),
      (rate, available, limit, closeEverySeconds, lagSeconds) => {
        const least = leastHold(rate, terms);
        const maxSpend = limit === undefined ? undefined : limit < least ? least : limit;
        const input = { perHour: rate, available, maxSpend, closeEverySeconds, lagSeconds };
        const { stopped, spent, payable } = live(input);
        const most = maxSpend !== undefined && maxSpend < payable ? maxSpend : payable;
        const slack = costOf(rate, 2 * terms.pollSeconds + terms.releaseSeconds + 2);
        const left = most - spent;
        expect(left >= 0n).toBe(true);
        expect(!stopped || left <= slack).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('leases that share an account never count on more than it has', () => {
  fc.assert(
    fc.property(money, fc.array(money, { minLength: 1, maxLength: 20 }), (available, rates) => {
      const all = rates.reduce((sum, rate) => sum + rate, 0n);
      const shares = rates.map((rate) => shareOf(available, rate, all));
      const sum = shares.reduce((total, share) => total + share, 0n);
      expect(all === 0n || sum <= available).toBe(true);
    }),
  );
});

test.each([
  ['nothing was used yet', { firstUsageSeconds: undefined }, 'NotStarted'],
  ['use is reported', {}, 'Metering'],
  ['a member is silent for two minutes', { observedUntilSeconds: 879 }, 'Stalled'],
  ['it has not had the time yet', { observedUntilSeconds: 880 }, 'Metering'],
  [
    'it has only just become ready',
    { observedUntilSeconds: undefined, readySinceSeconds: 900 },
    'Metering',
  ],
  [
    'it never said anything',
    { observedUntilSeconds: undefined, firstUsageSeconds: undefined },
    'Stalled',
  ],
  [
    'it is not ready, so nothing is used',
    { observedUntilSeconds: 1, readySinceSeconds: undefined },
    'Metering',
  ],
])('metering when %s', (_, patch, stage) => {
  const base = {
    firstUsageSeconds: 100,
    observedUntilSeconds: 990,
    readySinceSeconds: 100,
    nowSeconds: 1_000,
  };
  expect(judgeMetering({ ...base, ...patch })).toBe(stage);
});
