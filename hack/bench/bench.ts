import type { Figures } from './figures.ts';

/** What a bench is given. */
export type BenchContext = {
  readonly figures: Figures;
  /** 1, or less for trying out the bench itself: so much of every number of objects. */
  readonly scale: number;
  /** One line on stderr. */
  readonly say: (text: string) => void;
};

export type Bench = (context: BenchContext) => Promise<void>;

/** A number of objects at the scale of this run, at least 1. */
export function scaled({ scale }: BenchContext, count: number): number {
  return Math.max(1, Math.round(count * scale));
}
