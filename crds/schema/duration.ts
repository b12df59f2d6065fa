/** Hours, minutes and seconds in this order, each at most once: what Go reads too. */
export const durationPattern = /^([0-9]{1,5}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$/;

const secondsPerUnit: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1 };

/**
 * Reads a duration such as `2h30m`, `90m` or `45s`.
 * @returns whole seconds; undefined when it is no such duration
 */
export function durationSeconds(text: string): number | undefined {
  if (text === '' || !durationPattern.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)([hms])/g)) {
    seconds += Number(count) * (secondsPerUnit[unit ?? ''] ?? 0);
  }
  return seconds;
}
