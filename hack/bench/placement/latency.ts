import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi } from '../../federation/kube-api.ts';
import { quantile } from '../statistics.ts';
import type { Arrivals } from './arrivals.ts';
import { type Accepted, applyCluster } from './renters.ts';

const ARRIVED_WITHIN_MS = 120_000;
const NS_PER_MS = 1e6;

/** Milliseconds from an IOCluster to its RayCluster on the member. */
export type Latency = {
  /** From when the API server's answer to the apply was here. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From when the apply was sent: with the apply itself. */
  readonly p99FromSendingMs: number;
  readonly maximumMs: number;
};

/**
 * Applies `count` IOClusters at a steady rate, whether earlier ones are placed or not, and measures
 * each until its RayCluster is on the member.
 */
export async function measureLatency(
  hub: KubeApi,
  arrivals: Arrivals,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<Latency> {
  const startMs = performance.now();
  const applies: Promise<Accepted>[] = [];
  for (let index = 0; index < count; index += 1) {
    await delay(Math.max(0, startMs + (index * 1000) / perSecond - performance.now()));
    applies.push(applyCluster(hub, 'steady', index));
  }
  const accepted = await Promise.all(applies);
  await arrivals.all(
    accepted.map(({ uid }) => uid),
    ARRIVED_WITHIN_MS,
  );
  const since = (from: (each: Accepted) => bigint): number[] =>
    accepted.map((each) => Number(arrivals.at(each.uid) - from(each)) / NS_PER_MS);
  const fromAccepted = since(({ acceptedNs }) => acceptedNs);
  return {
    p50Ms: quantile(fromAccepted, 0.5),
    p99Ms: quantile(fromAccepted, 0.99),
    p99FromSendingMs: quantile(
      since(({ sentNs }) => sentNs),
      0.99,
    ),
    maximumMs: quantile(fromAccepted, 1),
  };
}
