import { randomUUID } from 'node:crypto';
import type { IODevice, IOPlacement } from '../../../crds/schema/index.ts';
import type { EvidenceMetrics } from '../../ports/evidence-metrics.ts';
import type { MeteringMetrics } from '../../ports/metering-metrics.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { type Logger, withFields } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { Evidence, type EvidenceOptions } from './evidence.ts';
import { GpuUuids } from './gpu-uuids.ts';
import { Heartbeats } from './heartbeats.ts';
import type { IntakeClient } from './intake-client.ts';
import { Meter } from './meter.ts';
import type { Pod } from './pod.ts';
import { Sender } from './sender.ts';
import { Spool } from './spool.ts';
import { spoolDirectory } from './spool-files.ts';
import { lockSpool } from './spool-lock.ts';
import type { MeteredNode } from './views.ts';
import type { WatchSight } from './watch-sight.ts';

export type MeteringOptions = Readonly<{
  member: string;
  spoolDirectory: string;
  client: IntakeClient;
  reportMs: number;
  placements: WatchedInformer<IOPlacement>;
  devices: WatchedInformer<IODevice>;
  pods: WatchedInformer<Pod>;
  nodes: WatchedInformer<MeteredNode>;
  sights: Readonly<{ pods: WatchSight; nodes: WatchSight }>;
  clock: Clock;
  random: Random;
  metrics: MeteringMetrics & EvidenceMetrics;
  logger: Logger;
  /** Whether the work of a lease is stopped. */
  isFenced: (leaseId: string) => boolean;
  isBroken?: ((device: string) => boolean) | undefined;
  /** Undefined: no exporter is asked. It has a client of its own, so that usage never waits for it. */
  evidence: Pick<EvidenceOptions, 'client' | 'targets' | 'intervalMs'> | undefined;
}>;

/** Metering of one member: what to run, what to ask and what to close in the end. */
export type Metering = Readonly<{
  meter: Pick<Meter, 'settled' | 'state' | 'fence' | 'healthChanged' | 'podOn'>;
  /** Ids of a node's GPUs by their number, as far as exporters told them. */
  uuids: (node: string) => ReadonlyMap<number, string>;
  runnables: readonly Runnable[];
  close: () => Promise<void>;
}>;

/** What an agent that is killed saw after it last wrote down how far it sees is not billed. */
const observeEveryMs = 1_000;

/** Opens the spool and prepares metering. Throws SpoolLockedError when another agent has it. */
export async function openMetering(options: MeteringOptions): Promise<Metering> {
  const { clock, random, metrics, client } = options;
  const logger = withFields(options.logger, { part: 'metering' });
  const files = await spoolDirectory(options.spoolDirectory);
  const lock = await lockSpool(options.spoolDirectory, clock);
  const spool = await Spool.open({ files, randomId: randomUUID, logger });
  const shared = { spool, clock, metrics, logger };
  const { placements, pods, nodes, sights, member, reportMs } = options;
  const meter = new Meter({
    ...shared,
    ...{ member, placements, pods, nodes, sights },
    isFenced: options.isFenced,
    isBroken: options.isBroken,
    observeMs: observeEveryMs,
  });
  const sender = new Sender({ ...shared, client, random, intervalMs: reportMs });
  const heartbeats = new Heartbeats({
    ...{ client, clock, random, logger },
    devices: options.devices.cache,
    nodes: nodes.cache,
    sight: sights.nodes,
  });
  const evidence = evidenceOf(options, meter, logger);
  return {
    meter,
    uuids: (node) => evidence.uuids(node),
    runnables: [
      { name: 'spool-lock', needsLeadership: false, run: (signal) => lock.keep(signal) },
      { name: 'meter', run: (signal) => meter.run(signal) },
      { name: 'usage-sender', run: (signal) => sender.run(signal) },
      { name: 'device-heartbeats', run: (signal) => heartbeats.run(signal) },
      ...evidence.runnables,
    ],
    async close() {
      await client.close();
      await options.evidence?.client.close();
      await spool.close();
      await lock.release();
    },
  };
}

function evidenceOf(
  { evidence, devices, clock, random, metrics }: MeteringOptions,
  meter: Meter,
  logger: Logger,
): Pick<Metering, 'uuids' | 'runnables'> {
  if (evidence === undefined) return { uuids: () => new Map(), runnables: [] };
  const samples = new Evidence({
    ...{ ...evidence, clock, random, metrics, logger },
    devices: devices.cache,
    billed: () => meter.billedDevices(),
  });
  const uuids = new GpuUuids({ targets: evidence.targets, clock, random, logger });
  return {
    uuids: (node) => uuids.of(node),
    runnables: [
      { name: 'evidence', run: (signal) => samples.run(signal) },
      { name: 'gpu-uuids', run: (signal) => uuids.run(signal) },
    ],
  };
}
