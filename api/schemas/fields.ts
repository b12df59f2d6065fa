import { z } from 'zod';

/** Each message says what would be right; what was sent is told beside it. */

/** The ledger keeps seconds in 32 bits. */
const lastSecond = 2 ** 31 - 1;

const secondsMessage = 'whole seconds since 1970 in UTC';
export const seconds = z.int(secondsMessage).min(0, secondsMessage).max(lastSecond, secondsMessage);

const millisecondsMessage = 'whole milliseconds since 1970 in UTC';
export const milliseconds = z
  .int(millisecondsMessage)
  .min(0, millisecondsMessage)
  .max(lastSecond * 1000, millisecondsMessage);

const minuteMessage = 'whole minutes since 1970 in UTC';
export const minute = z
  .int(minuteMessage)
  .min(0, minuteMessage)
  .max(Math.floor(lastSecond / 60), minuteMessage);

const pattern = (expression: RegExp, message: string) =>
  z.string(message).regex(expression, message);

export const spoolId = pattern(/^[A-Za-z0-9_-]{16,64}$/, '16 to 64 letters, digits, - or _');

const sequenceMessage = 'a whole number from 1 on, one more in each report of a spool';
export const sequence = z.int(sequenceMessage).min(1, sequenceMessage);

export const leaseId = pattern(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  'the name of a lease, such as lease-0123456789abcdef',
);

export const podUid = pattern(
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'the uid of a pod: a UUID in lower case',
);

/** A Kubernetes object name: lower-case DNS labels with dots. */
export const deviceName = pattern(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  'the name of an IODevice',
);

export const rosterHash = pattern(/^[A-Za-z0-9_-]{16,128}$/, 'the hash of the roster, in hex');
