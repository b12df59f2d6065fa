import { beforeEach, expect, test } from '@jest/globals';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { noLedgerMetrics } from '../../testing/no-metrics.ts';
import { Balances } from './balances.ts';

const key = 'team/main';
let clock: ManualClock;
let ledger: MemoryLedger;
let balances: Balances;

beforeEach(() => {
  clock = new ManualClock(Date.UTC(2026, 10, 24));
  ledger = new MemoryLedger();
  balances = new Balances({ ledger, metrics: noLedgerMetrics, clock, random: () => 0.5 });
});

test('an account has what the ledger has of it, and when that was last found changed', async () => {
  ledger.deposit(key, 12_500_000n);
  ledger.deposit(key, 1n, 'IO');
  const first = await balances.of(key, undefined);
  expect(first).toEqual({
    balances: [
      { asset: 'USDC', available: '12.50', held: '0.00', earned: '0.00' },
      { asset: 'IO', available: '0.00000001', held: '0.00', earned: '0.00' },
    ],
    balancesTime: '2026-11-24T00:00:00Z',
  });
  await clock.advance(60_000);
  expect(await balances.of(key, { ...first, conditions: [] })).toEqual(first);
});

test('an account without entries says nothing, and its first money at once', async () => {
  expect(await balances.of(key, undefined)).toEqual({});
  ledger.deposit(key, 1_000_000n);
  await clock.advance(5_000);
  expect(await balances.of(key, undefined)).toMatchObject({ balances: [{ available: '1.00' }] });
});

test('a status is written at most twice a minute, whatever happens', async () => {
  ledger.deposit(key, 1_000_000n);
  const first = await balances.of(key, undefined);
  ledger.deposit(key, 1_000_000n);
  const texts = [];
  for (let second = 5; second <= 35; second += 5) {
    await clock.advance(5_000);
    const { balances: found = [] } = await balances.of(key, { ...first, conditions: [] });
    texts.push(found[0]?.available);
  }
  expect(texts).toEqual(['1.00', '1.00', '1.00', '1.00', '1.00', '2.00', '1.00']);
});

test('while the ledger is away an account keeps what was last known of it', async () => {
  ledger.deposit(key, 1_000_000n);
  const first = await balances.of(key, undefined);
  ledger.balances = () => Promise.reject(new StoreUnavailableError('away', 1));
  await clock.advance(60_000);
  expect(await balances.of(key, { ...first, conditions: [] })).toEqual(first);
});
