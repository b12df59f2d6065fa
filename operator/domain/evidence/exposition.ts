import { merge } from './fold.ts';
import type { EvidenceSample } from './types.ts';

/** What an exporter says of a GPU, or of a MIG slice of one. */
export type Reading = Readonly<{
  /** Number of the GPU in its node. */
  gpu: number;
  /** By NVIDIA; that of the slice itself for a slice. Absent: not told. */
  uuid?: string;
  slice?: Readonly<{ profile: string; id: number }>;
  /** `namespace/name` of the pod that has it; absent: none, or not told. */
  pod?: string;
  sample: EvidenceSample;
}>;

/** Most characters of an answer: some hundred times that of a machine with 16 GPUs. */
export const maxExpositionCharacters = 4 * 1024 * 1024;
/** Most series that are looked at, with a copy for each pod that shares a GPU. */
const maxSeries = 8_192;

/** The exporter said more than any machine has. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';
}

type Field = Readonly<{ name: keyof EvidenceSample; most: number; scale: number }>;

/**
 * What is above `most` is none of a device: DCGM says "not measured" by numbers that are far above
 * it, such as 2147483632, 140737488355328 and 9223372036854775794.
 */
const fields: Readonly<Record<string, Field>> = {
  GPU_UTIL: { name: 'utilPercent', most: 100, scale: 1 },
  FB_USED: { name: 'fbUsedMiB', most: 2 ** 24, scale: 1 },
  POWER_USAGE: { name: 'powerMilliwatt', most: 10_000, scale: 1000 },
  XID_ERRORS: { name: 'xid', most: 9_999, scale: 1 },
  ECC_DBE_VOL_TOTAL: { name: 'eccDoubleBitErrors', most: 2 ** 30, scale: 1 },
  ROW_REMAP_FAILURE: { name: 'rowRemapFailures', most: 1, scale: 1 },
  GPU_TEMP: { name: 'temperatureCelsius', most: 200, scale: 1 },
};
const series = new RegExp(
  String.raw`^DCGM_FI_DEV_(${Object.keys(fields).join('|')})` +
    String.raw`\{((?:[A-Za-z_]\w*="(?:[^"\\\n]|\\.)*",? ?)*)\} +(\S+)`,
  'gm',
);
const label = /([A-Za-z_]\w*)="((?:[^"\\\n]|\\.)*)"/g;

/**
 * Reads the text that DCGM exporter serves to Prometheus. Series without a GPU, and values that no
 * device has, are passed over; of copies of a series the largest counts. Throws ExpositionError.
 */
export function parseExposition(text: string): readonly Reading[] {
  if (text.length > maxExpositionCharacters) {
    throw new ExpositionError(`more than ${maxExpositionCharacters} characters of metrics`);
  }
  const readings = new Map<string, Reading>();
  let count = 0;
  for (const [, name = '', labels = '', value = ''] of text.matchAll(series)) {
    count += 1;
    if (count > maxSeries) throw new ExpositionError(`more than ${maxSeries} series of devices`);
    const place = placeOf(labels);
    const sample = sampleOf(name, Number(value));
    if (place === undefined || sample === undefined) continue;
    const key = `${place.gpu} ${place.slice?.profile ?? ''} ${place.slice?.id ?? ''}`;
    const known = readings.get(key);
    readings.set(key, { ...known, ...place, sample: merge(known?.sample ?? {}, sample) });
  }
  return [...readings.values()];
}

function sampleOf(name: string, value: number): EvidenceSample | undefined {
  const field = fields[name];
  if (field === undefined || !(value >= 0 && value <= field.most)) return undefined;
  return { [field.name]: Math.round(value * field.scale) };
}

function placeOf(text: string): Omit<Reading, 'sample'> | undefined {
  const labels = new Map([...text.matchAll(label)].map(([, name, value]) => [name, value]));
  const gpu = numberOf(labels.get('gpu'));
  if (gpu === undefined) return undefined;
  // DCGM writes 1g.10gb+me where Kubernetes writes 1g.10gb.me.
  const profile = (labels.get('GPU_I_PROFILE') ?? '').replaceAll('+', '.');
  const id = numberOf(labels.get('GPU_I_ID'));
  const pod = podOf(labels.get('namespace'), labels.get('pod'));
  if (profile === '' || id === undefined) return { gpu, ...given(labels.get('UUID')), ...pod };
  return { gpu, slice: { profile, id }, ...given(labels.get('mig_device_uuid')), ...pod };
}

const numberOf = (text = ''): number | undefined =>
  /^\d{1,4}$/.test(text) ? Number(text) : undefined;

const given = (uuid = ''): Pick<Reading, 'uuid'> => (uuid === '' ? {} : { uuid });

const podOf = (namespace = '', name = ''): Pick<Reading, 'pod'> =>
  namespace === '' || name === '' ? {} : { pod: `${namespace}/${name}` };
