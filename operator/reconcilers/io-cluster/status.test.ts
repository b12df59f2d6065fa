import { describe, expect, test } from '@jest/globals';
import type { IOCluster, IOClusterStatus } from '../../../crds/schema/index.ts';
import type { LeaseStanding, Spend } from '../../domain/io-cluster/money-conditions.ts';
import {
  buildCluster,
  buildFederation,
  buildMoney,
  buildObserved,
  buildPlaced,
  type SpecPatch,
} from '../../testing/builders/io-cluster.ts';
import { decide } from './decide.ts';
import type { Money } from './snapshot.ts';
import { statusAfter } from './status.ts';

const atMs = Date.parse('2026-11-24T12:00:00Z');
const usd = (amount: number): bigint => BigInt(Math.round(amount * 1_000_000));
const spendOf = (settled: number, held: number, unsettled: number): Spend => ({
  asset: 'USDC',
  settled: usd(settled),
  held: usd(held),
  unsettled: usd(unsettled),
});

/** The status of a leased cluster after a decision with this money, on top of an earlier status. */
function status(money: Partial<Money>, before?: IOClusterStatus, atOffsetMs = 0): IOClusterStatus {
  const inventory = buildFederation();
  const paying = (rest: Partial<IOCluster>): IOCluster =>
    buildCluster({ accountRef: { name: 'main' } }, rest);
  const cluster = paying(before === undefined ? {} : { status: before });
  const placement = buildPlaced({ inventory, cluster: paying({}) });
  inventory.observe(placement.spec.leaseId, ['berlin/n1-gpu-0', 'berlin/n1-gpu-1'], 1);
  const decision = decide(
    buildObserved({ cluster, inventory, placement, money: buildMoney(money) }),
  );
  if (decision.phase === undefined) throw new Error('there is nothing to say');
  return statusAfter(cluster, decision, decision.phase, atMs + atOffsetMs);
}

const leaseId = status({}).lease?.id ?? '';
const standing = (
  stage: LeaseStanding['budget']['stage'],
  spent: number,
  judgedAtSeconds = atMs / 1000,
): LeaseStanding => ({
  leaseId,
  budget: { stage, limitedBy: 'Funds', limit: usd(8), spent: usd(spent), secondsLeft: 600 },
  judgedAtSeconds,
  metering: 'Metering',
});

test('what is agreed and what was spent stand in the status', () => {
  expect(status({ standing: standing('Fine', 1), spend: spendOf(4, 4.18, 0.5) })).toMatchObject({
    quote: {
      devices: 2,
      priceMicroUsdPerHour: 4_000_000,
      payment: { asset: 'USDC', perHour: '4.09', hold: '8.18' },
    },
    spend: {
      asset: 'USDC',
      settled: '4.00',
      held: '4.18',
      unsettled: '0.50',
      summary: '4.50 USDC',
      time: '2026-11-24T12:00:00Z',
    },
  });
});

test('a hub without a ledger says nothing of money', () => {
  const inventory = buildFederation();
  const decision = decide(buildObserved({ inventory, placement: buildPlaced({ inventory }) }));
  if (decision.phase === undefined) throw new Error('there is nothing to say');
  const after = statusAfter(buildCluster(), decision, decision.phase, atMs);
  expect(after.spend ?? after.quote?.payment).toBeUndefined();
  expect(after.conditions?.map(({ type }) => type)).not.toContain('Funded');
});

