import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Fences } from './fences.ts';
import { Renewals, type Stamp } from './renewals.ts';

const lease = 'lease-0123456789abcdef';
const signal = new AbortController().signal;
let clock: ManualClock;
let directory: string;
let bootId: string;
let fenced: number[];
/** The placement as the hub has it. */
let placement: IOPlacement | undefined;
let says: () => Promise<IOPlacement | undefined>;

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  directory = mkdtempSync(join(tmpdir(), 'fences-'));
  bootId = 'boot-1';
  fenced = [];
  placement = placed();
  says = async () => placement;
});
afterEach(() => rmSync(directory, { recursive: true }));

function placed(deletionTimestamp?: string): IOPlacement {
  const deleted = deletionTimestamp === undefined ? {} : { deletionTimestamp };
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOPlacement',
    metadata: { name: lease, ...deleted },
    spec: buildPlacementSpec({ fencing: { policy: 'AfterFence', afterSeconds: 30 } }),
  };
}

/** An agent that starts now, with what the one before left on its disk. */
async function start() {
  const stamp = (): Stamp => ({ bootId, uptimeMs: clock.monotonicMs(), wallMs: clock.now() });
  const renewals = await Renewals.open({ clock, logger: silentLogger, directory, stamp });
  const fences = new Fences({
    renewals,
    askHub: () => says(),
    clock,
    logger: silentLogger,
  });
  fences.onFence((_, atSeconds) => void fenced.push(atSeconds));
  return { renewals, fences, check: () => fences.check(lease, 30) };
}

/** One that was heard and has the lease. */
async function heard() {
  const agent = await start();
  agent.renewals.acknowledge(clock.monotonicMs());
  expect(agent.check()).toBe('Unconfirmed');
  await agent.fences.ask(lease, signal);
  expect(agent.check()).toBe('Clear');
  return agent;
}

describe('a lease', () => {
  test('is fenced when no heartbeat was acknowledged for as long as it says', async () => {
    const { check } = await heard();
    await clock.advance(29_999);
    expect(check()).toBe('Clear');
    await clock.advance(1);
    expect(check()).toBe('Fenced');
    expect(fenced).toEqual([1_030]);
  });

  test('counts from when a heartbeat was sent, not from its answer', async () => {
    const { renewals, check } = await heard();
    const sentMs = clock.monotonicMs();
    await clock.advance(8_000);
    renewals.acknowledge(sentMs);
    await clock.advance(22_000);
    expect(check()).toBe('Fenced');
  });

  test('stays fenced until the hub was heard and then says that it is still here', async () => {
    const { renewals, fences, check } = await heard();
    await clock.advance(30_000);
    check();
    expect(fences.askable()).toEqual([]);
    expect(await fences.ask(lease, signal)).toBe(false);
    renewals.acknowledge(clock.monotonicMs());
    expect(check()).toBe('Fenced');
    expect(fences.askable()).toEqual([lease]);
    expect(await fences.ask(lease, signal)).toBe(true);
    expect(check()).toBe('Clear');
  });

  test.each<[string, () => IOPlacement | undefined]>([
    ['has deleted it', () => placed('2026-11-25T08:00:00Z')],
    ['does not know it', () => undefined],
  ])('stays fenced when the hub %s, and is not asked for again', async (_, found) => {
    const { renewals, fences, check } = await heard();
    await clock.advance(30_000);
    check();
    renewals.acknowledge(clock.monotonicMs());
    placement = found();
    expect(await fences.ask(lease, signal)).toBe(true);
    expect([check(), fences.askable()]).toEqual(['Fenced', []]);
    fences.forget(lease);
    expect(fences.isFenced(lease)).toBe(false);
  });

  test('is not believed to be here by an answer that came before another silence', async () => {
    const { renewals, fences, check } = await heard();
    await clock.advance(30_000);
    check();
    renewals.acknowledge(clock.monotonicMs());
    const asked = Promise.withResolvers<IOPlacement | undefined>();
    says = () => asked.promise;
    const released = fences.ask(lease, signal);
    await clock.advance(40_000);
    asked.resolve(placed());
    expect(await released).toBe(false);
    expect(check()).toBe('Fenced');
  });

  test('that begins in the same contact is asked for at once, and once', async () => {
    const { fences } = await heard();
    expect(fences.check('lease-2', 30)).toBe('Unconfirmed');
    expect(await fences.ask('lease-2', signal)).toBe(true);
    expect(fences.check('lease-2', 30)).toBe('Clear');
  });

  test('that was not looked at during a silence is asked for after it', async () => {
    const { renewals, fences } = await heard();
    await clock.advance(60_000);
    renewals.acknowledge(clock.monotonicMs());
    expect(fences.check(lease, 3_600)).toBe('Unconfirmed');
  });

  test('of an agent that was held up counts as stopped when it should have been', async () => {
    const { check } = await heard();
    await clock.advance(600_000);
    expect(check()).toBe('Fenced');
    expect(fenced).toEqual([1_030]);
  });
});

describe('an agent that starts', () => {
  test('soon after the last heartbeat goes on as before', async () => {
    await heard();
    await clock.advance(10_000);
    const { check } = await start();
    expect(check()).toBe('Clear');
    await clock.advance(20_000);
    expect(check()).toBe('Fenced');
  });

  test('after a long silence asks the hub first, and stops the work when that is away', async () => {
    await heard();
    await clock.advance(660_000);
    const { check } = await start();
    expect(check()).toBe('Unconfirmed');
    await clock.advance(5_000);
    expect(check()).toBe('Fenced');
  });

  test('when the hub is about to place anew stops the work at once', async () => {
    await heard();
    await clock.advance(33_000);
    expect((await start()).check()).toBe('Fenced');
    expect(fenced).toEqual([1_030]);
  });

  test('after a long silence goes on when the hub says that the lease is here', async () => {
    await heard();
    await clock.advance(660_000);
    const { renewals, fences, check } = await start();
    check();
    renewals.acknowledge(clock.monotonicMs());
    expect(check()).toBe('Unconfirmed');
    expect(await fences.ask(lease, signal)).toBe(true);
    expect(check()).toBe('Clear');
    expect(fenced).toEqual([]);
  });

  test('after its machine did counts by the wall clock', async () => {
    await heard();
    bootId = 'boot-2';
    await clock.advance(10_000);
    const { renewals } = await start();
    expect(renewals.silentMs()).toBe(10_000);
  });
});
