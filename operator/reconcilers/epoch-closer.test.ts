import { expect, test } from '@jest/globals';
import type { EpochLedger } from '../ports/epoch-ledger.ts';
import type { RewardLedger } from '../ports/reward-ledger.ts';
import { StoreUnavailableError } from '../ports/store-errors.ts';
import { silentLogger } from '../runtime/logger.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { noLedgerMetrics } from '../testing/no-metrics.ts';
import { epochCloser } from './epoch-closer.ts';

const genesis = Date.UTC(2026, 10, 24) / 1000;
const minuteMs = 60_000;

class Epochs implements EpochLedger {
  closed: number[] = [];
  isAway = false;
  paused: string | undefined;
  /** Leases that wait to be settled. */
  closing = 0;

  async genesisSeconds(): Promise<number> {
    return genesis;
  }

  async lastClosed(): Promise<number> {
    return this.closed.at(-1) ?? 0;
  }

  async pausedBecause(): Promise<string | undefined> {
    return this.paused;
  }

  async closeEpoch(epoch: number) {
    if (this.isAway) throw new StoreUnavailableError('away', 1);
    this.closed.push(epoch);
    return { epoch, closed: true, leases: 0, corrections: 0, shortfalls: 0, digest: '' };
  }

  async settleClosing(limit: number): Promise<number> {
    const settled = Math.min(limit, this.closing);
    this.closing -= settled;
    return settled;
  }
}

class Rewards implements RewardLedger {
  readonly distributed: number[] = [];
  isBroken = false;

  async lastDistributed(): Promise<number> {
    return this.distributed.at(-1) ?? 0;
  }

  async distribute(epoch: number) {
    if (this.isBroken) throw new Error('the rules have no price');
    this.distributed.push(epoch);
    const none = { emitted: 0n, undistributed: 0n, devices: 0, eligible: 0, digest: '' };
    return { epoch, distributed: true, ...none };
  }
}

/** A hub that begins to lead `afterMs` after genesis. */
async function leading(afterMs: number, epochs = new Epochs(), rewards = new Rewards()) {
  const clock = new ManualClock(genesis * 1000 + afterMs);
  const metrics = noLedgerMetrics;
  const logger = silentLogger;
  const closer = epochCloser({ epochs, rewards, devices: () => [], metrics, clock, logger });
  void closer.run(new AbortController().signal, {});
  await clock.advance(0);
  return { clock, epochs, rewards };
}

test('an epoch is closed once its hour and the grace time are over', async () => {
  const { clock, epochs, rewards } = await leading(0);
  await clock.advance(61 * minuteMs);
  expect(epochs.closed).toEqual([]);
  await clock.advance(2 * minuteMs);
  expect(epochs.closed).toEqual([1]);
  expect(rewards.distributed).toEqual([1]);
  await clock.advance(60 * minuteMs);
  expect(epochs.closed).toEqual([1, 2]);
});

test('nothing is closed before the first epoch is over', async () => {
  const { clock, epochs } = await leading(-90 * minuteMs);
  await clock.advance(60 * minuteMs);
  expect(epochs.closed).toEqual([]);
});

test('epochs that passed while no hub ran are closed in order', async () => {
  const { epochs, rewards } = await leading(5 * 60 * minuteMs + 3 * minuteMs);
  expect(epochs.closed).toEqual([1, 2, 3, 4, 5]);
  expect(rewards.distributed).toEqual([1, 2, 3, 4, 5]);
});

test('what a person holds back is closed in order when it goes on', async () => {
  const epochs = new Epochs();
  epochs.paused = 'a price is looked into';
  const { clock, rewards } = await leading(3 * 60 * minuteMs + 3 * minuteMs, epochs);
  expect(epochs.closed).toEqual([]);
  epochs.paused = undefined;
  await clock.advance(3_000);
  expect(epochs.closed).toEqual([1, 2, 3]);
  expect(rewards.distributed).toEqual([1, 2, 3]);
});

test('a crash between closing and rewarding is made good by the next hub', async () => {
  const epochs = new Epochs();
  const rewards = new Rewards();
  epochs.closed = [1, 2, 3];
  rewards.distributed.push(1);
  await leading(4 * 60 * minuteMs, epochs, rewards);
  expect(epochs.closed).toEqual([1, 2, 3]);
  expect(rewards.distributed).toEqual([1, 2, 3]);
});

test('the ledger may be away, and rewards may fail: neither keeps the other back', async () => {
  const { clock, epochs, rewards } = await leading(0);
  epochs.isAway = true;
  await clock.advance(63 * minuteMs);
  expect(epochs.closed).toEqual([]);
  epochs.isAway = false;
  rewards.isBroken = true;
  await clock.advance(120 * minuteMs);
  expect(epochs.closed).toEqual([1, 2, 3]);
  rewards.isBroken = false;
  await clock.advance(minuteMs);
  expect(rewards.distributed).toEqual([1, 2, 3]);
});

test('all leases that ended are settled, in batches', async () => {
  const { clock, epochs } = await leading(0);
  epochs.closing = 2_500;
  await clock.advance(3_000);
  expect(epochs.closing).toBe(0);
});
