import { describe, expect, test } from '@jest/globals';
import type { IOCluster } from '../../../crds/schema/index.ts';
import { buildCluster, type SpecPatch } from '../../testing/builders/io-cluster.ts';
import { standingOf } from './condition.ts';
import { endOf, endText } from './outlook.ts';
import { queuePlace } from './queue.ts';
import { quoteOf } from './quote.ts';
import { daysOf, sumsOf } from './spend.ts';
import { headOf, newsOf } from './status.ts';

const at = (text: string): number => Date.parse(text);
const nowMs = at('2026-11-24T12:00:00Z');
type Status = NonNullable<IOCluster['status']>;

const condition = (text: string, message = 'why') => {
  const [type = '', status = '', reason = 'Reason'] = text.split(' ');
  return {
    ...{ type, reason, message, lastTransitionTime: '2026-11-24T11:00:00Z' },
    status: status as 'True' | 'False',
    observedGeneration: 1,
  };
};

const cluster = (status: Partial<Status>, spec: SpecPatch = {}, metadata = {}): IOCluster => {
  const built = buildCluster(spec, {
    status: { observedGeneration: 1, conditions: [], ...status },
  });
  return { ...built, metadata: { ...built.metadata, ...metadata } };
};

const withConditions = (...texts: readonly string[]) => ({
  conditions: texts.map((text) => condition(text)),
});
const waiting = withConditions('Valid True', 'Admitted False NoCapacity', 'Ready False');

const lease: NonNullable<Status['lease']> = {
  ...{ id: 'io-abc', generation: 1, member: 'fra-1', placement: 'io-abc', devices: 2 },
  ...{ startTime: '2026-11-24T10:00:00Z', priceMicroUsdPerHour: 4_000_000 },
};
const quote: NonNullable<Status['quote']> = {
  ...{ devices: 2, priceMicroUsdPerHour: 4_000_000 },
  payment: { asset: 'USDC', perHour: '4.09', hold: '8.18' },
};
const spend: NonNullable<Status['spend']> = {
  ...{ asset: 'USDC', settled: '4.09', held: '8.18', unsettled: '4.00', summary: '8.09 USDC' },
  time: '2026-11-24T12:00:00Z',
};

describe('one word says where a cluster stands', () => {
  test.each<[string, IOCluster]>([
    ['New', cluster({})],
    ['Waiting', cluster(waiting)],
    ['Starting', cluster(withConditions('Valid True', 'Admitted True', 'Ready False'))],
    ['Ready', cluster(withConditions('Valid True', 'Admitted True', 'Ready True'))],
    ['Suspended', cluster(withConditions('Valid True', 'Ready False'), { suspend: true })],
    ['Invalid', cluster(withConditions('Valid False', 'Ready False'))],
    ['Finished', cluster(withConditions('Finished True', 'Ready False'))],
    ['Ending', cluster(waiting, {}, { deletionTimestamp: '2026-11-24T11:00:00Z' })],
  ])('%s', (word, given) => expect(standingOf(given).word).toBe(word));
});

describe('a place in the queue', () => {
  const line = [
    ['a', '2026-11-24T10:00:00Z', 'low'],
    ['b', '2026-11-24T11:00:00Z', 'high'],
    ['c', '2026-11-24T09:00:00Z', 'low'],
    ['ready', '2026-11-24T08:00:00Z', 'high'],
  ].map(([uid = '', creationTimestamp, priorityClassName]) =>
    cluster(
      uid === 'ready' ? withConditions('Valid True', 'Admitted True', 'Ready True') : waiting,
      { priorityClassName },
      { uid, creationTimestamp },
    ),
  );
  const placeOf = (uid: string) =>
    queuePlace(line.find(({ metadata }) => metadata.uid === uid) ?? cluster({}), line, (name) =>
      name === 'high' ? 1000 : 0,
    );

  test('is by priority, then by age, among those that wait', () => {
    expect(['b', 'c', 'a'].map((uid) => placeOf(uid)?.place)).toEqual([1, 2, 3]);
    expect(placeOf('a')?.waiting).toBe(3);
    expect(placeOf('ready')).toBeUndefined();
  });
});

