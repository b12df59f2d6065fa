import { z } from 'zod';

/** Kinds of flags, and groups of flags that several commands have. */

export const address = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/,
    'must be host:port, e.g. 127.0.0.1:8080',
  )
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  });

export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const logLevel = z.enum(['debug', 'info', 'warn', 'error']);
export const count = (minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum);

export const common = {
  'log-level': logLevel.default('info'),
  'metrics-address': address.default({ host: '127.0.0.1', port: 8080 }),
  'shutdown-timeout-seconds': count(1, 600).default(20),
};

export const path = z.string().min(1).max(4096);
export const memberName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'must be the name of an IOMember');
export const accountKey = z
  .string()
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'must be namespace/name of an IOAccount');
export const epoch = count(1, 2_000_000_000);
export const asset = z.enum(['USDC', 'IO']);
export const hour = z.iso
  .datetime('must be RFC 3339, e.g. 2026-11-01T00:00:00Z')
  .transform((text) => Date.parse(text) / 1000)
  .refine((seconds) => seconds % 3600 === 0, 'must be on a full hour');

/** A connection string holds a password, so it is read from a file or from IO_DATABASE_URL. */
export const database = { 'database-url-file': path.optional() };

export const chainAddress = z
  .string()
  .regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be an address in base58');

/** RPC URLs often hold a key of the provider: IO_SOLANA_RPC_URL keeps it out of the process list. */
export const chain = {
  'solana-rpc-url': z
    .string()
    .max(4096)
    .transform((text) => text.split(',').map((url) => url.trim()))
    .pipe(
      z
        .array(z.url({ protocol: /^https?$/, error: 'must be http(s) URLs, with commas between' }))
        .min(1)
        .max(16),
    )
    .optional(),
  'solana-program-id': chainAddress.optional(),
  'solana-io-mint': chainAddress.optional(),
  'solana-usdc-mint': chainAddress.optional(),
};

/** Keys of the network's roles; a role without a key is left to another process or person. */
export const chainKeys = {
  'solana-publisher-key-file': path.optional(),
  'solana-slasher-key-file': path.optional(),
  'solana-adjudicator-key-file': path.optional(),
  'solana-auditor-key-file': path.optional(),
  'solana-treasurer-key-file': path.optional(),
  /** A program that signs in place of key files. */
  'solana-signer': path.optional(),
};

export const decimal = z
  .string()
  .regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, 'must be a decimal number, e.g. 100.00');

/** Of commands that a supplier runs with the wallet's own key. */
