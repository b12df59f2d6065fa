import { z } from 'zod';
import { durationPattern, durationSeconds } from './duration.ts';
import { quantityMilli, quantityPattern } from './quantity.ts';
import { celPattern, ruled } from './rule.ts';

/** Largest amount of micro-USD in any field: a thousand million dollars, exact as a JSON number. */
export const maxMicroUsd = 1_000_000_000_000_000;

type TextOptions = Readonly<{
  max: number;
  min?: number;
  pattern: RegExp;
  /** What the value has to look like, with an example; completes "must be …". */
  what: string;
}>;

/** A bounded string with a form; the refusal says what would be right instead of showing a pattern. */
export function text({ max, min = 1, pattern, what }: TextOptions): z.ZodString {
  return ruled(z.string().min(min).max(max), {
    cel: `self.matches(${celPattern(pattern)})`,
    message: `must be ${what}`,
    holds: (value) => pattern.test(value),
  });
}

/** Free text for people. The API server counts characters, JavaScript's length counts halves of some. */
export const prose = (max: number) =>
  z
    .string()
    .refine((value) => value.length <= max || Array.from(value).length <= max, {
      error: `may not be more than ${max} characters`,
    })
    .meta({ maxLength: max });

export const dnsLabel = (max = 63) =>
  text({
    max,
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    what: `lower-case letters, digits and dashes, for example a100-pool`,
  });

export const dnsName = (max = 253) =>
  text({
    max,
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    what: 'lower-case letters, digits, dashes and dots, for example team-a.example',
  });

/** A word from an open vocabulary: certification, region. */
export const term = (what: string) =>
  text({ max: 63, pattern: /^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$/, what });

export const int32 = (min: number, max: number) =>
  z.int().min(min).max(max).meta({ format: 'int32' });

export const int64 = (min: number, max: number) =>
  z.int().min(min).max(max).meta({ format: 'int64' });

export const microUsd = () => int64(0, maxMicroUsd);

/** A token amount in base units as a decimal string, since it may pass what a JSON number holds. */
export const baseUnits = () =>
  text({
    max: 20,
    pattern: /^(0|[1-9][0-9]{0,19})$/,
    what: 'a whole number of base units in decimal digits, for example 20000000000',
  });

/** What money is kept in. */
export const asset = () => z.enum(['USDC', 'IO']);

/** An exact amount of an asset for people and programs: `12.50`, never rounded. */
export const exactDecimal = () =>
  text({
    max: 40,
    pattern: /^-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,12})?$/,
    what: 'an exact decimal number, for example 12.50',
  });

const timestampPattern =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[-+][0-9]{2}:[0-9]{2})$/i;

/** RFC 3339, for example 2026-11-23T10:00:00Z. The API server checks the format by itself. */
export const timestamp = () =>
  z
    .string()
    .max(40)
    .refine((value) => timestampPattern.test(value) && !Number.isNaN(Date.parse(value)), {
      error: 'must be of type date-time, for example 2026-11-23T10:00:00Z',
    })
    .meta({ format: 'date-time' });

export const solanaAddress = () =>
  text({
    max: 44,
    min: 32,
    pattern: /^[1-9A-HJ-NP-Za-km-z]+$/,
    what: 'a Solana address in base58, 32 to 44 characters long',
  });

export const sha256Hex = () =>
  text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: '64 lower-case hexadecimal digits' });

export const leaseId = () =>
  text({
    max: 22,
    pattern: /^lease-[0-9a-f]{16}$/,
    what: 'lease- and 16 hexadecimal digits, for example lease-0123456789abcdef',
  });

/** Canonical name of a GPU model: NVIDIA's product label without the maker and without suffixes. */
export const deviceModel = () =>
  ruled(
    text({
      max: 63,
      pattern: /^[A-Z0-9][A-Za-z0-9]*(-[A-Za-z0-9.]+)*$/,
      what: 'the name of a GPU model, for example H100-80GB-HBM3',
    }),
    {
      cel: "!self.startsWith('NVIDIA-')",
      message: 'leave out the maker: H100-80GB-HBM3 instead of NVIDIA-H100-80GB-HBM3',
      holds: (value) => !value.startsWith('NVIDIA-'),
    },
    {
      cel: "!self.endsWith('-SHARED')",
      message: 'a shared GPU is not rented; name the model without -SHARED',
      holds: (value) => !value.endsWith('-SHARED'),
    },
  );

