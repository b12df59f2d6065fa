import type { FastifyInstance } from 'fastify';
import {
  evidenceBucketSeconds,
  type EvidenceReport,
} from '../../operator/domain/evidence/types.ts';
import { checkSkew, maxSkewMs, receivedAtMs } from '../plugins/clock-skew.ts';
import { memberOf } from '../plugins/member-identity.ts';
import type { ApiPorts } from '../ports.ts';
import { Problem } from '../problem.ts';
import { evidenceReportSchema } from '../schemas/evidence.ts';
import { validated } from '../schemas/validate.ts';

/** 2,000 devices with the longest names that occur. */
const bodyLimitBytes = 1024 * 1024;
/** Agents give up what waited for longer. */
const maxAgeSeconds = 86_400;

/** `POST /v1/intake/evidence`: what DCGM said of leased devices in an hour. It bills nothing. */
export function addEvidenceRoute(server: FastifyInstance, { evidence, metrics }: ApiPorts): void {
  server.post('/v1/intake/evidence', { bodyLimit: bodyLimitBytes }, async (request) => {
    const member = memberOf(request);
    const received = receivedAtMs(request);
    const report: EvidenceReport = validated(evidenceReportSchema, request.body);
    checkSkew(report.sentAtMs, received, metrics);
    checkBucket(report.bucketStartSeconds, received);
    const receipt = await evidence.evidence(member, report);
    metrics.evidence('stored', receipt.stored);
    metrics.evidence('refused', receipt.refused);
    return { receivedAtMs: received, ...receipt };
  });
}

function checkBucket(bucketStartSeconds: number, receivedMs: number): void {
  const latest = Math.floor((receivedMs + maxSkewMs) / 1000) - evidenceBucketSeconds;
  const oldest = Math.floor(receivedMs / 1000) - maxAgeSeconds;
  if (bucketStartSeconds >= oldest && bucketStartSeconds <= latest) return;
  throw new Problem(
    422,
    'BucketOutOfRange',
    `bucketStartSeconds is ${bucketStartSeconds}; an hour is taken when it is over, for a day: ` +
      `from ${oldest} to ${latest}`,
    { more: { receivedAtMs: receivedMs } },
  );
}
