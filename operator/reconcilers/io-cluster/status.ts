import type { IOCluster, IOClusterStatus } from '../../../crds/schema/index.ts';
import { ioClusterConditions } from '../../domain/io-cluster/conditions.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
import { withConditions } from '../with-conditions.ts';
import type { Decision } from './decide.ts';

/** status.refusals has at most this many entries. */
const maximumRefusals = 20;

/** The whole status after a decision in `phase`; equal to the old one where nothing changed. */
export function statusAfter(
  cluster: IOCluster,
  decision: Decision,
  phase: Phase,
  nowMs: number,
): IOClusterStatus {
  const { generation } = cluster.metadata;
  const conditions = withConditions(
    cluster.status?.conditions,
    ioClusterConditions(phase),
    generation,
    nowMs,
  );
  return {
    observedGeneration: generation ?? 0,
    conditions: [...conditions],
    leaseGeneration: decision.leaseGeneration,
    ...(phase.kind === 'Waiting' ? waitingFields(phase) : {}),
    ...(phase.kind === 'Leased' ? leasedFields(cluster, phase) : {}),
  };
}

function waitingFields({ refusal, quote }: Extract<Phase, { kind: 'Waiting' }>) {
  return {
    refusals: refusal.counts
      .slice(0, maximumRefusals)
      .map(({ reason, members, devices }) => ({ reason, members, devices })),
    ...(quote === undefined
      ? {}
      : {
          quote: {
            devices: quote.devices,
            priceMicroUsdPerHour: Number(quote.priceMicroUsdPerHour),
          },
        }),
  };
}

function leasedFields(cluster: IOCluster, phase: Extract<Phase, { kind: 'Leased' }>) {
  const { lease, report } = phase;
  const desired = cluster.spec.workerGroups.reduce((sum, { replicas }) => sum + replicas, 0);
  const workers = {
    desired: report.workers?.desired ?? desired,
    ready: report.workers?.ready ?? 0,
  };
  return {
    lease,
    quote: { devices: lease.devices, priceMicroUsdPerHour: lease.priceMicroUsdPerHour },
    workers: { ...workers, summary: `${workers.ready}/${workers.desired}` },
  };
}
