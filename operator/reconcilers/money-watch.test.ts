import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  type IOCluster,
  ioClusterResource,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { silentLogger } from '../runtime/logger.ts';
import { StoreUnavailableError } from '../ports/store-errors.ts';
import { buildCluster, buildPlaced, pricingTerms } from '../testing/builders/io-cluster.ts';
import { FakeInformer } from '../testing/fake-informer.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { noLedgerMetrics } from '../testing/no-metrics.ts';
import { EarlierSpend } from './earlier-spend.ts';
import { placementIndexes } from './federation-state.ts';
import { clusterIndexes } from './io-cluster/observe.ts';
import { LeaseBook } from './lease-book.ts';
import { moneyWatch } from './money-watch.ts';

const begin = Date.UTC(2026, 10, 24);
const beginSeconds = begin / 1000;
const renter = 'team/main';
/** 3,600 USD an hour, without fees: one USD a second. */
const perSecond = 1_000_000n;

let clock: ManualClock;
let ledger: MemoryLedger;
let clusters: FakeInformer<IOCluster>;
let placements: FakeInformer<IOPlacement>;
let book: LeaseBook;
let told: string[];
let stop: AbortController;

beforeEach(() => {
  clock = new ManualClock(begin);
  ledger = new MemoryLedger();
  clusters = new FakeInformer(ioClusterResource, clusterIndexes);
  placements = new FakeInformer(ioPlacementResource, placementIndexes);
  told = [];
});

function start(): void {
  stop = new AbortController();
  book = new LeaseBook({ ledger, clusters, placements, clock });
  const watch = moneyWatch({
    ledger,
    book,
    earlier: new EarlierSpend(ledger),
    state: {
      placementOf: (uid) => placements.cache.byIndex('clusterUid', uid)[0],
    },
    clusters,
    terms: pricingTerms,
    enqueue: (key) => told.push(key),
    metrics: noLedgerMetrics,
    clock,
    logger: silentLogger,
  });
  void watch.run(stop.signal, {});
}

const stageOf = (uid: string): string | undefined => book.record(uid)?.standing?.budget.stage;

/** A cluster that runs since the beginning, with two hours held. */
async function lease(
  name: string,
  spec: Record<string, unknown> = {},
  hold = 7_200n * perSecond,
): Promise<string> {
  const uid = `uid-${name}`;
  const metadata = { name, namespace: 'team', uid, creationTimestamp: '2026-11-24T00:00:00Z' };
  const cluster = buildCluster({ accountRef: { name: 'main' }, ...spec }, { metadata });
  const placed = buildPlaced({ cluster });
  const { leaseId } = placed.spec;
  ledger.deposit(renter, hold);
  await ledger.open(
    {
      leaseId,
      clusterUid: uid,
      cluster: `team/${name}`,
      member: 'berlin',
      renter,
      supplier: 'io/berlin',
      asset: 'USDC',
      fees: { renterBasisPoints: 0, supplierBasisPoints: 0 },
      devices: [{ device: 'n1-gpu-0', model: 'L4', ratePerHour: 3_600n * perSecond }],
      openedAtSeconds: beginSeconds,
    },
    hold,
  );
  const spend = { settled: '0.00', held: '7200.00', unsettled: '0.00', summary: '', time: '' };
  clusters.put({
    ...cluster,
    status: { leaseGeneration: 1, spend: { asset: 'USDC', ...spend }, conditions: [] },
  });
  placements.put({ ...placed, metadata: { ...placed.metadata, ...readyMetadata }, status: ready });
  return leaseId;
}

const readyMetadata = { creationTimestamp: '2026-11-24T00:00:00Z' };
const ready: NonNullable<IOPlacement['status']> = {
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: 'as it should be',
      lastTransitionTime: '2026-11-24T00:00:00Z',
    },
  ],
  workers: { desired: 1, ready: 1 },
};

/** Seconds pass, and the member reports all of them. */
async function use(leaseId: string, seconds: number): Promise<void> {
  const settled = ledger.leases.get(leaseId)?.settled ?? 0n;
  const until = clock.now() / 1000 + seconds;
  ledger.use(leaseId, BigInt(until - beginSeconds) * perSecond - settled, until);
  await clock.advance(seconds * 1000);
}

