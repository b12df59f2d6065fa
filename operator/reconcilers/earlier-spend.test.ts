import { expect, test } from '@jest/globals';
import { leaseIdOf } from '../domain/lease.ts';
import type { LeaseMoney } from '../ports/lease-ledger.ts';
import { sha256 } from '../runtime/sha256.ts';
import { EarlierSpend } from './earlier-spend.ts';

const clusterUid = 'uid-1';
const idOf = (number: number): string => leaseIdOf(clusterUid, number, sha256);

/** A ledger that has these leases and counts what it was asked for. */
function ledgerOf(leases: Map<string, Pick<LeaseMoney, 'settled' | 'unsettled' | 'state'>>) {
  const asked: string[][] = [];
  const money = async (ids: readonly string[]): Promise<readonly LeaseMoney[]> => {
    asked.push([...ids]);
    return ids.flatMap((leaseId): LeaseMoney[] => {
      const found = leases.get(leaseId);
      if (found === undefined) return [];
      const times = { firstUsageSeconds: undefined, observedUntilSeconds: undefined };
      const rest = { asset: 'USDC', held: 0n, available: 0n, ratePerHour: 0n } as const;
      return [{ leaseId, ...rest, ...times, ...found }];
    });
  };
  return { money, asked };
}

test('leases that are settled for good are asked about once, the others again', async () => {
  const leases = new Map([
    [idOf(1), { settled: 10n, unsettled: 0n, state: 'Closed' as const }],
    // Number 2 was never opened.
    [idOf(3), { settled: 5n, unsettled: 2n, state: 'Closing' as LeaseMoney['state'] }],
  ]);
  const ledger = ledgerOf(leases);
  const earlier = new EarlierSpend(ledger);
  const now = { clusterUid, generation: 4 };
  expect(earlier.knows(now)).toBe(false);
  await earlier.ask([now]);
  expect(earlier.knows(now)).toBe(true);
  expect(earlier.of(clusterUid)).toBe(17n);
  leases.set(idOf(3), { settled: 8n, unsettled: 0n, state: 'Closed' });
  await earlier.ask([now]);
  expect(earlier.of(clusterUid)).toBe(18n);
  await earlier.ask([now]);
  expect(ledger.asked).toEqual([[idOf(1), idOf(2), idOf(3)], [idOf(3)]]);
  expect(earlier.knows({ clusterUid, generation: 5 })).toBe(false);
});

test('a cluster with thousands of leases is asked about in batches', async () => {
  const ledger = ledgerOf(new Map());
  const earlier = new EarlierSpend(ledger);
  await earlier.ask([{ clusterUid, generation: 2_502 }]);
  expect(ledger.asked.map(({ length }) => length)).toEqual([1_000, 1_000, 501]);
});

test('a first lease has nothing before it, and a cluster that is gone is forgotten', async () => {
  const leases = new Map([[idOf(1), { settled: 10n, unsettled: 0n, state: 'Closed' as const }]]);
  const ledger = ledgerOf(leases);
  const earlier = new EarlierSpend(ledger);
  expect(earlier.knows({ clusterUid, generation: 1 })).toBe(true);
  await earlier.ask([{ clusterUid, generation: 2 }]);
  earlier.forget((uid) => uid === clusterUid);
  expect(earlier.of(clusterUid)).toBe(0n);
});
