import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FederationMetrics } from '../../ports/federation-metrics.ts';
import type { LedgerMetrics } from '../../ports/ledger-metrics.ts';
import type { RootMetrics } from '../../ports/reward-roots.ts';
import type { SettlementMetrics } from '../../ports/settlement-metrics.ts';
import type { MirrorMetrics } from '../../ports/mirror-metrics.ts';
import type { StakeMetrics } from '../../ports/stake-metrics.ts';
import type { ViewMetrics } from '../../ports/view-metrics.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { mirrorMetrics } from './mirror-metrics.ts';
import { runtimeMetrics } from './runtime-metrics.ts';
import { rootMetrics } from './root-metrics.ts';
import { settlementMetrics } from './settlement-metrics.ts';
import { stakeMetrics } from './stake-metrics.ts';
import { viewMetrics } from './view-metrics.ts';

const decisionBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
const closeBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const lookBuckets = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const placementBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** What a process measures, and how it is scraped. */
export type Metrics = RuntimeMetrics &
  FederationMetrics &
  LedgerMetrics &
  SettlementMetrics &
  RootMetrics &
  MirrorMetrics &
  StakeMetrics &
  ViewMetrics & {
    /** The exposition text for `GET /metrics`. */
    text(): Promise<string>;
    contentType: string;
  };

/** One registry a process; `component` becomes a label of every series. */
export function createMetrics(component: 'hub' | 'agent'): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ component });
  collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...runtimeMetrics(registry),
    ...federationMetrics(registry),
    ...ledgerMetrics(registry),
    ...settlementMetrics(registry),
    ...rootMetrics(registry),
    ...mirrorMetrics(registry),
    ...stakeMetrics(registry),
    ...viewMetrics(registry),
  };
}

function ledgerMetrics(registry: Registry): LedgerMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const seconds = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const closed = gauge('io_epoch_closed', 'The last epoch that was closed.');
  const closing = seconds(
    'io_epoch_close_duration_seconds',
    'Duration of closing one epoch.',
    closeBuckets,
  );
  const shortfalls = counter('io_epoch_shortfalls_total', 'Leases that were not paid in full.');
  const corrections = counter('io_epoch_corrections_total', 'Leases with use of earlier epochs.');
  const unavailable = new Counter({
    name: 'io_ledger_unavailable_total',
    help: 'Calls that the ledger did not answer, by what was asked.',
    labelNames: ['call'],
    registers,
  });
  const looking = seconds(
    'io_money_look_duration_seconds',
    'Duration of one look at the money of all leases.',
    lookBuckets,
  );
  const looked = gauge('io_money_leases', 'Leases whose money is looked at.');
  const unfunded = gauge('io_clusters_unfunded', 'IOClusters that wait for money.');
  return {
    epochClosed(report, took) {
      closed.set(report.epoch);
      if (!report.closed) return;
      closing.observe(took);
      shortfalls.inc(report.shortfalls);
      corrections.inc(report.corrections);
    },
    ledgerUnavailable: (call) => unavailable.inc({ call }),
    moneyLooked(leases, took) {
      looked.set(leases);
      looking.observe(took);
    },
    unfunded: (count) => unfunded.set(count),
  };
}

function federationMetrics(registry: Registry): FederationMetrics {
  const registers = [registry];
  const placing = new Histogram({
    name: 'io_placement_duration_seconds',
    help: 'From the creation (or resumption) of an IOCluster to its placement.',
    buckets: placementBuckets,
    registers,
  });
  const deciding = new Histogram({
    name: 'io_placement_decision_duration_seconds',
    help: 'Computing time of one placement decision.',
    buckets: decisionBuckets,
    registers,
  });
  const refusals = new Counter({
    name: 'io_placement_refusals_total',
    help: 'Placement decisions that refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const devices = gauge('io_devices', 'Devices by model and state.', ['model', 'state']);
  const leases = gauge('io_leases', 'Leases by member.', ['member']);
  const waiting = gauge('io_clusters_waiting', 'IOClusters that wait for devices.', []);
  return {
    placed: (seconds) => placing.observe(seconds),
    decided(seconds, refusal) {
      deciding.observe(seconds);
      if (refusal !== undefined) refusals.inc({ reason: refusal });
    },
    devices(counts) {
      devices.reset();
      for (const { model, state, count } of counts) devices.set({ model, state }, count);
    },
    leases(counts) {
      leases.reset();
      for (const { member, count } of counts) leases.set({ member }, count);
    },
    waiting: (count) => waiting.set(count),
  };
}
