import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';

const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const workBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30];

/** The metrics of operator/runtime: the same names on hub and agent. */
export function runtimeMetrics(registry: Registry): RuntimeMetrics {
  return {
    ...queueMetrics(registry),
    ...informerMetrics(registry),
    ...requestMetrics(registry),
  };
}

type QueueMetrics = Pick<
  RuntimeMetrics,
  | 'reconcile'
  | 'queueDepth'
  | 'queueAdd'
  | 'queueLatency'
  | 'queueWork'
  | 'queueRetry'
  | 'queueRejected'
>;

function queueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['name'], registers });
  const seconds = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['name'], buckets: workBuckets, registers });
  const reconciles = new Counter({
    name: 'io_reconcile_total',
    help: 'Reconciles by controller and outcome.',
    labelNames: ['controller', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'io_reconcile_duration_seconds',
    help: 'Duration of one reconcile.',
    labelNames: ['controller'],
    buckets: workBuckets,
    registers,
  });
  const depth = new Gauge({
    name: 'io_workqueue_depth',
    help: 'Keys that wait now.',
    labelNames: ['name'],
    registers,
  });
  const adds = counter('io_workqueue_adds_total', 'Keys added.');
  const retries = counter('io_workqueue_retries_total', 'Keys added again after a failure.');
  const rejected = counter('io_workqueue_rejected_total', 'Keys refused since the queue was full.');
  const latency = seconds('io_workqueue_queue_duration_seconds', 'Time a key waited.');
  const work = seconds('io_workqueue_work_duration_seconds', 'Time a key was worked on.');
  return {
    reconcile(controller, outcome, took) {
      reconciles.inc({ controller, outcome });
      duration.observe({ controller }, took);
    },
    queueDepth: (name, waiting) => depth.set({ name }, waiting),
    queueAdd: (name) => adds.inc({ name }),
    queueLatency: (name, took) => latency.observe({ name }, took),
    queueWork: (name, took) => work.observe({ name }, took),
    queueRetry: (name) => retries.inc({ name }),
    queueRejected: (name) => rejected.inc({ name }),
  };
}

type InformerMetrics = Pick<
  RuntimeMetrics,
  'watchRestart' | 'list' | 'cachedObjects' | 'decodeFailure'
>;

function informerMetrics(registry: Registry): InformerMetrics {
  const registers = [registry];
  const restarts = new Counter({
    name: 'io_watch_restarts_total',
    help: 'Watches opened anew, by resource and reason.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const lists = new Histogram({
    name: 'io_list_duration_seconds',
    help: 'Duration of one full list.',
    labelNames: ['resource'],
    buckets: requestBuckets,
    registers,
  });
  const cached = new Gauge({
    name: 'io_cached_objects',
    help: 'Objects in an informer cache.',
    labelNames: ['resource'],
    registers,
  });
  const undecodable = new Counter({
    name: 'io_decode_failures_total',
    help: 'Objects that could not be decoded and were left out.',
    labelNames: ['resource'],
    registers,
  });
  return {
    watchRestart: (resource, reason) => restarts.inc({ resource, reason }),
    list: (resource, took) => lists.observe({ resource }, took),
    cachedObjects: (resource, count) => cached.set({ resource }, count),
    decodeFailure: (resource) => undecodable.inc({ resource }),
  };
}

type RequestMetrics = Pick<RuntimeMetrics, 'apiRequest' | 'leader' | 'eventDropped'>;

function requestMetrics(registry: Registry): RequestMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'io_api_requests_total',
    help: 'Requests to an API server; code 0 means that no answer came.',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'io_api_request_duration_seconds',
    help: 'Duration of one request, watches left out.',
    labelNames: ['verb', 'resource'],
    buckets: requestBuckets,
    registers,
  });
  const leading = new Gauge({
    name: 'io_leader',
    help: '1 while this process leads by the Lease of that name.',
    labelNames: ['name'],
    registers,
  });
  const dropped = new Counter({
    name: 'io_events_dropped_total',
    help: 'Kubernetes Events that were not written, by reason.',
    labelNames: ['reason'],
    registers,
  });
  return {
    apiRequest(verb, resource, code, took) {
      requests.inc({ verb, resource, code: String(code) });
      if (verb !== 'watch') duration.observe({ verb, resource }, took);
    },
    leader: (name, leads) => leading.set({ name }, leads ? 1 : 0),
    eventDropped: (reason) => dropped.inc({ reason }),
  };
}
