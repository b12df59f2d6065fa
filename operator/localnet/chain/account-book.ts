import type { MaybeAccount } from './account-state.ts';

type Version = Readonly<{ slot: number; state: MaybeAccount }>;

/** Before the first slot of any chain. */
const ever = -1;

/**
 * Every account that was ever written, as it stands now and as it stood at slots that are not
 * finalized yet: a reader at a commitment sees the chain of that slot, and a fork can be undone.
 */
export class AccountBook {
  readonly #versions = new Map<string, Version[]>();
  /** Accounts that an owner has or had; who left is dropped when the owner is asked for. */
  readonly #byOwner = new Map<string, Set<string>>();
  /** Written after the finalized slot, in the order of the first write. */
  readonly #recent = new Set<string>();

  has(address: string): boolean {
    return this.#versions.has(address);
  }

  /** As it stands now. */
  current(address: string): MaybeAccount {
    return this.#versions.get(address)?.at(-1)?.state;
  }

  /** As it stood at the end of a slot that is not older than the finalized one. */
  at(address: string, slot: number): MaybeAccount {
    return this.#versions.get(address)?.findLast((version) => version.slot <= slot)?.state;
  }

  /** Puts down an account that nobody has written in a slot of this chain. */
  base(address: string, state: MaybeAccount): void {
    this.#versions.set(address, [{ slot: ever, state }]);
    this.#index(address, state);
  }

  write(address: string, slot: number, state: MaybeAccount): void {
    const versions = this.#versions.get(address);
    const version = { slot, state };
    if (versions === undefined)
      this.#versions.set(address, [{ slot: ever, state: undefined }, version]);
    else if (versions.at(-1)?.slot === slot) versions[versions.length - 1] = version;
    else versions.push(version);
    this.#recent.add(address);
    this.#index(address, state);
  }

  /** Forgets how accounts stood before the finalized slot. */
  finalize(slot: number): void {
    for (const address of this.#recent) {
      const versions = this.#versions.get(address) ?? [];
      const keep = versions.findLastIndex((version) => version.slot <= slot);
      if (keep > 0) versions.splice(0, keep);
      const [only] = versions;
      if (versions.length > 1) continue;
      if ((only?.slot ?? ever) <= slot) this.#recent.delete(address);
      if (only?.state === undefined && (only?.slot ?? ever) <= slot) this.#versions.delete(address);
    }
  }

  /** Undoes what was written after a slot; returns what accounts are again. */
  rollBack(slot: number): readonly (readonly [address: string, state: MaybeAccount])[] {
    const undone: [string, MaybeAccount][] = [];
    for (const address of this.#recent) {
      const versions = this.#versions.get(address) ?? [];
      const keep = versions.findLastIndex((version) => version.slot <= slot) + 1;
      if (keep === versions.length) continue;
      versions.splice(keep);
      const state = versions.at(-1)?.state;
      undone.push([address, state]);
      this.#index(address, state);
    }
    return undone;
  }

  /** Addresses of the accounts that a program owned at the end of a slot. */
  *ownedBy(owner: string, slot: number): Generator<string> {
    const addresses = this.#byOwner.get(owner);
    for (const address of addresses ?? []) {
      if (this.at(address, slot)?.owner === owner) yield address;
      else if (!this.#mentions(address, owner)) addresses?.delete(address);
    }
  }

  /** Everything that existed at the end of a slot. */
  *all(slot: number): Generator<readonly [address: string, state: MaybeAccount]> {
    for (const address of this.#versions.keys()) {
      const state = this.at(address, slot);
      if (state !== undefined) yield [address, state];
    }
  }

  #mentions(address: string, owner: string): boolean {
    return this.#versions.get(address)?.some(({ state }) => state?.owner === owner) ?? false;
  }

  #index(address: string, state: MaybeAccount): void {
    if (state === undefined) return;
    const known = this.#byOwner.get(state.owner);
    if (known === undefined) this.#byOwner.set(state.owner, new Set([address]));
    else known.add(address);
  }
}
