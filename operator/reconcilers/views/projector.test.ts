import { beforeEach, expect, test } from '@jest/globals';
import type { IOCluster } from '../../../crds/schema/index.ts';
import { Inventory } from '../../domain/inventory/inventory.ts';
import type { ViewMetrics } from '../../ports/view-metrics.ts';
import { silentLogger } from '../../runtime/logger.ts';
import type { PriorityClass } from '../../runtime/priority-class.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { viewInformers } from '../../testing/views/informers.ts';
import { MemoryViewWriter } from '../../testing/views/memory-writer.ts';
import {
  viewAccount,
  viewCase,
  viewCluster,
  viewDevice,
  viewMember,
} from '../../testing/views/objects.ts';
import { viewsRunnable } from './index.ts';

let clock: ManualClock;
let writer: MemoryViewWriter;
let pending: readonly [changes: number, oldestSeconds: number];
let failures: number;

beforeEach(() => {
  clock = new ManualClock(Date.parse('2026-11-25T12:00:00Z'));
  writer = new MemoryViewWriter();
  pending = [0, 0];
  failures = 0;
});

const metrics: ViewMetrics = {
  viewsWritten: () => {},
  viewsPending: (changes, oldestSeconds) => {
    pending = [changes, oldestSeconds];
  },
  viewSumsWritten: () => {},
  viewsNotWritten: () => {
    failures += 1;
  },
};

const priority = (name: string, value: number): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name, resourceVersion: String(value) },
  value,
});