describe('a running cluster ends', () => {
  const status = { lease, quote, spend };
  test.each<[string, SpecPatch, Partial<Status>, string | undefined]>([
    ['never, without a limit', {}, status, undefined],
    [
      'after its ttl',
      { lifetime: { ttl: '4h30m' } },
      status,
      'in 2h30m by spec.lifetime.ttl 4h30m',
    ],
    [
      'when its budget is spent',
      { budget: { maxSpendMicroUsd: 10_135_000 } },
      status,
      'in 30m by spec.budget.maxSpendMicroUsd',
    ],
    [
      'at the nearer of both',
      { lifetime: { ttl: '2h10m' }, budget: { maxSpendMicroUsd: 10_135_000 } },
      status,
      'in 10m by spec.lifetime.ttl 2h10m',
    ],
    [
      'now, when it is spent',
      { budget: { maxSpendMicroUsd: 1_000_000 } },
      status,
      'now by spec.budget.maxSpendMicroUsd',
    ],
    [
      'at a time that only the hub knows, when it pays in IO',
      { budget: { maxSpendMicroUsd: 10_000_000 } },
      { lease, quote, spend: { ...spend, asset: 'IO' } },
      undefined,
    ],
  ])('%s', (_, spec, given, expected) => {
    const end = endOf(cluster(given, spec), nowMs);
    expect(end && endText(end, nowMs)).toBe(expected);
  });
});

test('the head of a status has what a person wants to know most', () => {
  const ready = withConditions('Valid True', 'Admitted True', 'Ready True');
  const text = headOf(cluster({ ...ready, lease, quote, spend }), nowMs).join('\n');
  expect(text).toBe(
    [
      'Cluster:   team/train, Ray 2.52.1',
      'Status:    Ready',
      'Lease:     2 GPUs on fra-1 for 2h (io-abc)',
      'Price:     4.09 USDC an hour',
      'Spent:     8.09 USDC, as of 0s ago; 8.18 held',
    ].join('\n'),
  );
});

test('a watch tells each change once', () => {
  const told = new Map<string, string>();
  const first = newsOf(cluster(waiting), told);
  expect(first).toEqual([
    '✓ Valid Reason: why',
    '· Admitted NoCapacity: why',
    '· Ready Reason: why',
  ]);
  expect(newsOf(cluster(waiting), told)).toEqual([]);
  const next = withConditions('Valid True', 'Admitted True Admitted', 'Ready False');
  expect(newsOf(cluster(next), told)).toEqual(['✓ Admitted Admitted: why']);
});

describe('a quote says when it starts', () => {
  const suspended = withConditions('Valid True', 'Admitted False Suspended', 'Ready False');
  const refusals = [{ reason: 'InUse', members: 2, devices: 16 }];
  test.each<[string, Partial<Status>, string]>([
    ['there is room', { ...suspended, quote }, 'now'],
    ['it runs', { ...suspended, quote, lease }, 'it has started'],
    [
      'there is none now',
      { ...suspended, quote, refusals },
      'when there is room: InUse (2 members, 16 devices)',
    ],
    ['nobody could take it', { ...suspended, refusals }, 'never: InUse (2 members, 16 devices)'],
    ['it cannot be', { ...withConditions('Valid False'), quote }, 'never: why'],
    ['it has no money', { ...withConditions('Admitted False InsufficientFunds'), quote }, 'why'],
    ['nobody says', suspended, 'unknown: why'],
  ])('%s', (_, status, start) => expect(quoteOf(cluster(status)).start).toBe(start));

  test('with the price and what is held', () => {
    expect(quoteOf(cluster({ ...suspended, quote }))).toMatchObject({
      ...{ devices: 2, perHour: '4.09 USDC', hold: '8.18 USDC' },
    });
    const { payment: _, ...bare } = quote;
    expect(quoteOf(cluster({ ...suspended, quote: bare }))).toMatchObject({ perHour: '4.00 USD' });
  });
});

describe('what was spent', () => {
  const row = { namespace: 'a', name: 'x', held: '1.00', perHour: '0.50', time: undefined };
  test('is summed by asset, exactly', () => {
    const rows = [
      { ...row, asset: 'USDC' as const, settled: '0.10', unsettled: '0.000001' },
      { ...row, asset: 'USDC' as const, settled: '0.20', unsettled: '0.00', perHour: undefined },
      { ...row, asset: 'IO' as const, settled: '0.00000001', unsettled: '0.00' },
    ];
    expect(sumsOf(rows)).toMatchObject([
      { asset: 'USDC', settled: '0.30', unsettled: '0.000001', held: '2.00', perHour: '0.50' },
      { asset: 'IO', settled: '0.00000001', held: '1.00' },
    ]);
    expect(sumsOf(rows.slice(0, 1))).toEqual([]);
  });

  test('by day is what running leases add, by days of UTC', () => {
    const long = { ...lease, startTime: '2026-11-22T18:00:00Z' };
    expect(daysOf([cluster({ lease: long, quote }), cluster({ lease, quote })], nowMs)).toEqual([
      { day: '2026-11-22', asset: 'USDC', amount: '24.54', clusters: 1 },
      { day: '2026-11-23', asset: 'USDC', amount: '98.16', clusters: 1 },
      { day: '2026-11-24', asset: 'USDC', amount: '57.26', clusters: 2 },
    ]);
    const old = { ...lease, startTime: '2024-01-01T00:00:00Z' };
    expect(daysOf([cluster({ lease: old, quote })], nowMs)).toHaveLength(31);
  });
});
