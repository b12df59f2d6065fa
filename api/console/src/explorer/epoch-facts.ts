import { formatCount, formatDecimal } from '../design/format.ts';

/** Device-seconds, a whole number as text, as hours with one decimal. */
export function deviceHours(deviceSeconds: string): string {
  if (!/^[0-9]{1,30}$/.test(deviceSeconds)) return deviceSeconds;
  const tenths = (BigInt(deviceSeconds) * 10n) / 3_600n;
  return formatDecimal(`${tenths / 10n}.${tenths % 10n}`, { maxDecimals: 1, minDecimals: 1 });
}

/** The number of an epoch out of an address; undefined when it is none. */
export function epochOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}

/** For people: how many of the devices shared the rewards. */
export function shareText(devices: number, eligible: number): string {
  return `${formatCount(eligible)} of ${formatCount(devices)} GPUs`;
}
