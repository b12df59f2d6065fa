/**
 * What one renter had when an epoch was closed, handed out as `collect` of the ledger does, though
 * leases come one by one: what holds cannot pay comes first, and filling up holds takes the rest.
 */
export class Funds {
  #available: bigint;
  #granted = 0n;
  #renewed = 0n;
  /** A hold was filled up with less than it wanted: nothing was left. */
  #exhausted = false;

  constructor(available: bigint) {
    this.#available = available;
  }

  /** What a lease gets of what its hold does not pay. */
  grant(deficit: bigint): bigint {
    const left = this.#available - this.#granted;
    const granted = deficit < left ? deficit : left;
    this.#granted += granted;
    return granted;
  }

  /**
   * Whether a hold may have been filled up by so much: what it wants, or what is left, or nothing for
   * a lease that was about to end.
   */
  renew(wanted: bigint, renewed: bigint, mayStay: boolean): boolean {
    if (renewed < 0n || renewed > wanted) return false;
    if (renewed === wanted || (renewed === 0n && mayStay)) {
      this.#renewed += renewed;
      return !this.#exhausted || renewed === 0n;
    }
    const first = !this.#exhausted;
    this.#exhausted = true;
    this.#renewed += renewed;
    return first || renewed === 0n;
  }

  /** Once all leases were asked: whether no more was given than there was, and no less than had to be. */
  get balanced(): boolean {
    const left = this.#available - this.#granted - this.#renewed;
    return this.#exhausted ? left === 0n : left >= 0n;
  }
}

/** What all renters had when an epoch was closed, by the name of their account. */
export class FundsBook {
  readonly #funds: Map<string, Funds>;

  constructor(balances: Iterable<readonly [string, bigint]>) {
    this.#funds = new Map([...balances].map(([name, balance]) => [name, new Funds(balance)]));
  }

  /** What is available on an account. */
  of(name: string): Funds {
    const known = this.#funds.get(name);
    if (known !== undefined) return known;
    const nothing = new Funds(0n);
    this.#funds.set(name, nothing);
    return nothing;
  }

  /** Accounts of which more was taken than there was, or less than had to be. */
  get unbalanced(): readonly string[] {
    return [...this.#funds].flatMap(([name, funds]) => (funds.balanced ? [] : [name]));
  }
}