export const migProfile = () =>
  text({
    max: 24,
    pattern: /^([1-7]c\.)?[1-7]g\.[0-9]{1,3}gb(\.(me|gfx))?$/,
    what: 'a MIG profile, for example 1g.10gb',
  });

/** A quantity may be written as a number (`cpu: 4`), as in a pod; code gets it as a string. */
function quantity(minimum: string, maximum: string, what: string) {
  const least = quantityMilli(minimum) ?? 0n;
  const most = quantityMilli(maximum) ?? 0n;
  const schema = z
    .codec(z.union([z.int(), z.string()]), z.string(), {
      decode: (value) => String(value),
      encode: (value) => value,
    })
    .meta({ 'x-kubernetes-int-or-string': true, maxLength: 24 });
  return ruled(schema, {
    cel: `string(self).matches(${celPattern(quantityPattern)}) && quantity(string(self)).compareTo(quantity('${minimum}')) >= 0 && quantity(string(self)).compareTo(quantity('${maximum}')) <= 0`,
    message: `must be ${what} between ${minimum} and ${maximum}`,
    holds: (value) => {
      const milli = quantityMilli(value);
      return value.length <= 24 && milli !== undefined && milli >= least && milli <= most;
    },
  });
}

export const cpuQuantity = () => quantity('100m', '1024', 'CPU cores such as 4 or 500m');

export const memoryQuantity = () => quantity('256Mi', '64Ti', 'memory such as 16Gi');

const secondsPerYear = 31_536_000;

export const duration = () =>
  ruled(z.string().min(2).max(24), {
    cel: `self.matches(${celPattern(durationPattern)}) && duration(self) > duration('0s') && duration(self) <= duration('8760h')`,
    message: 'must be a positive duration of at most a year (8760h), for example 2h30m',
    holds: (value) => {
      const seconds = durationSeconds(value);
      return seconds !== undefined && seconds > 0 && seconds <= secondsPerYear;
    },
  });

/** Degrees as a decimal string: floats do not survive comparison. */
function degrees(limit: number, example: string) {
  return ruled(z.string().min(1).max(12), {
    cel: `self.matches(r'^-?[0-9]{1,3}(\\.[0-9]{1,6})?$') && double(self) >= -${limit}.0 && double(self) <= ${limit}.0`,
    message: `must be decimal degrees between -${limit} and ${limit} as a string, for example "${example}"`,
    holds: (value) =>
      /^-?[0-9]{1,3}(\.[0-9]{1,6})?$/.test(value) && Math.abs(Number(value)) <= limit,
  });
}

export const latitude = () => degrees(90, '52.37');

export const longitude = () => degrees(180, '4.9');

/** A list whose items exclude each other; the API server refuses a second one. */
export function setOf<Item extends z.ZodType<string>>(item: Item, max: number): z.ZodArray<Item> {
  return z
    .array(item)
    .max(max)
    .superRefine((values, context) => {
      const index = values.findIndex((value, at) => values.indexOf(value) !== at);
      if (index < 0) return;
      context.addIssue({
        code: 'custom',
        message: `Duplicate value: "${values[index]}"`,
        path: [index],
      });
    })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** A list whose items have a key; server-side apply merges by it and a second one is refused. */
export function mapOf<Item extends z.ZodType>(
  item: Item,
  key: keyof z.output<Item> & string,
  bounds: Readonly<{ min?: number; max: number }>,
): z.ZodArray<Item> {
  return z
    .array(item)
    .min(bounds.min ?? 0)
    .max(bounds.max)
    .superRefine((values, context) => {
      const seen = new Set<unknown>();
      for (const [index, value] of values.entries()) {
        const id = (value as Record<string, unknown>)[key];
        if (seen.has(id)) {
          const shown = JSON.stringify({ [key]: id });
          context.addIssue({ code: 'custom', message: `Duplicate value: ${shown}`, path: [index] });
        }
        seen.add(id);
      }
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

/** A list that is replaced as a whole. */
export function listOf<Item extends z.ZodType>(item: Item, max: number): z.ZodArray<Item> {
  return z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' });
}

/** A bounded map of strings. */
export function stringMap(maxEntries: number, maxValueLength: number) {
  return z
    .record(z.string(), prose(maxValueLength))
    .superRefine((entries, context) => {
      const count = Object.keys(entries).length;
      if (count <= maxEntries) return;
      context.addIssue({
        code: 'custom',
        message: `must have at most ${maxEntries} items, not ${count}`,
      });
    })
    .meta({ maxProperties: maxEntries });
}
