/** An instant, in seconds since the epoch, as RFC 3339 in UTC; parts of a second are cut. */
export function instant(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
}
