import type { IODevice } from '../../../crds/schema/index.ts';
import type { Reading } from '../../domain/evidence/exposition.ts';
import { addSample, merge, noSamples, summaryOf, type Tally } from '../../domain/evidence/fold.ts';
import { deviceBook, type DeviceSample, matchReadings } from '../../domain/evidence/match.ts';
import {
  type DeviceEvidence,
  evidenceBucketSeconds,
  type EvidenceReport,
  type EvidenceSample,
  maxEvidencePerReport,
} from '../../domain/evidence/types.ts';
import type { EvidenceMetrics } from '../../ports/evidence-metrics.ts';
import type { Lister } from '../../runtime/cache.ts';
import { type Clock, type Random, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { askAll, type ExporterTarget, type ExporterTargets, readingsOf } from './exporters.ts';
import { type IntakeClient, isFinalRefusal } from './intake-client.ts';

export type EvidenceOptions = Readonly<{
  /** Of its own: what it sends holds up nothing else. */
  client: IntakeClient;
  targets: ExporterTargets;
  devices: Lister<IODevice>;
  /** Devices that are billed now, and the lease of each. */
  billed: () => ReadonlyMap<string, string>;
  intervalMs: number;
  clock: Clock;
  random: Random;
  metrics: EvidenceMetrics;
  logger: Logger;
}>;

type Key = Readonly<{ leaseId: string; device: string }>;
type Waiting = Readonly<{ bucketStartSeconds: number; devices: readonly DeviceEvidence[] }>;

const evidencePath = '/v1/intake/evidence';
/** How long all exporters together are asked. */
const roundTimeoutMs = 50_000;
/** Reports that wait while the hub is away: of six hours with 20,000 devices. */
const maxWaitingReports = 60;

/**
 * Asks the DCGM exporters of nodes with billed devices what these do, and tells the hub every
 * hour. It is evidence beside the intervals: what is lost is counted, and nothing waits for it. An agent
 * that is started anew tells the rest of its hour; of two the hub keeps the one of more samples.
 */
export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #tallies = new Map<string, Key & { tally: Tally }>();
  readonly #waiting: Waiting[] = [];
  #bucketStartSeconds = 0;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  /** Until aborted; the informers have to be synced. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, intervalMs } = this.#options;
    // Members look, and so send, at different times.
    await sleep(clock, random() * intervalMs, signal);
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      this.#startBucket();
      await this.#tried(this.#look(signal), 'exporters of metrics could not be found', signal);
      await this.#tried(this.#sendAll(signal), 'evidence did not reach the hub', signal);
      await sleep(clock, intervalMs - (clock.monotonicMs() - startedMs), signal);
    }
  }

  async #tried(work: Promise<void>, failure: string, signal: AbortSignal): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!signal.aborted) this.#options.logger.warn(errorFields(error), failure);
    }
  }

  /** Takes a sample of each billed device. */
  async #look(signal: AbortSignal): Promise<void> {
    const { billed, devices, targets, clock } = this.#options;
    const leases = billed();
    if (leases.size === 0) return;
    const known = devices.list();
    const nodes = new Set(
      known.flatMap(({ metadata, spec }) => (leases.has(metadata.name) ? [spec.node.name] : [])),
    );
    const round = AbortSignal.any([signal, AbortSignal.timeout(roundTimeoutMs)]);
    const asked = (await targets(round)).filter(({ node }) => nodes.has(node));
    const atMs = clock.now();
    const book = deviceBook(known);
    const samples = new Map<string, EvidenceSample>();
    await askAll(asked, async (target) => {
      const readings = await this.#scrape(target, round);
      const matched = matchReadings(book, target.node, readings);
      this.#count('unmatched', readings.length - matched.length);
      // Two exporters of a node say the same twice.
      for (const { device, sample } of matched) {
        samples.set(device, merge(samples.get(device) ?? {}, sample));
      }
    });
    for (const [device, sample] of samples) this.#add({ device, sample }, leases.get(device), atMs);
  }

  #add({ device, sample }: DeviceSample, leaseId: string | undefined, atMs: number): void {
    if (leaseId === undefined) {
      this.#count('unused', 1);
      return;
    }
    const key = `${leaseId} ${device}`;
    const tally = this.#tallies.get(key)?.tally ?? noSamples;
    this.#tallies.set(key, { leaseId, device, tally: addSample(tally, sample, atMs) });
  }

  /** What belongs to an hour that is over becomes reports. */
  #startBucket(): void {
    const { clock, logger } = this.#options;
    const seconds = Math.floor(clock.now() / 1000);
    const bucketStartSeconds = seconds - (seconds % evidenceBucketSeconds);
    if (bucketStartSeconds === this.#bucketStartSeconds) return;
    const devices = [...this.#tallies.values()].map(({ leaseId, device, tally }) => ({
      ...{ leaseId, device },
      ...summaryOf(tally),
    }));
    for (let at = 0; at < devices.length; at += maxEvidencePerReport) {
      const part = devices.slice(at, at + maxEvidencePerReport);
      this.#waiting.push({ bucketStartSeconds: this.#bucketStartSeconds, devices: part });
    }
    while (this.#waiting.length > maxWaitingReports) {
      this.#count('lost', samplesOf(this.#waiting.shift()));
      logger.warn({ kept: maxWaitingReports }, 'the hub is away: the oldest evidence is given up');
    }
    this.#tallies.clear();
    this.#bucketStartSeconds = bucketStartSeconds;
  }

  /** Nothing for an exporter that does not answer, or not with metrics. */
  async #scrape({ node, url }: ExporterTarget, signal: AbortSignal): Promise<readonly Reading[]> {
    const { metrics, logger } = this.#options;
    try {
      const readings = await readingsOf(url, signal);
      metrics.evidenceScrape('read');
      return readings;
    } catch (error) {
      metrics.evidenceScrape('failed');
      logger.debug({ node, url, ...errorFields(error) }, 'an exporter did not tell its metrics');
      return [];
    }
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { client, clock, logger } = this.#options;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const report: EvidenceReport = { ...next, sentAtMs: clock.now() };
      const answer = await client.post(evidencePath, report, signal);
      const { status, reason, detail } = answer;
      if (status !== 200 && !isFinalRefusal(answer)) {
        throw new Error(`the hub answered ${status}: ${detail ?? 'it did not say why'}`);
      }
      this.#waiting.shift();
      if (status === 200) {
        this.#count('stored', samplesOf(next));
        continue;
      }
      this.#count('refused', samplesOf(next));
      logger.warn({ status, reason, detail }, 'evidence was refused');
    }
  }

  #count(...of: Parameters<EvidenceMetrics['evidenceSamples']>): void {
    if (of[1] > 0) this.#options.metrics.evidenceSamples(...of);
  }
}

const samplesOf = (report: Waiting | undefined): number =>
  (report?.devices ?? []).reduce((sum, { samples }) => sum + samples, 0);
