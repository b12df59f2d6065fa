import type { ViewKind } from './view-writer.ts';

/** What the hub measures of writing what people look at. */
export type ViewMetrics = Readonly<{
  /** So many rows of a kind were written or removed. */
  viewsWritten: (kind: ViewKind, rows: number) => void;
  /** So many changes are not written, and the oldest of them is so old. */
  viewsPending: (changes: number, oldestSeconds: number) => void;
  /** The sums were counted in so many seconds, and written. */
  viewSumsWritten: (atSeconds: number, tookSeconds: number) => void;
  /** The database did not answer, or another hub writes. */
  viewsNotWritten: () => void;
}>;
