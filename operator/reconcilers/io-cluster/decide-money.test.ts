import { describe, expect, test } from '@jest/globals';
import type { IOCluster, IOPlacement } from '../../../crds/schema/index.ts';
import type { LeaseStanding } from '../../domain/io-cluster/money-conditions.ts';
import type { HoldResult } from '../../ports/lease-ledger.ts';
import {
  buildCluster,
  buildFederation,
  buildMoney,
  buildObserved,
  buildPlaced,
  pricingTerms,
  type SpecPatch,
  startTime,
} from '../../testing/builders/io-cluster.ts';
import { type Decision, decide } from './decide.ts';
import { afterExtend, afterOpen } from './hold-answer.ts';
import type { Money, Observed } from './snapshot.ts';

const paying = (spec: SpecPatch = {}, rest: Partial<IOCluster> = {}): IOCluster =>
  buildCluster({ accountRef: { name: 'main' }, ...spec }, rest);

const observed = (
  money: Partial<Money> = {},
  spec: SpecPatch = {},
  patch: Partial<Observed> = {},
): Observed => buildObserved({ cluster: paying(spec), money: buildMoney(money), ...patch });

/** Two devices for two hours at 2 USD each, with 2.25 % of fees. */
const hold = 8_180_000n;
const perHour = hold / 2n;

const reasonOf = ({ phase }: Decision): string =>
  phase !== undefined && 'reason' in phase ? phase.reason : (phase?.kind ?? 'none');

describe('a cluster without a lease', () => {
  test('is held for before it is placed, device by device at the price of now', () => {
    const { open, apply, assume, money } = decide(observed());
    expect(open).toEqual({
      terms: {
        leaseId: apply?.spec.leaseId,
        clusterUid: 'uid-1',
        cluster: 'team/train',
        member: 'berlin',
        renter: 'team/main',
        supplier: 'io/berlin',
        asset: 'USDC',
        fees: { renterBasisPoints: 225, supplierBasisPoints: 25 },
        devices: [
          { device: 'n1-gpu-0', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n },
          { device: 'n1-gpu-1', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n },
        ],
        openedAtSeconds: Date.parse('2026-11-23T11:00:00Z') / 1000,
      },
      hold,
    });
    expect(assume?.devices).toHaveLength(2);
    expect(money).toMatchObject({ payment: { perHour, hold }, spend: { held: hold } });
  });

  test('pays for slices as what they are offered as', () => {
    const inventory = buildFederation();
    inventory.upsertMember({
      ...{ name: 'cork', schedulable: true, country: 'IE', certifications: [] },
      supplier: 'io/cork',
      offers: [{ model: 'H100-80GB-HBM3-MIG-3g.40gb', onDemandMicroUsdPerHour: 900_000n }],
    });
    for (const index of [0, 1]) {
      inventory.upsertDevice({
        ...{ member: 'cork', name: `n1-mig-${index}`, node: 'n1', index, migProfile: '3g.40gb' },
        ...{ model: 'H100-80GB-HBM3', memoryMiB: 40_320, resourceName: 'nvidia.com/mig-3g.40gb' },
        ...{ nvlink: false, confidential: false, verified: true, healthy: true, allocatable: true },
      });
    }
    const devices = { migProfile: '3g.40gb' };
    const spec = { workerGroups: [{ name: 'gpu', replicas: 2, devices }] };
    const { open } = decide(observed({}, spec, { inventory }));
    const model = 'H100-80GB-HBM3-MIG-3g.40gb';
    expect(open?.terms.devices).toEqual([
      { device: 'n1-mig-0', model, ratePerHour: 900_000n },
      { device: 'n1-mig-1', model, ratePerHour: 900_000n },
    ]);
  });

  test('pays in IO without the fee for paying in USDC', () => {
    const terms = { ...pricingTerms, ioPrice: 500_000n };
    const { open } = decide(observed({ terms }, { paymentAsset: 'IO' }));
    expect(open).toMatchObject({
      hold: 1_604_000_000n,
      terms: {
        asset: 'IO',
        fees: { renterBasisPoints: 25 },
        devices: [{ ratePerHour: 400_000_000n }, { ratePerHour: 400_000_000n }],
      },
    });
  });

  test('holds no more than its budget leaves', () => {
    const spec = { budget: { maxSpendMicroUsd: 5_000_000 } };
    expect(decide(observed({ spentBefore: 1_000_000n }, spec)).open?.hold).toBe(4_000_000n);
  });

  test('is on a hub without a ledger as it always was', () => {
    const { open, close, money } = decide(buildObserved({ cluster: paying() }));
    expect({ open, close, money }).toEqual({ open: undefined, close: undefined, money: undefined });
  });

  test.each<[string, Partial<Money>, SpecPatch, string]>([
    ['its account has less', { available: hold - 1n }, {}, 'InsufficientFunds'],
    [
      'its budget was spent',
      { spentBefore: 4_800_000n },
      { budget: { maxSpendMicroUsd: 5_000_000 } },
      'BudgetExhausted',
    ],
    ['the ledger is away', { away: true }, {}, 'LedgerUnavailable'],
    ['nobody says what an IO is worth', {}, { paymentAsset: 'IO' }, 'PriceUnknown'],
    ['it names no account', {}, { accountRef: undefined }, 'AccountRequired'],
  ])('is not placed when %s', (_, money, spec, reason) => {
    const decision = decide(observed(money, spec));
    expect(reasonOf(decision)).toBe(reason);
    expect(decision).toMatchObject({ finalizer: 'keep', leaseGeneration: 0 });
    expect(decision.apply ?? decision.open ?? decision.assume).toBeUndefined();
  });

  test('goes only to members that can be paid', () => {
    const inventory = buildFederation();
    const facts = inventory.member('berlin')?.facts;
    if (facts === undefined) throw new Error('no such member');
    const { supplier: _, ...unpaid } = facts;
    inventory.upsertMember(unpaid);
    expect(decide(observed({}, {}, { inventory })).apply?.spec.member).toBe('austin');
  });
});

