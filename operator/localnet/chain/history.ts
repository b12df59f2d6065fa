import type { Landed } from './records.ts';

/** The landed transactions of the chain, newest last; the oldest are forgotten above a limit. */
export class History {
  readonly #limit: number;
  readonly #bySignature = new Map<string, Landed>();
  readonly #byAddress = new Map<string, Landed[]>();
  readonly #bySlot = new Map<number, Landed[]>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All that ever landed, also what was forgotten. */
  get total(): number {
    return this.#total;
  }

  get(signature: string): Landed | undefined {
    return this.#bySignature.get(signature);
  }

  /** Oldest first. */
  all(): Iterable<Landed> {
    return this.#bySignature.values();
  }

  inSlot(slot: number): readonly Landed[] {
    return this.#bySlot.get(slot) ?? [];
  }

  /** Slots that hold transactions, from the oldest. */
  slots(): Iterable<number> {
    return this.#bySlot.keys();
  }

  /** Oldest first. */
  of(address: string): readonly Landed[] {
    return this.#byAddress.get(address) ?? [];
  }

  add(landed: Landed): void {
    this.#total += 1;
    this.#bySignature.set(landed.signature, landed);
    for (const key of new Set(landed.keys)) listIn(this.#byAddress, key).push(landed);
    listIn(this.#bySlot, landed.slot).push(landed);
    const [oldest] = this.#bySignature.values();
    if (oldest !== undefined && this.#bySignature.size > this.#limit) this.#remove(oldest);
  }

  /** Takes away what landed after a slot, newest first. */
  rollBack(slot: number): readonly Landed[] {
    const gone = [...this.#bySignature.values()]
      .filter((landed) => landed.slot > slot)
      .toReversed();
    for (const landed of gone) this.#remove(landed);
    return gone;
  }

  #remove(landed: Landed): void {
    this.#bySignature.delete(landed.signature);
    for (const key of new Set(landed.keys)) removeFrom(this.#byAddress, key, landed);
    removeFrom(this.#bySlot, landed.slot, landed);
  }
}

function listIn<Key>(lists: Map<Key, Landed[]>, key: Key): Landed[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: Landed[] = [];
  lists.set(key, list);
  return list;
}

/** What goes is the oldest or the newest, so it is looked for at both ends first. */
function removeFrom<Key>(lists: Map<Key, Landed[]>, key: Key, landed: Landed): void {
  const list = lists.get(key);
  if (list === undefined) return;
  if (list[0] === landed) list.shift();
  else if (list.at(-1) === landed) list.pop();
  if (list.length === 0) lists.delete(key);
}
