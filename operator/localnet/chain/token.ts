import type { MaybeAccount } from './account-state.ts';
import { encodeBase58 } from './base58.ts';

export const tokenProgram = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const token2022Program = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

/** Both programs lay out mints and accounts alike; the newer one adds extensions behind. */
export const tokenPrograms: ReadonlyMap<string, string> = new Map([
  [tokenProgram, 'spl-token'],
  [token2022Program, 'spl-token-2022'],
]);

const mintBytes = 82;
const accountBytes = 165;
/** Behind the base layout, when there are extensions. */
const typeOffset = accountBytes;
const states = ['uninitialized', 'initialized', 'frozen'] as const;

export type Mint = Readonly<{
  authority: string | null;
  freezeAuthority: string | null;
  supply: bigint;
  decimals: number;
}>;

export type TokenAccount = Readonly<{
  mint: string;
  owner: string;
  amount: bigint;
  delegate: string | null;
  delegatedAmount: bigint;
  state: (typeof states)[number];
  rentExemptReserve: bigint | null;
  closeAuthority: string | null;
}>;

/** Undefined when an account is no mint of a token program. */
export function readMint(account: MaybeAccount): Mint | undefined {
  if (account === undefined || !hasLayout(account, mintBytes, 1)) return undefined;
  const view = viewOf(account.data);
  if (view.getUint8(45) !== 1) return undefined;
  return {
    authority: optionalKey(account.data, 0),
    supply: view.getBigUint64(36, true),
    decimals: view.getUint8(44),
    freezeAuthority: optionalKey(account.data, 46),
  };
}

/** Undefined when an account holds no tokens. */
export function readTokenAccount(account: MaybeAccount): TokenAccount | undefined {
  if (account === undefined || !hasLayout(account, accountBytes, 2)) return undefined;
  const { data } = account;
  const view = viewOf(data);
  const state = states[view.getUint8(108)];
  if (state === undefined || state === 'uninitialized') return undefined;
  return {
    mint: keyAt(data, 0),
    owner: keyAt(data, 32),
    amount: view.getBigUint64(64, true),
    delegate: optionalKey(data, 72),
    state,
    rentExemptReserve: view.getUint32(109, true) === 1 ? view.getBigUint64(113, true) : null,
    delegatedAmount: view.getBigUint64(121, true),
    closeAuthority: optionalKey(data, 129),
  };
}

/** An amount as JSON-RPC tells it: exact as text, and for people. */
export function uiAmount(amount: bigint, decimals: number) {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return { amount: amount.toString(), decimals, uiAmount: Number(text), uiAmountString: text };
}

/** What `jsonParsed` tells of a mint or a token account; undefined of anything else. */
export function parseToken(
  account: NonNullable<MaybeAccount>,
  mintOf: (address: string) => Mint | undefined,
) {
  const program = tokenPrograms.get(account.owner);
  if (program === undefined) return undefined;
  const parsed = parsedMint(account) ?? parsedAccount(account, mintOf);
  return parsed === undefined ? undefined : { program, parsed, space: account.data.length };
}

function parsedMint(account: MaybeAccount) {
  const mint = readMint(account);
  if (mint === undefined) return undefined;
  const { authority, freezeAuthority, supply, decimals } = mint;
  const info = {
    mintAuthority: authority,
    supply: supply.toString(),
    decimals,
    isInitialized: true,
    freezeAuthority,
  };
  return { type: 'mint', info };
}

function parsedAccount(account: MaybeAccount, mintOf: (address: string) => Mint | undefined) {
  const holder = readTokenAccount(account);
  const decimals = holder === undefined ? undefined : mintOf(holder.mint)?.decimals;
  if (holder === undefined || decimals === undefined) return undefined;
  const { mint, owner, amount, delegate, delegatedAmount, state, closeAuthority } = holder;
  const reserve = holder.rentExemptReserve;
  const info = {
    isNative: reserve !== null,
    mint,
    owner,
    state,
    tokenAmount: uiAmount(amount, decimals),
    ...(delegate === null
      ? {}
      : { delegate, delegatedAmount: uiAmount(delegatedAmount, decimals) }),
    ...(reserve === null ? {} : { rentExemptReserve: uiAmount(reserve, decimals) }),
    ...(closeAuthority === null ? {} : { closeAuthority }),
  };
  return { type: 'account', info };
}

function hasLayout(
  { owner, data }: NonNullable<MaybeAccount>,
  bytes: number,
  type: number,
): boolean {
  if (!tokenPrograms.has(owner)) return false;
  if (data.length === bytes) return true;
  return owner === token2022Program && data.length > typeOffset && data[typeOffset] === type;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function keyAt(data: Uint8Array, offset: number): string {
  return encodeBase58(data.subarray(offset, offset + 32));
}

/** A key behind a four-byte tag that says whether it is there. */
function optionalKey(data: Uint8Array, offset: number): string | null {
  return viewOf(data).getUint32(offset, true) === 1 ? keyAt(data, offset + 4) : null;
}