describe('the money of a running lease', () => {
  test('is news at each stage on the way to its end, and only then', async () => {
    const leaseId = await lease('a');
    start();
    await use(leaseId, 10);
    expect(told).toEqual(['team/a']);
    const stages = [];
    while (stageOf('uid-a') !== 'Stop') {
      const before = told.length;
      await use(leaseId, 5);
      if (told.length > before) stages.push([stageOf('uid-a'), clock.now() / 1000 - beginSeconds]);
    }
    expect(stages).toEqual([
      ['Low', 5_760],
      ['Ending', 6_835],
      ['Stop', 7_135],
    ]);
  });

  test('lasts as long as the devices that it has now let it', async () => {
    const leaseId = await lease('a');
    const broken = { device: 'broken-before', model: 'L4', ratePerHour: 36_000n * perSecond };
    await ledger.extend(leaseId, [broken], 7_200n * perSecond);
    start();
    await use(leaseId, 10);
    expect(stageOf('uid-a')).toBe('Fine');
    await use(leaseId, 6_000);
    expect(stageOf('uid-a')).toBe('Low');
  });

  test('is limited by what all leases of the cluster may cost', async () => {
    const leaseId = await lease('a', { budget: { maxSpendMicroUsd: 1_000_000_000 } });
    start();
    await use(leaseId, 940);
    expect(book.record('uid-a')?.standing?.budget).toMatchObject({
      stage: 'Stop',
      limitedBy: 'MaxSpend',
      limit: 1_000n * perSecond,
    });
  });

  test('counts what its member has not reported as used', async () => {
    await lease('a');
    start();
    await clock.advance(5_760_000);
    expect(stageOf('uid-a')).toBe('Low');
    expect(book.record('uid-a')?.standing?.metering).toBe('Stalled');
  });

  test('is news when it was settled, with the figures of that moment', async () => {
    const leaseId = await lease('a');
    start();
    await use(leaseId, 3_600);
    const before = told.length;
    ledger.settle(leaseId);
    await clock.advance(5_000);
    expect(told.length).toBe(before + 1);
    expect(book.record('uid-a')?.spend).toMatchObject({
      settled: 3_600n * perSecond,
      held: 3_600n * perSecond,
    });
  });

  test('is shared by leases of one account, by what they cost', async () => {
    const a = await lease('a', {}, 600n * perSecond);
    const b = await lease('b', {}, 600n * perSecond);
    ledger.deposit(renter, 1_000n * perSecond);
    start();
    await use(a, 0);
    await use(b, 10);
    const limits = ['a', 'b'].map((name) => book.record(`uid-${name}`)?.standing?.budget.limit);
    expect(limits).toEqual([1_100n * perSecond, 1_100n * perSecond]);
  });
});

test('a lease that was settled after its end says its last word once', async () => {
  const leaseId = await lease('a');
  start();
  await use(leaseId, 10);
  for (const placement of placements.cache.list()) placements.drop(placement);
  await ledger.close(leaseId, beginSeconds + 10, 'suspended by the renter');
  book.closed(leaseId);
  await clock.advance(10_000);
  const before = told.length;
  ledger.settle(leaseId);
  await clock.advance(60_000);
  expect(told.length).toBe(before + 1);
  expect(book.record('uid-a')).toMatchObject({
    standing: undefined,
    spend: { settled: 10n * perSecond, held: 0n },
    endedInLedger: true,
  });
});

test('a lease that nobody stands behind is ended', async () => {
  const leaseId = await lease('a');
  for (const placement of placements.cache.list()) placements.drop(placement);
  for (const cluster of clusters.cache.list()) clusters.drop(cluster);
  start();
  await clock.advance(5_000);
  expect(ledger.leases.get(leaseId)).toMatchObject({ state: 'Closing' });
});

test('a lease without a placement is its cluster’s to end', async () => {
  const leaseId = await lease('a');
  for (const placement of placements.cache.list()) placements.drop(placement);
  start();
  await clock.advance(1_000);
  expect(told).toContain('team/a');
  expect(ledger.leases.get(leaseId)).toMatchObject({ state: 'Open' });
});

test('a lease that was never placed is its cluster’s to end, too', async () => {
  const leaseId = await lease('a');
  for (const placement of placements.cache.list()) placements.drop(placement);
  for (const cluster of clusters.cache.list()) clusters.put({ ...cluster, status: {} });
  start();
  await clock.advance(1_000);
  expect(told).toContain('team/a');
  expect(ledger.leases.get(leaseId)).toMatchObject({ state: 'Open' });
});

test('all open leases are known, however many there are', async () => {
  const terms = ledger.leases.get(await lease('a'))?.terms;
  if (terms === undefined) throw new Error('it was not opened');
  const ids = Array.from({ length: 2_500 }, (_, index) => `lease-${index}`);
  for (const leaseId of ids) await ledger.open({ ...terms, leaseId }, 0n);
  start();
  await book.load();
  expect(ids.filter((leaseId) => !book.mayBeOpen(leaseId))).toEqual([]);
});

test('it goes on when the ledger answers again', async () => {
  const leaseId = await lease('a');
  const answers = ledger.money.bind(ledger);
  ledger.money = () => Promise.reject(new StoreUnavailableError('away', 1));
  start();
  await clock.advance(60_000);
  expect(told).toEqual([]);
  ledger.money = answers;
  await use(leaseId, 5_760);
  expect(stageOf('uid-a')).toBe('Low');
});
