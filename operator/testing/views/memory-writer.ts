import type { NetworkSums } from '../../domain/views/network.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import {
  type ViewBatch,
  type ViewKey,
  type ViewRow,
  ViewsRefusedError,
  ViewsTakenOverError,
  type ViewWriter,
} from '../../ports/view-writer.ts';

const keyOf = ({ kind, scope, name }: ViewKey): string => `${kind} ${scope}/${name}`;

/** The read model as a store keeps it, which a test can take away. */
export class MemoryViewWriter implements ViewWriter {
  readonly rows = new Map<string, ViewRow>();
  readonly batches: ViewBatch[] = [];
  sums: NetworkSums | undefined;
  isAway = false;
  /** Refuses batches with a view of this name. */
  refuses = '';
  term = 0;

  readonly takeOver = (): Promise<number> =>
    this.#answer(() => {
      this.term += 1;
      return this.term;
    });

  readonly stored: ViewWriter['stored'] = (kind, after, limit) =>
    this.#answer(() =>
      [...this.rows.values()]
        .filter((row) => row.kind === kind)
        .filter(
          ({ scope, name }) =>
            after === undefined ||
            scope > after.scope ||
            (scope === after.scope && name > after.name),
        )
        .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
        .slice(0, limit),
    );

  readonly write: ViewWriter['write'] = (term, batch) =>
    this.#answer(() => {
      this.#check(term);
      if (batch.rows.some(({ name }) => name === this.refuses)) {
        throw new ViewsRefusedError(`${this.refuses} cannot be kept`);
      }
      this.batches.push(batch);
      for (const key of batch.gone) this.rows.delete(keyOf(key));
      for (const row of batch.rows) this.rows.set(keyOf(row), row);
    });

  readonly writeSums: ViewWriter['writeSums'] = (term, sums) =>
    this.#answer(() => {
      this.#check(term);
      this.sums = sums;
    });

  #check(term: number): void {
    if (term !== this.term) throw new ViewsTakenOverError('another hub writes');
  }

  async #answer<T>(work: () => T): Promise<T> {
    if (this.isAway) throw new StoreUnavailableError('it is away', 1);
    return work();
  }
}
