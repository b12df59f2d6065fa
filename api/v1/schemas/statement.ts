import { z } from 'zod';
import { asset, count, decimal, instant } from './common.ts';

/** A month of an account as JSON. Each line of it is in the formats csv and focus. */

const usageTotal = z
  .object({
    cluster: z.string(),
    member: z.string(),
    model: z.string(),
    asset,
    pricePerHour: decimal.optional(),
    deviceSeconds: decimal,
    usage: decimal,
    renterFee: decimal,
    supplierFee: decimal,
    rounding: decimal,
    total: decimal,
  })
  .meta({ id: 'StatementUsage' });

export const statementBody = z
  .object({
    account: z.string(),
    month: z.string(),
    invoiceNumber: z.string(),
    periodStart: instant,
    periodEnd: instant,
    epochs: z.object({ from: count, to: count }).optional(),
    rented: z.array(usageTotal),
    supplied: z.array(usageTotal),
    rewards: z.object({
      amount: decimal,
      fairValueUsd: decimal,
      unpriced: decimal,
      epochs: count,
    }),
    unrewarded: z.array(
      z.object({ devices: count, model: z.string(), reasons: z.array(z.string()) }),
    ),
    movements: z.array(
      z.object({ account: z.string(), cause: z.string(), asset, amount: decimal }),
    ),
    balances: z.array(z.object({ account: z.string(), asset, opening: decimal, closing: decimal })),
  })
  .meta({ id: 'Statement' });