/** A hub with its informers, which are fed by hand. */
function hub() {
  const informers = viewInformers();
  const state = { inventory: new Inventory() };
  const runnable = viewsRunnable({
    ...informers,
    state,
    writer,
    metrics,
    clock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const ended = { done: Promise.resolve() };
  return {
    ...informers,
    start: () => {
      ended.done = runnable.run(stop.signal, {});
    },
    stop: () => {
      stop.abort();
      return ended.done;
    },
  };
}

const keys = (): readonly string[] => [...writer.rows.keys()].toSorted();
/** Kind and name of what each batch since the last call wrote or removed. */
function written(): readonly string[] {
  const of = writer.batches
    .splice(0)
    .flatMap(({ rows, gone }) => [
      ...rows.map(({ kind, name }) => `${kind} ${name}`),
      ...gone.map(({ kind, name }) => `-${kind} ${name}`),
    ]);
  return of.toSorted();
}

test('a hub that takes over writes what differs, removes what is gone, and leaves the rest', async () => {
  const first = hub();
  first.members.put(viewMember('fra-1'));
  first.clusters.put(viewCluster('stays'));
  first.clusters.put(viewCluster('goes'));
  first.clusters.put(viewCluster('changes'));
  first.devices.put(viewDevice('gpu-0'));
  first.slashCases.put(viewCase('c1'));
  first.accounts.put(viewAccount('renter'));
  first.start();
  await clock.advance(1_000);
  expect(keys()).toEqual([
    'account team/renter',
    'case fra-1/c1',
    'cluster team/changes',
    'cluster team/goes',
    'cluster team/stays',
    'device fra-1/gpu-0',
    'member /fra-1',
  ]);
  await first.stop();
  written();

  const second = hub();
  second.members.put(viewMember('fra-1'));
  second.clusters.put(viewCluster('stays'));
  second.clusters.put(viewCluster('changes', { version: 2 }));
  second.clusters.put(viewCluster('comes'));
  second.devices.put(viewDevice('gpu-0'));
  second.slashCases.put(viewCase('c1'));
  second.accounts.put(viewAccount('renter'));
  second.start();
  await clock.advance(1_000);
  expect(written()).toEqual(['-cluster goes', 'cluster changes', 'cluster comes']);
  await second.stop();

  // The same device and case, which earn for another account since.
  const third = hub();
  const accountRef = { namespace: 'suppliers', name: 'other' };
  third.members.put(viewMember('fra-1', { version: 2, spec: { accountRef } }));
  third.devices.put(viewDevice('gpu-0'));
  third.slashCases.put(viewCase('c1'));
  third.start();
  await clock.advance(1_000);
  expect(written().filter((each) => !each.startsWith('-'))).toEqual([
    'case c1',
    'device gpu-0',
    'member fra-1',
  ]);
  await third.stop();
});

test('what changes is written once, however often it changed meanwhile', async () => {
  const one = hub();
  one.start();
  await clock.advance(1_000);
  written();
  for (let version = 1; version < 20; version += 1) {
    one.clusters.put(viewCluster('train', { version }));
  }
  one.clusters.put(viewCluster('short-lived'));
  one.clusters.drop(viewCluster('short-lived'));
  await clock.advance(1_000);
  expect(written()).toEqual(['-cluster short-lived', 'cluster train']);
  expect(writer.rows.get('cluster team/train')?.version).toMatch(/^1\.19\./);
  one.clusters.drop(viewCluster('train', { version: 20 }));
  await clock.advance(1_000);
  expect(written()).toEqual(['-cluster train']);
  await one.stop();
});

test('views follow what else they are made of: account and prices, countries, priorities', async () => {
  const one = hub();
  one.members.put(viewMember('fra-1'));
  one.devices.put(viewDevice('gpu-0'));
  one.devices.put(viewDevice('gpu-0', { member: 'ams-1' }));
  one.slashCases.put(viewCase('c1'));
  const lease = { member: 'fra-1' } as NonNullable<NonNullable<IOCluster['status']>['lease']>;
  one.clusters.put(viewCluster('runs', { status: { lease } }));
  one.clusters.put(viewCluster('waits', { spec: { priorityClassName: 'high' } }));
  one.start();
  await clock.advance(1_000);
  written();
  one.members.put(viewMember('fra-1', { version: 2, spec: { displayName: 'Frankfurt' } }));
  await clock.advance(1_000);
  expect(written()).toEqual(['member fra-1']);
  const spec = { accountRef: { namespace: 'suppliers', name: 'other' } };
  one.members.put(viewMember('fra-1', { version: 3, spec }));
  await clock.advance(1_000);
  expect(written()).toEqual(['case c1', 'device gpu-0', 'member fra-1']);
  expect(writer.rows.get('device fra-1/gpu-0')).toMatchObject({ account: 'suppliers/other' });
  const moved = { ...spec, location: { country: 'NL' } };
  one.members.put(viewMember('fra-1', { version: 4, spec: moved }));
  await clock.advance(1_000);
  expect(written()).toEqual(['cluster runs', 'member fra-1']);
  one.priorityClasses.put(priority('high', 100));
  await clock.advance(1_000);
  expect(written()).toEqual(['cluster waits']);
  expect(writer.rows.get('cluster team/waits')).toMatchObject({ line: { priority: 100 } });
  await one.stop();
});

test('what lies in no namespace of a member has no view', async () => {
  const one = hub();
  const { metadata, ...rest } = viewDevice('stray');
  one.devices.put({ ...rest, metadata: { ...metadata, namespace: 'team' } });
  one.start();
  await clock.advance(1_000);
  expect(keys()).toEqual([]);
  await one.stop();
});

test('while the database is away changes wait, and come when it is back', async () => {
  const one = hub();
  one.start();
  await clock.advance(1_000);
  writer.isAway = true;
  one.clusters.put(viewCluster('first'));
  await clock.advance(30_000);
  one.clusters.put(viewCluster('second'));
  one.clusters.put(viewCluster('first', { version: 2 }));
  await clock.advance(30_000);
  expect(pending[0]).toBe(2);
  expect(pending[1]).toBeGreaterThan(50);
  expect(failures).toBeGreaterThan(10);
  writer.isAway = false;
  await clock.advance(5_000);
  expect(keys()).toEqual(['cluster team/first', 'cluster team/second']);
  expect(writer.rows.get('cluster team/first')?.version).toMatch(/^1\.2\./);
  expect(pending).toEqual([0, 0]);
  await one.stop();
});

test('a hub that starts while the database is away catches up with everything', async () => {
  writer.isAway = true;
  const one = hub();
  one.clusters.put(viewCluster('early'));
  one.start();
  await clock.advance(10_000);
  one.clusters.put(viewCluster('late'));
  writer.isAway = false;
  await clock.advance(10_000);
  expect(keys()).toEqual(['cluster team/early', 'cluster team/late']);
  expect(writer.sums?.network.clusters.waiting).toBe(2);
  await one.stop();
});

test('keys of objects that are gone do not add up for ever while the database is away', async () => {
  const one = hub();
  one.clusters.put(viewCluster('stays'));
  one.start();
  await clock.advance(1_000);
  writer.isAway = true;
  for (let at = 0; at < 100_010; at += 1) {
    const cluster = viewCluster(`short-${at}`);
    one.clusters.put(cluster);
    one.clusters.drop(cluster);
  }
  one.clusters.put(viewCluster('stays', { version: 2 }));
  await clock.advance(10_000);
  expect(pending[0]).toBeLessThan(10);
  writer.isAway = false;
  await clock.advance(10_000);
  expect(writer.rows.get('cluster team/stays')?.version).toMatch(/^1\.2\./);
  await one.stop();
});

test('who was superseded writes nothing, and takes over again if it still leads after a while', async () => {
  const one = hub();
  one.start();
  await clock.advance(1_000);
  await writer.takeOver();
  one.clusters.put(viewCluster('train'));
  await clock.advance(10_000);
  expect(keys()).toEqual([]);
  await clock.advance(10_000);
  expect(keys()).toEqual(['cluster team/train']);
  expect(writer.term).toBe(3);
  await one.stop();
});

test('sums are written every five seconds, and only by who took over', async () => {
  const one = hub();
  one.start();
  await clock.advance(1_000);
  const first = writer.sums?.network.asOf;
  await clock.advance(20_000);
  const later = Date.parse(writer.sums?.network.asOf ?? '');
  expect(first).toBeDefined();
  expect(clock.now() - later).toBeLessThan(6_000);
  writer.term += 1;
  const term = writer.term;
  await clock.advance(8_000);
  expect(writer.term).toBe(term);
  await clock.advance(30_000);
  expect(writer.term).toBe(term + 1);
  await one.stop();
});

test('a view that the database refuses, or that cannot be made, keeps no other waiting', async () => {
  const one = hub();
  const amountBaseUnits = 'many';
  const stake = { amountBaseUnits, requiredBaseUnits: '1' };
  one.devices.put(viewDevice('unmade', { status: { stake } }));
  for (let at = 0; at < 600; at += 1) one.devices.put(viewDevice(`gpu-${at}`));
  writer.refuses = 'gpu-123';
  one.start();
  await clock.advance(5_000);
  expect(keys()).toHaveLength(599);
  expect(keys()).not.toContain('device fra-1/gpu-123');
  expect(pending[0]).toBe(0);
  expect(failures).toBe(2);
  one.devices.put(viewDevice('gpu-0', { version: 2 }));
  writer.refuses = '';
  one.devices.put(viewDevice('gpu-123', { version: 2 }));
  await clock.advance(1_000);
  expect(keys()).toContain('device fra-1/gpu-123');
  await one.stop();
});

test('many objects are written in batches, small kinds first', async () => {
  const one = hub();
  for (let at = 0; at < 1_700; at += 1) one.devices.put(viewDevice(`gpu-${at}`));
  one.clusters.put(viewCluster('train'));
  one.start();
  await clock.advance(1_000);
  expect(writer.batches.map(({ rows }) => rows.length)).toEqual([500, 500, 500, 201]);
  expect(writer.batches[0]?.rows[0]?.kind).toBe('cluster');
  await one.stop();
});