describe('when the ledger is asked to hold', () => {
  const before = decide(observed());
  const after = (answer: HoldResult | { kind: 'Away' }): Decision => {
    if (before.open === undefined) throw new Error('nothing is opened');
    return afterOpen(before, before.open, answer, 1_000);
  };

  test('and it holds, the cluster is placed', () => {
    expect(after({ kind: 'Held', held: hold })).toBe(before);
  });

  test('and the money is missing, the cluster waits and says how much, and how to pay it in', () => {
    const missing = hold - 1n;
    const decision = after({ kind: 'InsufficientFunds', asset: 'USDC', available: 1n, missing });
    expect(decision).toMatchObject({ leaseGeneration: 0, phase: { reason: 'InsufficientFunds' } });
    expect(decision.apply).toBeUndefined();
    expect(decision.phase).toMatchObject({
      message: [
        '8.18 USDC have to be held and account team/main has 0.000001 USDC available:',
        '8.179999 USDC are missing. To deposit them: io-operator deposit --account team/main',
        '--asset USDC --amount 8.179999 --reference <payment>',
      ].join(' '),
    });
  });

  test('and it is away, the cluster waits', () => {
    expect(reasonOf(after({ kind: 'Away' }))).toBe('LedgerUnavailable');
  });

  test('and has such a lease with other terms, that one is ended and its number is used up', () => {
    expect(after({ kind: 'Taken' })).toEqual({
      finalizer: 'keep',
      leaseGeneration: 1,
      close: [{ leaseId: before.open?.terms.leaseId, endSeconds: 1_000, evidence: neverPlaced }],
      requeueAfterMs: 0,
    });
  });
});

const neverPlaced = expect.stringContaining('never placed');

describe('a cluster with a lease', () => {
  const leased = (money: Partial<Money> = {}, spec: SpecPatch = {}): Observed => {
    const inventory = buildFederation();
    const placement = buildPlaced({ inventory, cluster: paying() });
    inventory.observe(placement.spec.leaseId, ['berlin/n1-gpu-0', 'berlin/n1-gpu-1'], 1);
    return observed(money, spec, { inventory, placement });
  };
  const leaseId = leased().placement?.spec.leaseId ?? '';
  const standing = (stage: LeaseStanding['budget']['stage'], id = leaseId): LeaseStanding => ({
    leaseId: id,
    budget: { stage, limitedBy: 'MaxSpend', limit: 5_000_000n, spent: 4_940_000n, secondsLeft: 0 },
    judgedAtSeconds: 0,
    metering: 'Metering',
  });

  test('is stopped when its budget is used up, and stays finished', () => {
    const decision = decide(leased({ standing: standing('Stop') }));
    expect(decision).toMatchObject({
      phase: { kind: 'Finished', reason: 'BudgetExhausted' },
      remove: { metadata: { uid: 'p-1' } },
    });
    const finished = {
      type: 'Finished',
      status: 'True' as const,
      reason: 'BudgetExhausted',
      message: 'used up',
      lastTransitionTime: startTime,
    };
    const rest = { status: { conditions: [finished], leaseGeneration: 1 } };
    const later = buildObserved({ cluster: paying({}, rest), money: buildMoney() });
    expect(reasonOf(decide(later))).toBe('BudgetExhausted');
  });

  test.each([
    ['its end is near', standing('Ending')],
    ['the lease before it was used up', standing('Stop', 'lease-before')],
  ])('goes on when %s', (_, found) => {
    expect(decide(leased({ standing: found })).phase?.kind).toBe('Leased');
  });

  test('goes on while the ledger is away', () => {
    expect(decide(leased({ away: true })).phase?.kind).toBe('Leased');
  });

  test('is released when the ledger has ended the lease', () => {
    const decision = decide(leased({ endedInLedger: true }));
    expect(decision).toMatchObject({ phase: { kind: 'Releasing', cause: 'EndedInLedger' } });
    expect(decision.remove).toBeDefined();
  });

  test('holds for more devices before it gets them', () => {
    const decision = decide(leased({}, { workerGroups: [{ name: 'gpu', replicas: 3 }] }));
    expect(decision.extend).toMatchObject({
      leaseId,
      devices: [{ device: 'n1-gpu-2', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n }],
      hold: (hold * 3n) / 2n,
    });
    expect(decision.apply).toBeDefined();
  });

  test('asks for nothing when it shrinks', () => {
    const decision = decide(leased({}, { workerGroups: [{ name: 'gpu', replicas: 1 }] }));
    expect(decision.extend).toBeUndefined();
    expect(decision.apply).toBeDefined();
  });

  const spend = { asset: 'USDC', settled: 0n, held: hold, unsettled: 0n } as const;
  test.each<[string, Partial<Money>, string]>([
    ['the money for it is missing', { available: 1n, spend }, 'InsufficientFunds'],
    ['the ledger is away', { away: true }, 'LedgerUnavailable'],
  ])('goes on as it is when %s', (_, money, reason) => {
    const decision = decide(leased(money, { workerGroups: [{ name: 'gpu', replicas: 3 }] }));
    expect(decision.phase).toMatchObject({
      kind: 'Leased',
      lease: { devices: 2 },
      scaleUpRefusal: { reason },
    });
    expect(decision.apply ?? decision.extend).toBeUndefined();
  });

  test('goes on as it is when the ledger refuses to hold for more', () => {
    const decision = decide(leased({}, { workerGroups: [{ name: 'gpu', replicas: 3 }] }));
    const { extend } = decision;
    if (extend === undefined) throw new Error('nothing is asked for');
    expect(afterExtend(decision, extend, { kind: 'Held', held: hold })).toBe(decision);
    const refused = afterExtend(decision, extend, {
      kind: 'InsufficientFunds',
      asset: 'USDC',
      available: 0n,
      missing: hold / 2n,
    });
    expect(refused.apply ?? refused.assume).toBeUndefined();
    expect(refused.phase).toMatchObject({
      lease: { devices: 2, priceMicroUsdPerHour: 4_000_000 },
      scaleUpRefusal: { reason: 'InsufficientFunds' },
    });
  });
});

