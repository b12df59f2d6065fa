import { describe, expect, test } from '@jest/globals';
import { ioClusterMoneyConditions, ioClusterReasons } from '../../../crds/schema/index.ts';
import { place } from '../placement/place.ts';
import type { Refusal } from '../placement/types.ts';
import { buildInventory, buildMember } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import type { BudgetStage } from '../pricing/budget.ts';
import type { MeteringStage } from '../pricing/metering.ts';
import { ioClusterConditions } from './conditions.ts';
import type { LeaseStanding, MoneyWords } from './money-conditions.ts';
import type { MemberReport, Phase } from './phase.ts';

function refusal(wish: Parameters<typeof buildRequest>[0] = {}): Refusal {
  const inventory = buildInventory([{ member: buildMember(), nodes: [{ node: 'n', devices: 1 }] }]);
  const outcome = place(buildRequest({ groups: [buildGroup({ workers: 2 })], ...wish }), inventory);
  if (outcome.kind === 'Placement') throw new Error('it fits');
  return outcome;
}

const lease = {
  id: 'lease-0123456789abcdef',
  generation: 1,
  member: 'fra-1',
  placement: 'lease-0123456789abcdef',
  startTime: '2026-11-23T00:00:00Z',
  devices: 2,
  priceMicroUsdPerHour: 5_000_000,
};
const ok = (reason: string) => ({ ok: true, reason, message: 'as it should be' });
const bad = (reason: string) => ({ ok: false, reason, message: 'the reason why' });
const running: MemberReport = {
  accepted: ok('Accepted'),
  applied: ok('Applied'),
  ready: ok('Ready'),
  workers: { desired: 2, ready: 2 },
};
const leased = (
  report: Partial<MemberReport>,
  facts: Partial<Extract<Phase, { kind: 'Leased' }>> = {},
): Phase => ({
  kind: 'Leased',
  lease,
  report: { ...running, ...report },
  memberConnected: true,
  scaleUpRefusal: undefined,
  ...facts,
});

const waiting = (refused: Refusal): Phase => ({
  kind: 'Waiting',
  refusal: refused,
  quote: undefined,
});

const summary = (phase: Phase, money?: MoneyWords) =>
  Object.fromEntries(
    ioClusterConditions(phase, money).map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );

const phases: readonly (readonly [string, Phase, Record<string, string>])[] = [
  [
    'runs',
    leased({}),
    {
      Valid: 'True Accepted',
      Admitted: 'True Admitted',
      Placed: 'True Placed',
      Provisioned: 'True Provisioned',
      Ready: 'True Ready',
      Finished: 'False Running',
    },
  ],
  [
    'waits for free devices',
    waiting(refusal()),
    {
      Admitted: 'False NoMatchingDevices',
      Placed: 'False Waiting',
      Provisioned: 'False NotPlaced',
      Ready: 'False NotAdmitted',
    },
  ],
  [
    'waits for a cheaper member',
    waiting(refusal({ maxPriceMicroUsdPerGpuHour: 1n })),
    { Admitted: 'False OverBudget' },
  ],
  [
    'waits for a member where it may run',
    waiting(refusal({ countries: ['NL'] })),
    { Admitted: 'False NoMatchingDevices' },
  ],
  [
    'waits for its quota',
    waiting(refusal({ quotaRemainingDevices: 0 })),
    { Admitted: 'False QuotaExceeded' },
  ],
  [
    'is not valid',
    { kind: 'Invalid', reason: 'AccountNotFound', message: 'no account' },
    { Valid: 'False AccountNotFound', Admitted: 'False Invalid', Ready: 'False Invalid' },
  ],
  [
    'is suspended',
    { kind: 'Suspended', releasing: false },
    {
      Valid: 'True Accepted',
      Admitted: 'False Suspended',
      Placed: 'False Suspended',
      Provisioned: 'False NotPlaced',
      Ready: 'False Suspended',
    },
  ],
  [
    'is suspended and being taken down',
    { kind: 'Suspended', releasing: true },
    { Provisioned: 'False Releasing' },
  ],
  [
    'has come to its end',
    { kind: 'Finished', reason: 'TTLExpired', message: 'the ttl has passed', releasing: true },
    { Finished: 'True TTLExpired', Ready: 'False Finished', Provisioned: 'False Releasing' },
  ],
  [
    'is refused by the member',
    { kind: 'Releasing', cause: 'RefusedByMember', message: 'no' },
    {
      Admitted: 'False Pending',
      Placed: 'False Released',
      Provisioned: 'False RefusedByMember',
      Ready: 'False NotPlaced',
    },
  ],
  [
    'has not been answered by the agent',
    leased({ accepted: undefined, applied: undefined, ready: undefined }),
    { Placed: 'True Placed', Provisioned: 'False Applying', Ready: 'False NotProvisioned' },
  ],
  [
    'is starting its head',
    leased({ ready: bad('HeadNotReady') }),
    { Provisioned: 'True Provisioned', Ready: 'False HeadNotReady' },
  ],
  [
    'waits in the queue of its data centre',
    leased({ ready: bad('HeldByQueue') }),
    { Provisioned: 'True Provisioned', Ready: 'False HeldByQueue' },
  ],
  [
    'is starting its workers',
    leased({ ready: bad('WorkersNotReady') }),
    { Ready: 'False WorkersNotReady' },
  ],
  [
    'runs on a member that is silent',
    leased({}, { memberConnected: false }),
    { Provisioned: 'True Provisioned', Ready: 'Unknown MemberUnreachable' },
  ],
  [
    'runs and cannot grow',
    leased({}, { scaleUpRefusal: refusal() }),
    { Placed: 'True ScaleUpWaiting', Ready: 'True Ready' },
  ],
];

