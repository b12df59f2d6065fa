import type { IODevice, IODeviceReason } from '../../../crds/schema/index.ts';
import type { EvidenceSample } from '../evidence/types.ts';
import { xidMeaning } from './xid.ts';

export type DeviceHealth = NonNullable<IODevice['spec']['health']>;

/** What one look found of a device and its node. */
export type DeviceLook = Readonly<{
  /** What the node's exporter said of it; undefined: nothing. */
  sample: EvidenceSample | undefined;
  /** The exporter tells of other GPUs of the node and, several times by now, not of this one. */
  isMissing: boolean;
  /** A condition of the Node by which its GPUs are not well. */
  nodeFault: string | undefined;
  /** What the machine runs: another text means that it, or the driver, was started anew. */
  boot: string;
  /** When a person last said that the node's GPUs are in order, in RFC 3339. */
  checked: string | undefined;
}>;

/** How a device was before, and since how long nothing was wrong with it. */
export type HealthBefore = Readonly<{ health: DeviceHealth | undefined; quietMs: number }>;

/** So long nothing may be wrong before a device counts as healthy again. */
export const recoverAfterMs = 10 * 60_000;
/** No GPU of a data centre works on at this temperature for long. */
const tooHotCelsius = 95;
/** As long as the schema takes. */
const maxTextLength = 256;

type Fault = Readonly<{
  state: 'Degraded' | 'Broken';
  reason: Exclude<IODeviceReason<'Healthy'>, 'Healthy' | 'NodeNotReady' | 'NotAllocatable'>;
  message: string;
  xid?: number;
}>;

/**
 * The worst that a look shows; undefined: nothing is wrong. An exporter says the last XID until it is
 * started anew: one that a person has seen to, and that still stands, counts no more.
 */
export function faultOf(look: DeviceLook, before: DeviceHealth | undefined): Fault | undefined {
  const faults = [...sampleFaults(look.sample ?? {}, acceptedXid(before)), ...nodeFaults(look)];
  return faults.find(({ state }) => state === 'Broken') ?? faults[0];
}

/**
 * The health of a device after a look. It gets worse at once. It gets better when nothing was wrong for
 * `recoverAfterMs`, of a broken one only when its machine or driver was started anew besides; or when a
 * person says so.
 */
export function healthAfter(
  look: DeviceLook,
  { health, quietMs }: HealthBefore,
  nowIso: string,
): DeviceHealth | undefined {
  if (wasChecked(health, look)) return checkedHealth(look, health, nowIso);
  const fault = faultOf(look, health);
  if (fault !== undefined && rank(fault) > rank(health)) {
    return { ...fault, message: bounded(fault.message), since: nowIso, boot: look.boot };
  }
  if (health === undefined || fault !== undefined) return health;
  if (health.state === 'Healthy') return withoutOldXid(health, look);
  const isQuiet = isSeen(look, health) && quietMs >= recoverAfterMs;
  const mayRecover = health.state === 'Degraded' || health.boot !== look.boot;
  if (!isQuiet || !mayRecover) return health;
  const message = `In order again after ${health.reason}.`;
  return { state: 'Healthy', reason: 'Recovered', message, since: nowIso };
}

/** Whether a look that shows nothing wrong says anything: silence of an exporter does not. */
export function isSeen(look: DeviceLook, health: DeviceHealth | undefined): boolean {
  return look.sample !== undefined || health?.reason === 'NodeReportsFault';
}

function* sampleFaults(
  { xid = 0, rowRemapFailures = 0, eccDoubleBitErrors = 0, temperatureCelsius = 0 }: EvidenceSample,
  accepted: number | undefined,
): Generator<Fault> {
  const { class: kind, text, remedy } = xidMeaning(xid);
  if (xid > 0 && xid !== accepted && (kind === 'Degraded' || kind === 'Broken')) {
    const message = `XID ${xid}: ${text}; ${remedy ?? 'reset the GPU'}.`;
    yield { state: kind, reason: 'XidError', message, xid };
  }
  if (rowRemapFailures > 0) {
    const message = 'Memory of the GPU could not be remapped; exchange it.';
    yield { state: 'Broken', reason: 'RowRemapFailure', message };
  }
  if (eccDoubleBitErrors > 0) {
    const message = `${eccDoubleBitErrors} memory errors could not be corrected; reset the GPU.`;
    yield { state: 'Degraded', reason: 'EccError', message };
  }
  if (temperatureCelsius >= tooHotCelsius) {
    const message = `${tooHotCelsius} °C were reached; check the cooling.`;
    yield { state: 'Degraded', reason: 'Overheated', message };
  }
}

function* nodeFaults({ isMissing, nodeFault }: DeviceLook): Generator<Fault> {
  if (isMissing) {
    const message = 'The driver does not see the GPU any more; restart the machine.';
    yield { state: 'Broken', reason: 'DeviceMissing', message };
  }
  if (nodeFault !== undefined) {
    const message = `The node says ${nodeFault} of its GPUs.`;
    yield { state: 'Degraded', reason: 'NodeReportsFault', message };
  }
}

const rank = (health: Pick<DeviceHealth, 'state'> | undefined): number =>
  ['Healthy', 'Degraded', 'Broken'].indexOf(health?.state ?? 'Healthy');

const acceptedXid = (health: DeviceHealth | undefined): number | undefined =>
  health?.state === 'Healthy' ? health.xid : undefined;

function wasChecked(health: DeviceHealth | undefined, { checked }: DeviceLook): boolean {
  if (health === undefined || health.state === 'Healthy' || checked === undefined) return false;
  return Date.parse(checked) > Date.parse(health.since);
}

/** What still stands besides an XID counts on. */
function checkedHealth(
  look: DeviceLook,
  before: DeviceHealth | undefined,
  nowIso: string,
): DeviceHealth {
  const xid = look.sample?.xid ?? before?.xid ?? 0;
  const message = 'A person has checked it: annotation compute.io.net/gpus-checked of the Node.';
  const checked: DeviceHealth = {
    ...{ state: 'Healthy', reason: 'Checked', message, since: nowIso },
    ...(xid > 0 ? { xid } : {}),
  };
  const fault = faultOf(look, checked);
  return fault === undefined
    ? checked
    : { ...fault, message: bounded(fault.message), since: nowIso, boot: look.boot };
}

/** Once the exporter says another XID, or none, the old one counts again when it comes back. */
function withoutOldXid(health: DeviceHealth, { sample }: DeviceLook): DeviceHealth {
  if (health.xid === undefined || sample === undefined || sample.xid === health.xid) return health;
  const { xid: _, ...rest } = health;
  return rest;
}

const bounded = (text: string): string => text.slice(0, maxTextLength);