describe('a lease whose placement is gone', () => {
  const money = buildMoney({
    mayBeOpen: (leaseId) => leaseId === first,
    ended: () => ({ endSeconds: 77, neverReady: undefined }),
  });
  const first = decide(observed()).open?.terms.leaseId;
  const had = (spec: SpecPatch = {}, metadata: Partial<IOCluster['metadata']> = {}): Observed => {
    const rest = { status: { leaseGeneration: 1 }, metadata: { name: 'train', ...metadata } };
    return buildObserved({ cluster: paying(spec, rest), money });
  };

  test.each([
    ['deleted', had({}, { deletionTimestamp: startTime }), 'deleted by the renter', 'release'],
    ['suspended', had({ suspend: true }), 'suspended by the renter', 'keep'],
    ['placed anew', had(), 'it has no placement', 'keep'],
  ])('is ended when its cluster is %s', (_, before, evidence, finalizer) => {
    const decision = decide(before);
    expect(decision.close).toEqual([{ leaseId: first, endSeconds: 77, evidence }]);
    expect(decision.finalizer).toBe(finalizer);
    expect(decision.open).toBeUndefined();
  });

  test('is not asked about again once it was ended', () => {
    const after = { ...had(), money: buildMoney() };
    expect(decide(after).close).toBeUndefined();
    expect(decide(after).open?.terms.leaseId).not.toBe(first);
  });

  test('keeps the finalizer while the ledger is away', () => {
    const before = had({}, { deletionTimestamp: startTime });
    const decision = decide({ ...before, money: { ...money, away: true } });
    expect(decision).toEqual({ finalizer: 'keep', leaseGeneration: 1, requeueAfterMs: 5_000 });
  });

  test('says that it was never ready, with what the member said', () => {
    const ended = () => ({ endSeconds: 77, neverReady: '0 of 2 workers are ready.' });
    const decision = decide({ ...had({ suspend: true }), money: { ...money, ended } });
    expect(decision.close?.[0]?.evidence).toBe(
      'suspended by the renter; never Ready: 0 of 2 workers are ready.',
    );
  });

  test('was never placed, so its number is used up before it is ended', () => {
    const stray = decide(observed()).open?.terms.leaseId;
    const open = buildMoney({ mayBeOpen: (leaseId) => leaseId === stray });
    const decision = decide(observed({ ...open }, { suspend: true }));
    expect(decision).toMatchObject({
      leaseGeneration: 1,
      close: [{ leaseId: stray, evidence: neverPlaced }],
    });
  });

  test('is ended by its cluster only when the placement is really gone', () => {
    const placement: IOPlacement = buildPlaced({ cluster: paying() });
    const before = { ...had({ suspend: true }), placement };
    expect(decide(before).close).toBeUndefined();
    expect(decide(before).remove).toBeDefined();
  });
});
