import { z } from 'zod';
import { maxChangesPerReport } from '../../operator/domain/metering/types.ts';
import { deviceName, leaseId, milliseconds, podUid, seconds, sequence, spoolId } from './fields.ts';

const endReasons = [
  'NotReady',
  'PodGone',
  'NodeLost',
  'Released',
  'Fenced',
  'DeviceBroken',
  'Unobserved',
] as const;

const key = { leaseId, podUid, device: deviceName, startSeconds: seconds };

/** One change of a report: an IntervalChange. */
export const changeSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('Opened'), ...key }, 'a change'),
    z.strictObject(
      {
        kind: z.literal('Closed'),
        ...key,
        endSeconds: seconds,
        reason: z.enum(endReasons, `one of ${endReasons.join(', ')}`),
      },
      'a change',
    ),
  ],
  'a change of kind Opened or Closed',
);

const changesMessage = `a list of at most ${maxChangesPerReport} changes; split a longer one`;

/** The body of `POST /v1/intake/usage`: a UsageReport. */
export const usageReportSchema = z.strictObject(
  {
    spoolId,
    sequence,
    sentAtMs: milliseconds,
    observedUntilSeconds: seconds,
    changes: z
      .array(changeSchema, changesMessage)
      .max(maxChangesPerReport, changesMessage)
      .readonly(),
  },
  'a usage report',
);
