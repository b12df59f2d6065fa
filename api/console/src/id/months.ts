/** Months as the API names them: `YYYY-MM`, in UTC as statements are. */
const pattern = /^([0-9]{4})-(0[1-9]|1[0-2])$/;

export const isMonth = (text: unknown): text is string =>
  typeof text === 'string' && pattern.test(text);

export const monthOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7);

/** From the month of `now` back to that of `since`, at most `most` of them. */
export function monthsSince(since: string, nowMs: number, most: number): readonly string[] {
  const sinceMs = Date.parse(since);
  const first = Number.isNaN(sinceMs) ? monthOf(nowMs) : monthOf(sinceMs);
  const months: string[] = [];
  for (let month = monthOf(nowMs); months.length < most && month >= first; month = before(month)) {
    months.push(month);
  }
  return months;
}

/** The month before; `2026-01` comes after `2025-12`. */
export function before(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return number === 1
    ? `${String(year - 1).padStart(4, '0')}-12`
    : `${String(year).padStart(4, '0')}-${String(number - 1).padStart(2, '0')}`;
}

/** `November 2026` in the reader's language. */
export function monthText(month: string, locale?: string): string {
  if (!isMonth(month)) return month;
  const format = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale, format).format(new Date(`${month}-15T00:00:00Z`));
}

/** Years of which something can be told, the newest first. */
export function yearsSince(since: string, nowMs: number, most: number): readonly number[] {
  const now = new Date(nowMs).getUTCFullYear();
  const sinceMs = Date.parse(since);
  const first = Number.isNaN(sinceMs) ? now : new Date(sinceMs).getUTCFullYear();
  const count = Math.max(1, Math.min(most, now - first + 1));
  return Array.from({ length: count }, (_, back) => now - back);
}
