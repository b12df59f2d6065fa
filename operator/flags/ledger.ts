import { z } from 'zod';
import {
  accountKey,
  asset,
  chainAddress,
  common,
  count,
  database,
  decimal,
  epoch,
  memberName,
  path,
} from './fields.ts';

/** Flags of commands that read or book the ledger. */

export const auditFlags = z.object({
  ...common,
  ...database,
  from: epoch.default(1),
  to: epoch.optional(),
  out: path.optional(),
});

export const depositFlags = z.object({
  ...common,
  ...database,
  account: accountKey,
  asset: asset.default('USDC'),
  amount: z.string().regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, 'must be a decimal number, e.g. 100.00'),
  reference: z.string().min(1).max(128),
});

export const withdrawFlags = z.object({
  ...common,
  ...database,
  account: accountKey,
  action: z.enum(['ask', 'list']).default('ask'),
  /** Withdrawal of what a renter has, or Payout of what a supplier earned. */
  cause: z.enum(['Withdrawal', 'Payout']).default('Withdrawal'),
  asset: asset.default('USDC'),
  amount: decimal.optional(),
  reference: z.string().min(1).max(128).optional(),
});

export const statementFlags = z.object({
  ...common,
  ...database,
  account: accountKey,
  month: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM'),
  format: z.enum(['text', 'csv', 'focus', 'html']).default('text'),
});

export const deadLettersFlags = z.object({
  ...common,
  ...database,
  action: z.enum(['list', 'replay', 'discard']).default('list'),
  member: memberName.optional(),
  letter: count(1, Number.MAX_SAFE_INTEGER).optional(),
  change: z.string().max(4096).optional(),
  reason: z.string().max(512).optional(),
});

export const epochsFlags = z.object({
  ...common,
  ...database,
  action: z.enum(['list', 'pause', 'resume']).default('list'),
  reason: z.string().min(1).max(512).optional(),
});

export const suspenseFlags = z.object({
  ...common,
  ...database,
  action: z.enum(['list', 'assign']).default('list'),
  transfer: z.string().min(1).max(128).optional(),
  account: accountKey.optional(),
  reason: z.string().min(1).max(512).optional(),
});

export const reconcileFlags = z.object({
  ...common,
  ...database,
  action: z.enum(['plan', 'approve']).default('plan'),
  plan: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the id that --action=plan prints')
    .optional(),
  reason: z.string().min(1).max(512).optional(),
});

export const rewardsBundleFlags = z.object({
  ...common,
  ...database,
  'solana-program-id': chainAddress,
  'solana-io-mint': chainAddress,
  epoch: epoch.optional(),
  out: path,
});
