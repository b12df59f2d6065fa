import { zstdCompressSync } from 'node:zlib';
import { z } from 'zod';
import type { AccountState } from '../chain/account-state.ts';
import { decodeBase58, encodeBase58 } from '../chain/base58.ts';
import { type Mint, parseToken, tokenPrograms } from '../chain/token.ts';
import { RpcError } from './rpc-error.ts';

const encoding = z.enum(['binary', 'base58', 'base64', 'base64+zstd', 'jsonParsed']);
const dataSlice = z.object({
  offset: z.number().int().min(0),
  length: z.number().int().min(0),
});

/** How the data of an account is told. */
export const accountConfig = z.looseObject({
  encoding: encoding.nullish(),
  dataSlice: dataSlice.nullish(),
});
type AccountConfig = Readonly<z.output<typeof accountConfig>>;

/** Longer data in base58 takes a node too long. */
const maximumBase58Bytes = 128;
const maximumMemcmpBytes = 128;

/** An account as JSON-RPC tells it. */
export function accountJson(
  account: AccountState,
  config: Pick<AccountConfig, 'encoding' | 'dataSlice'> | null | undefined,
  mintOf: (address: string) => Mint | undefined,
) {
  const { lamports, owner, executable, rentEpoch } = account;
  const data = dataJson(account, config ?? {}, mintOf);
  return { data, executable, lamports, owner, rentEpoch, space: account.data.length };
}

function dataJson(
  account: AccountState,
  config: Pick<AccountConfig, 'encoding' | 'dataSlice'>,
  mintOf: (address: string) => Mint | undefined,
): unknown {
  const asked = config.encoding ?? 'binary';
  if (asked === 'jsonParsed') {
    const parsed = parseToken(account, mintOf);
    if (parsed !== undefined) return parsed;
  }
  const slice = config.dataSlice;
  const data = Buffer.from(
    slice === undefined || slice === null
      ? account.data
      : account.data.subarray(slice.offset, slice.offset + slice.length),
  );
  switch (asked) {
    case 'binary':
      return base58(data);
    case 'base58':
      return [base58(data), 'base58'];
    case 'base64+zstd':
      return [zstdCompressSync(data).toString('base64'), 'base64+zstd'];
    case 'base64':
    case 'jsonParsed':
      return [data.toString('base64'), 'base64'];
  }
}

function base58(data: Uint8Array): string {
  if (data.length <= maximumBase58Bytes) return encodeBase58(data);
  throw new RpcError(
    -32600,
    `Encoded binary (base 58) data should be less than ${maximumBase58Bytes} bytes, please use ` +
      'Base64 encoding.',
  );
}

const memcmp = z
  .looseObject({
    offset: z.number().int().min(0),
    bytes: z.string().max(2 * maximumMemcmpBytes),
    encoding: z.enum(['base58', 'base64']).nullish(),
  })
  .transform(({ offset, bytes, encoding: of }, context) => {
    const decoded = of === 'base64' ? Buffer.from(bytes, 'base64') : decodeBase58(bytes);
    if (decoded !== undefined && decoded.length <= maximumMemcmpBytes) return { offset, decoded };
    context.addIssue(`Invalid param: memcmp bytes are no ${of ?? 'base58'}, or too many`);
    return z.NEVER;
  });

/** What an account of a program must be to be told; an account must pass all. */
export const accountFilters = z
  .array(
    z.union([
      z.object({ memcmp }),
      z.object({ dataSize: z.number().int().min(0) }),
      z.object({ tokenAccountState: z.null() }),
    ]),
  )
  .max(4, 'Too many filters provided; max 4');
type AccountFilters = Readonly<z.output<typeof accountFilters>>;

export function passes(account: AccountState, filters: AccountFilters): boolean {
  return filters.every((filter) => {
    if ('dataSize' in filter) return account.data.length === filter.dataSize;
    if ('tokenAccountState' in filter) return tokenPrograms.has(account.owner);
    const { offset, decoded } = filter.memcmp;
    const part = account.data.subarray(offset, offset + decoded.length);
    return part.length === decoded.length && Buffer.compare(part, decoded) === 0;
  });
}
