import { z } from 'zod';
import {
  type DeviceEvidence,
  evidenceBucketSeconds,
  maxEvidencePerReport,
} from '../../operator/domain/evidence/types.ts';
import { deviceName, leaseId, milliseconds, seconds } from './fields.ts';

const whole = (least: number, most: number) => {
  const message = `a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

const device = z
  .strictObject(
    {
      leaseId,
      device: deviceName,
      samples: whole(1, evidenceBucketSeconds),
      utilAvgPercent: whole(0, 100).exactOptional(),
      utilMaxPercent: whole(0, 100).exactOptional(),
      fbUsedMaxMiB: whole(0, 2 ** 24).exactOptional(),
      powerAvgWatt: whole(0, 10_000).exactOptional(),
      lastXid: whole(1, 9_999).exactOptional(),
      xidCount: whole(0, evidenceBucketSeconds),
    },
    'the evidence of a device',
  )
  .refine(({ samples, xidCount }) => xidCount <= samples, 'at most as many XIDs as samples')
  .refine(
    ({ lastXid, xidCount }) => (lastXid === undefined) === (xidCount === 0),
    'lastXid if xidCount is not 0, else none',
  );

const bucketMessage = `seconds since 1970 in UTC, a multiple of ${evidenceBucketSeconds}`;
const devicesMessage = `a list of 1 to ${maxEvidencePerReport} devices; split a longer one`;

/** The body of `POST /v1/intake/evidence`: an EvidenceReport. */
export const evidenceReportSchema = z.strictObject(
  {
    bucketStartSeconds: seconds.multipleOf(evidenceBucketSeconds, bucketMessage),
    sentAtMs: milliseconds,
    devices: z
      .array(device, devicesMessage)
      .min(1, devicesMessage)
      .max(maxEvidencePerReport, devicesMessage)
      .refine(isEachOnce, 'each device of a lease once')
      .readonly(),
  },
  'an evidence report',
);

function isEachOnce(devices: readonly DeviceEvidence[]): boolean {
  const names = new Set(devices.map(({ leaseId: lease, device: name }) => `${lease} ${name}`));
  return names.size === devices.length;
}
