/** An account as it stood at some slot. */
export type AccountState = Readonly<{
  lamports: bigint;
  owner: string;
  data: Uint8Array;
  executable: boolean;
  rentEpoch: bigint;
}>;

/** Undefined is an account that does not exist. */
export type MaybeAccount = AccountState | undefined;

/** Whether nothing of an account changed. */
export function sameAccount(a: MaybeAccount, b: MaybeAccount): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    Buffer.compare(a.data, b.data) === 0
  );
}
