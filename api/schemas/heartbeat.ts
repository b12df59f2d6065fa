import { z } from 'zod';
import { maxRosterDevices } from '../../operator/domain/metering/types.ts';
import { deviceName, milliseconds, minute, rosterHash } from './fields.ts';

const rosterMessage = `a list of 1 to ${maxRosterDevices} device names`;
const upMessage = 'base64 of a bit for each device of the roster';
/** Base64 of the bits of the largest roster. */
const maxUpCharacters = Math.ceil(maxRosterDevices / 8 / 3) * 4;

const roster = z
  .array(deviceName, rosterMessage)
  .min(1, rosterMessage)
  .max(maxRosterDevices, rosterMessage)
  .refine(isAscending, 'device names in ascending order, each one once')
  .readonly();

const base64 = /^(?=.)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const up = z.string(upMessage).max(maxUpCharacters, upMessage).regex(base64, upMessage);

/** The body of `POST /v1/intake/heartbeats`: a HeartbeatReport. */
export const heartbeatReportSchema = z.strictObject(
  { minute, sentAtMs: milliseconds, rosterHash, roster: roster.exactOptional(), up },
  'a heartbeat report',
);

function isAscending(names: readonly string[]): boolean {
  return names.every((name, index) => {
    const before = names[index - 1];
    return before === undefined || before < name;
  });
}
