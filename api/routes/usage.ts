import type { FastifyInstance } from 'fastify';
import type { UsageReport } from '../../operator/domain/metering/types.ts';
import { checkSkew, maxSkewMs, receivedAtMs } from '../plugins/clock-skew.ts';
import { memberOf } from '../plugins/member-identity.ts';
import type { ApiPorts } from '../ports.ts';
import { Problem } from '../problem.ts';
import { usageReportSchema } from '../schemas/usage.ts';
import { validated } from '../schemas/validate.ts';

/** 2,000 changes with the longest names that occur. */
const bodyLimitBytes = 1024 * 1024;

/**
 * `POST /v1/intake/usage`: what changed on a member's devices. Answers with the receipt and the hub's
 * time, after the commit. Refusals of single changes are in the receipt, not in the status.
 */
export function addUsageRoute(server: FastifyInstance, { intake, metrics }: ApiPorts): void {
  server.post('/v1/intake/usage', { bodyLimit: bodyLimitBytes }, async (request) => {
    const member = memberOf(request);
    const received = receivedAtMs(request);
    const report: UsageReport = validated(usageReportSchema, request.body);
    checkSkew(report.sentAtMs, received, metrics);
    checkWatermark(report.observedUntilSeconds, received);
    const receipt = await intake.report(member, report, received);
    metrics.changes('accepted', receipt.accepted);
    metrics.changes('duplicate', receipt.duplicate);
    metrics.changes('rejected', receipt.rejected.length);
    for (const { reason } of receipt.rejected) metrics.rejected(reason);
    return { receivedAtMs: received, ...receipt };
  });
}

/** Open intervals are billed up to the watermark: it cannot be later than now. */
function checkWatermark(observedUntilSeconds: number, receivedMs: number): void {
  const aheadMs = observedUntilSeconds * 1000 - receivedMs;
  if (aheadMs <= maxSkewMs) return;
  throw new Problem(
    422,
    'WatermarkInTheFuture',
    `observedUntilSeconds is ${Math.floor(aheadMs / 1000)} s ahead of the hub's clock; send the ` +
      'second until which the pods were seen',
    { more: { receivedAtMs: receivedMs } },
  );
}
