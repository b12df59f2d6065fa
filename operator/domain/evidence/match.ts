import type { IODevice } from '../../../crds/schema/index.ts';
import type { Reading } from './exposition.ts';
import type { EvidenceSample } from './types.ts';

/** Names of IODevices by what an exporter knows of them. */
export type DeviceBook = Readonly<{
  byUuid: ReadonlyMap<string, string>;
  /** Devices whose uuid is not known, by node, profile and number. */
  byPlace: ReadonlyMap<string, string>;
}>;

/** A sample of an IODevice. */
export type DeviceSample = Readonly<{
  device: string;
  sample: EvidenceSample;
  /** `namespace/name` of the pod that has it, where that is told. */
  pod?: string;
}>;

/** Devices are known by their uuid; those without one by their place. */
export function deviceBook(devices: readonly IODevice[]): DeviceBook {
  const byUuid = new Map<string, string>();
  const byPlace = new Map<string, string>();
  for (const { metadata, spec } of devices) {
    const { uuid, node, migProfile, index } = spec;
    if (uuid === undefined) byPlace.set(placeKey(node.name, migProfile, index), metadata.name);
    else byUuid.set(uuid, metadata.name);
  }
  return { byUuid, byPlace };
}

/** Finds the device of each reading of a node's exporter; those of no known device are left out. */
export function matchReadings(
  { byUuid, byPlace }: DeviceBook,
  node: string,
  readings: readonly Reading[],
): readonly DeviceSample[] {
  const numbers = numbersOf(readings);
  return readings.flatMap((reading) => {
    const place = placeKey(node, reading.slice?.profile, numbers(reading));
    const device = byUuid.get(reading.uuid ?? '') ?? byPlace.get(place);
    if (device === undefined) return [];
    const { sample, pod } = reading;
    return [{ device, sample, ...(pod === undefined ? {} : { pod }) }];
  });
}

/**
 * The number that a device has among those of its kind, as IODevices are numbered: whole GPUs
 * without those that are cut into slices, slices of a profile through all GPUs.
 */
function numbersOf(readings: readonly Reading[]): (reading: Reading) => number {
  const sliced = new Set(readings.flatMap(({ gpu, slice }) => (slice === undefined ? [] : [gpu])));
  const order = readings.toSorted((a, b) => a.gpu - b.gpu || idOf(a) - idOf(b));
  const byProfile = Map.groupBy(order, ({ slice }) => slice?.profile ?? '');
  return (reading) => {
    if (reading.slice !== undefined) {
      return (byProfile.get(reading.slice.profile) ?? []).indexOf(reading);
    }
    // A cut GPU as a whole is no device; one that fell off the bus leaves its number to nobody.
    if (sliced.has(reading.gpu)) return -1;
    return reading.gpu - [...sliced].filter((gpu) => gpu < reading.gpu).length;
  };
}

const idOf = ({ slice }: Reading): number => slice?.id ?? 0;

/** No part of it has a space. */
const placeKey = (node: string, profile: string | undefined, number: number): string =>
  `${node} ${profile ?? ''} ${number}`;
