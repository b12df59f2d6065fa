import { durationSeconds } from '../../../crds/schema/duration.ts';
import type { IOCluster } from '../../../crds/schema/index.ts';
import { parseAmount } from '../../domain/pricing/assets.ts';
import { spanText } from '../output/text.ts';
import { spentOf } from './money.ts';

/** What ends a cluster that runs, and when. */
export type End = Readonly<{ what: string; atMs: number }>;

const hourMs = 3_600_000;

/**
 * When a running cluster ends by itself, if nothing changes and all its devices work: the nearest
 * of its ttl and its budget. What was last told of its cost is carried on at its price.
 */
export function endOf(cluster: IOCluster, nowMs: number): End | undefined {
  const ends = [ttlEnd(cluster), budgetEnd(cluster, nowMs)].filter((end) => end !== undefined);
  return ends.toSorted((a, b) => a.atMs - b.atMs)[0];
}

function ttlEnd({ spec, status }: IOCluster): End | undefined {
  const ttl = spec.lifetime?.ttl;
  const start = status?.lease?.startTime;
  const seconds = durationSeconds(ttl ?? '');
  if (seconds === undefined || start === undefined) return undefined;
  return { what: `spec.lifetime.ttl ${ttl}`, atMs: Date.parse(start) + seconds * 1000 };
}

function budgetEnd(cluster: IOCluster, nowMs: number): End | undefined {
  const { spec, status } = cluster;
  const limit = spec.budget?.maxSpendMicroUsd;
  const spent = spentOf(cluster);
  const payment = status?.quote?.payment;
  // In IO the limit moves with the price of IO, which only the hub knows.
  if (limit === undefined || spent?.asset !== 'USDC' || payment?.asset !== 'USDC') return undefined;
  const perHour = parseAmount(payment.perHour, 'USDC') ?? 0n;
  if (perHour === 0n) return undefined;
  const left = BigInt(limit) - spent.amount;
  const toldMs = Date.parse(status?.spend?.time ?? new Date(nowMs).toISOString());
  const atMs = toldMs + (Number(left) / Number(perHour)) * hourMs;
  return { what: 'spec.budget.maxSpendMicroUsd', atMs };
}

/** `in 3h12m by spec.lifetime.ttl 4h`. */
export function endText({ what, atMs }: End, nowMs: number): string {
  const when = atMs <= nowMs ? 'now' : `in ${spanText((atMs - nowMs) / 1000)}`;
  return `${when} by ${what}`;
}