describe('a cluster that', () => {
  test.each(phases)('%s', (_sentence, phase, expected) => {
    expect(summary(phase)).toMatchObject(expected);
  });
});

const standing = (stage: BudgetStage, metering: MeteringStage): LeaseStanding => ({
  leaseId: lease.id,
  budget: { stage, limitedBy: 'MaxSpend', limit: 5_000_000n, spent: 4_000_000n, secondsLeft: 600 },
  judgedAtSeconds: Date.UTC(2026, 10, 23) / 1000,
  metering,
});
const words = (patch: Partial<MoneyWords> = {}): MoneyWords => ({
  asset: 'USDC',
  payment: { asset: 'USDC', perHour: 5_112_500n, hold: 10_225_000n },
  standing: undefined,
  spend: undefined,
  ...patch,
});
const unfunded = (reason: Extract<Phase, { kind: 'Unfunded' }>['reason']): Phase => ({
  kind: 'Unfunded',
  reason,
  message: 'the reason why',
  quote: undefined,
});

const paidPhases: readonly (readonly [string, Phase, MoneyWords, Record<string, string>])[] = [
  [
    'was leased just now',
    leased({}),
    words(),
    { Quoted: 'True Quoted', Funded: 'True Funded', Metering: 'False NotStarted' },
  ],
  [
    'is metered',
    leased({}),
    words({ standing: standing('Fine', 'Metering') }),
    { Funded: 'True Funded', Metering: 'True Metering' },
  ],
  [
    'is ready and not metered',
    leased({}),
    words({ standing: standing('Low', 'Stalled') }),
    { Funded: 'True BudgetLow', Metering: 'False Stalled' },
  ],
  [
    'has almost spent its budget',
    leased({}),
    words({ standing: standing('AlmostSpent', 'Metering') }),
    { Funded: 'True BudgetAlmostSpent' },
  ],
  [
    'is about to be stopped',
    leased({}),
    words({ standing: standing('Ending', 'Metering') }),
    { Funded: 'False BudgetEnding', Ready: 'True Ready' },
  ],
  [
    'was stopped',
    { kind: 'Finished', reason: 'BudgetExhausted', message: 'used up', releasing: true },
    words(),
    {
      Finished: 'True BudgetExhausted',
      Quoted: 'False Finished',
      Funded: 'False BudgetExhausted',
      Metering: 'False NotLeased',
    },
  ],
  [
    'waits for money',
    unfunded('InsufficientFunds'),
    words(),
    {
      Admitted: 'False InsufficientFunds',
      Ready: 'False NotAdmitted',
      Quoted: 'True Quoted',
      Funded: 'False InsufficientFunds',
    },
  ],
  [
    'has no budget for another lease',
    unfunded('BudgetExhausted'),
    words(),
    { Admitted: 'False BudgetExhausted', Funded: 'False BudgetExhausted' },
  ],
  [
    'waits for the ledger',
    unfunded('LedgerUnavailable'),
    words(),
    { Admitted: 'False LedgerUnavailable', Funded: 'Unknown LedgerUnavailable' },
  ],
  [
    'pays in what has no price',
    unfunded('PriceUnknown'),
    words({ payment: undefined }),
    { Quoted: 'False PriceUnknown', Funded: 'False NotQuoted' },
  ],
  [
    'waits for devices',
    waiting(refusal()),
    words(),
    { Quoted: 'True Quoted', Funded: 'Unknown NotHeld', Metering: 'False NotLeased' },
  ],
  [
    'nobody could take',
    waiting(refusal()),
    words({ payment: undefined }),
    { Quoted: 'False NoQuote' },
  ],
  [
    'is suspended',
    { kind: 'Suspended', releasing: false },
    words(),
    { Quoted: 'False Suspended', Funded: 'False Suspended' },
  ],
  [
    'names no account',
    { kind: 'Invalid', reason: 'AccountRequired', message: 'no account' },
    words(),
    { Valid: 'False AccountRequired', Quoted: 'False Invalid', Funded: 'False Invalid' },
  ],
];

describe('with a ledger a cluster that', () => {
  test.each(paidPhases)('%s', (_sentence, phase, money, expected) => {
    expect(summary(phase, money)).toMatchObject(expected);
  });

  test('is about to be stopped says what was spent of what, until when it lasts, and what helps', () => {
    const money = words({ standing: standing('Ending', 'Metering') });
    const funded = ioClusterConditions(leased({}), money).find(({ type }) => type === 'Funded');
    expect(funded?.message).toBe(
      [
        'The cluster is about to be stopped.',
        'Used is of spec.budget.maxSpendMicroUsd: 4.00 of 5.00 USDC.',
        'In full use it lasts until about 2026-11-23T00:10Z.',
        'Raise it to go on.',
      ].join(' '),
    );
  });
});

function unlisted(conditions: ReturnType<typeof ioClusterConditions>) {
  const listed: Readonly<Record<string, Readonly<Record<string, string>>>> = ioClusterReasons;
  return conditions.filter(({ type, reason }) => listed[type]?.[reason] === undefined);
}

test('every phase says all of its conditions, with reasons that the API lists', () => {
  const money: readonly string[] = ioClusterMoneyConditions;
  const unpaid = Object.keys(ioClusterReasons).filter((type) => !money.includes(type));
  for (const [, phase] of phases) {
    const conditions = ioClusterConditions(phase);
    expect(conditions.map(({ type }) => type)).toEqual(unpaid);
    expect(unlisted(conditions)).toEqual([]);
    expect(conditions.filter(({ message }) => message === '' || message.length > 1024)).toEqual([]);
  }
  for (const [, phase, paid] of paidPhases) {
    expect(unlisted(ioClusterConditions(phase, paid))).toEqual([]);
  }
});
