import type { Decimal, Instant } from '../../../../operator/domain/views/types.ts';

/** How numbers and times are read. Undefined: as the reader's browser does. */
type Locale = string | undefined;

const decimalPattern = /^-?[0-9]+(\.[0-9]+)?$/;

/** An exact decimal text, grouped; nothing is rounded unless `maxDecimals` says so. */
export function formatDecimal(
  text: Decimal,
  options: Readonly<{ minDecimals?: number; maxDecimals?: number; sign?: boolean }> = {},
  locale?: Locale,
): string {
  if (!decimalPattern.test(text)) return text;
  const { minDecimals = 0, maxDecimals = 20, sign = false } = options;
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: minDecimals,
    maximumFractionDigits: maxDecimals,
    signDisplay: sign ? 'exceptZero' : 'auto',
  }).format(text as Intl.StringNumericLiteral);
}

/** Micro-USD as dollars: at least two decimals, at most six, exact. */
export function formatMicroUsd(microUsd: number | bigint, locale?: Locale): string {
  return `$${formatDecimal(microUsdDecimal(microUsd), { minDecimals: 2, maxDecimals: 6 }, locale)}`;
}

/** Micro-USD as an exact decimal text of dollars. */
export function microUsdDecimal(microUsd: number | bigint): Decimal {
  const units = typeof microUsd === 'bigint' ? microUsd : wholeOf(microUsd);
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % 1_000_000n).toString().padStart(6, '0');
  return `${units < 0n ? '-' : ''}${magnitude / 1_000_000n}.${fraction}`;
}

/** What is no whole number has no business here, but a page need not fail for it. */
const wholeOf = (value: number): bigint =>
  Number.isFinite(value) ? BigInt(Math.round(value)) : 0n;

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** `2 h 5 min`: the two largest units that say something. */
export function formatDuration(seconds: number, locale?: Locale): string {
  if (!Number.isFinite(seconds)) return '';
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, length] of units) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (parts.length === 0 && count === 0 && unit !== 'second') continue;
    if (count > 0 || (parts.length === 0 && unit === 'second'))
      parts.push(unitText(count, unit, locale));
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

function unitText(count: number, unit: (typeof units)[number][0], locale: Locale): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
}

const byteUnits = ['byte', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes with a binary unit: `79.6 GiB`. */
export function formatBytes(bytes: number, locale?: Locale): string {
  let value = bytes;
  let index = 0;
  while (Math.abs(value) >= 1024 && index < byteUnits.length - 1) {
    value /= 1024;
    index += 1;
  }
  const text = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value);
  const unit = byteUnits[index] ?? 'byte';
  return `${text} ${unit === 'byte' ? (value === 1 ? 'byte' : 'bytes') : unit}`;
}

/** A ratio as percent with at most one decimal. */
export function formatPercent(ratio: number, locale?: Locale): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(
    ratio,
  );
}

/** A count, grouped. */
export function formatCount(value: number, locale?: Locale): string {
  return new Intl.NumberFormat(locale).format(value);
}

type TimeOptions = Readonly<{ dateOnly?: boolean; timeZone?: string }>;

/** A point in time in the reader's zone, with the zone's name. The text itself when it is none. */
export function formatTime(instant: Instant, options: TimeOptions = {}, locale?: Locale): string {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) return instant;
  const { dateOnly = false, timeZone } = options;
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    ...(dateOnly ? {} : { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }),
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(ms);
}

/** `3 minutes ago`, `in 2 days`. */
export function relativeTime(instant: Instant, nowMs: number, locale?: Locale): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  if (Number.isNaN(seconds)) return instant;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

/** The ends of a long word: `7xKX…9fGh`. */
export function shorten(text: string, ends = 4): string {
  const letters = Array.from(text);
  if (letters.length <= ends * 2 + 1) return text;
  return `${letters.slice(0, ends).join('')}…${letters.slice(-ends).join('')}`;
}

/** The name of a country in the reader's language; the code where it has none. */
export function countryName(code: string, locale?: Locale): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  const names = new Intl.DisplayNames(locale === undefined ? [] : [locale], { type: 'region' });
  return names.of(code) ?? code;
}
