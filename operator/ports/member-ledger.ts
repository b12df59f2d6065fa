/** What the ledger has to know of members that leave. Both may be repeated. */
export type MemberLedger = Readonly<{
  /** How many leases of the member are not settled to their end. */
  unsettled: (member: string) => Promise<number>;
  /**
   * The member is gone: its leases, once they have ended, are settled with what was reported, and what
   * it tells of them later is refused. Returns how many are not settled yet.
   */
  remove: (member: string, nowSeconds: number) => Promise<number>;
}>;