describe('the way to the cluster', () => {
  const endpointOf = (ready: boolean, gatewayUrl?: string): string | undefined => {
    const inventory = buildFederation();
    const placed = buildPlaced({ inventory });
    const placement = ready ? { ...placed, status: readyStatus } : placed;
    const cluster = buildCluster();
    const decision = decide(buildObserved({ cluster, inventory, placement }));
    if (decision.phase === undefined) throw new Error('there is nothing to say');
    return statusAfter(cluster, decision, decision.phase, atMs, gatewayUrl).endpoint;
  };
  const readyStatus = {
    workers: { desired: 2, ready: 2 },
    observedGeneration: 1,
    conditions: ['Accepted', 'Applied', 'Ready'].map((type) => ({
      ...{ type, status: 'True' as const, reason: type, message: '', observedGeneration: 1 },
      lastTransitionTime: '2026-11-24T12:00:00Z',
    })),
  };

  test('is told while it is ready, where there is one', () => {
    const { name, namespace } = buildCluster().metadata;
    const expected = `https://gpu.example/clusters/${namespace}/${name}/`;
    expect(endpointOf(true, 'https://gpu.example')).toBe(expected);
    expect(endpointOf(false, 'https://gpu.example')).toBeUndefined();
    expect(endpointOf(true)).toBeUndefined();
  });
});

const first = status({ standing: standing('Low', 6.4), spend: spendOf(0, 8.18, 6.4) });

test('passing time writes nothing: a hub that starts anew finds the status as it would be', () => {
  const later = { standing: standing('Low', 7, atMs / 1000 + 60), spend: spendOf(0, 8.18, 7) };
  expect(status(later, first, 60_000)).toEqual(first);
});

test.each<[string, Partial<Money>]>([
  ['it was settled', { standing: standing('Low', 6.4), spend: spendOf(4, 4.18, 2.4) }],
  ['more is held', { standing: standing('Low', 6.4), spend: spendOf(0, 9, 6.4) }],
  ['it is almost spent', { standing: standing('AlmostSpent', 7.8), spend: spendOf(0, 8.18, 7.8) }],
])('figures are taken anew when %s', (_, money) => {
  expect(status(money, first, 60_000).spend).toMatchObject({ time: '2026-11-24T12:01:00Z' });
});

test('while nothing is known of the money, what was told last stays', () => {
  expect(status({}, first, 60_000).spend).toEqual(first.spend);
});

describe('a suspended cluster', () => {
  const suspended = (spec: SpecPatch = {}, before?: IOClusterStatus, all = buildFederation()) => {
    const rest = before === undefined ? {} : { status: before };
    const accountRef = { name: 'main' };
    const cluster = buildCluster({ suspend: true, accountRef, ...spec }, rest);
    const money = buildMoney();
    const decision = decide(buildObserved({ cluster, inventory: all, money }));
    if (decision.phase === undefined) throw new Error('there is nothing to say');
    expect([decision.apply, decision.assume, decision.open]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    return statusAfter(cluster, decision, decision.phase, atMs);
  };

  test('is told what it would cost, and takes nothing', () => {
    const { quote, refusals, lease } = suspended();
    expect(quote).toEqual({
      devices: 2,
      priceMicroUsdPerHour: 4_000_000,
      payment: { asset: 'USDC', perHour: '4.09', hold: '8.18' },
    });
    expect([refusals, lease]).toEqual([undefined, undefined]);
  });

  test('is told why there is no room now, and the price all the same', () => {
    const all = buildFederation();
    all.observe('other', ['berlin/n1-gpu-0', 'berlin/n1-gpu-1', 'berlin/n1-gpu-2'], 1);
    all.observe('more', ['austin/n1-gpu-0', 'austin/n1-gpu-1', 'austin/n1-gpu-2'], 1);
    const { quote, refusals } = suspended({}, undefined, all);
    expect(quote?.priceMicroUsdPerHour).toBe(4_000_000);
    expect(refusals?.length).toBeGreaterThan(0);
  });

  test('has no price when nobody could ever take it', () => {
    const { quote, refusals } = suspended({ workerGroups: [{ name: 'gpu', replicas: 900 }] });
    expect(quote).toBeUndefined();
    expect(refusals?.length).toBeGreaterThan(0);
  });

  test('keeps what it was told, whatever happens to prices meanwhile', () => {
    const before = suspended();
    const all = buildFederation();
    all.observe('other', ['berlin/n1-gpu-0', 'berlin/n1-gpu-1', 'berlin/n1-gpu-2'], 1);
    expect(suspended({}, before, all)).toEqual(before);
  });
});
