import { timestamp } from '../../../crds/schema/fields.ts';
import { quantityMilli } from '../../../crds/schema/quantity.ts';
import { isImagePattern, type MemberPolicy } from '../../domain/member/policy.ts';

/** A policy, or everything that is wrong with it: which key, what is there, what would be right. */
export type ParsedPolicy =
  | Readonly<{ policy: MemberPolicy }>
  | Readonly<{ faults: readonly string[] }>;

type Read = Readonly<{ value: Partial<MemberPolicy> }> | Readonly<{ expected: string }>;

const maxPatterns = 256;
const maxPatternLength = 256;
const maxShownLength = 64;
const maxDevices = 1_000_000;

/** By key of the ConfigMap. Only `allowedImages` is asked about an empty text. */
const readers: Readonly<Record<string, (text: string) => Read>> = {
  cordoned: (text) =>
    text === 'true' || text === 'false'
      ? { value: { cordoned: text === 'true' } }
      : { expected: '"true" or "false"' },
  drainDeadline: (text) =>
    timestamp().safeParse(text).success
      ? { value: { drainDeadline: text } }
      : { expected: 'a time such as 2026-11-23T10:00:00Z' },
  allowedImages: images,
  maxCpuPerPod: (text) => {
    const maxMilliCpuPerPod = quantityMilli(text);
    return maxMilliCpuPerPod === undefined
      ? { expected: 'CPU cores such as 64 or 500m' }
      : { value: { maxMilliCpuPerPod } };
  },
  maxMemoryPerPod: (text) => {
    const maxMilliBytesPerPod = quantityMilli(text);
    return maxMilliBytesPerPod === undefined
      ? { expected: 'memory such as 512Gi' }
      : { value: { maxMilliBytesPerPod } };
  },
  maxDevicesPerLease: (text) =>
    /^[0-9]{1,7}$/.test(text) && Number(text) <= maxDevices
      ? { value: { maxDevicesPerLease: Number(text) } }
      : { expected: `a number from 0 to ${maxDevices}` },
};

/**
 * Reads the policy of a data centre. A key that is not known is a fault as well: one that is
 * misspelt would limit nothing. A key with nothing in it is as one that is left out, but for
 * `allowedImages`, which then allows none.
 */
export function parsePolicy(data: Readonly<Record<string, string>>): ParsedPolicy {
  const policy: { -readonly [Key in keyof MemberPolicy]: MemberPolicy[Key] } = { cordoned: false };
  const faults: string[] = [];
  for (const [key, raw] of Object.entries(data)) {
    const text = raw.trim();
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (read === undefined) {
      const known = Object.keys(readers).join(', ');
      faults.push(`${shown(key)}: there is no such key; known are ${known}`);
      continue;
    }
    if (text === '' && read !== images) continue;
    const result = read(text);
    if ('value' in result) Object.assign(policy, result.value);
    else faults.push(`${key}: ${shown(text)} must be ${result.expected}`);
  }
  return faults.length === 0 ? { policy } : { faults };
}

function images(text: string): Read {
  const allowedImages = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wrong = allowedImages.find(
    (pattern) => pattern.length > maxPatternLength || !isImagePattern(pattern),
  );
  if (wrong === undefined && allowedImages.length <= maxPatterns) {
    return { value: { allowedImages } };
  }
  const what = `at most ${maxPatterns} lines, each a folder of images such as docker.io/rayproject/ or an image`;
  return { expected: wrong === undefined ? what : `${what}, and ${shown(wrong)} is neither` };
}

const shown = (text: string): string =>
  JSON.stringify(text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text);
