import { z } from 'zod';
import type {
  ChainEventView,
  CountryCapacityView,
  EmissionView,
  EpochView,
  HistoryPoint,
  ModelMarketView,
  NetworkView,
  PricePoint,
} from '../../../operator/domain/views/public.ts';
import { count, decimal, instant, type ShapeOf } from './common.ts';

/**
 * What anybody may see. An answer is cut to these fields: what is not written here is not sent, whatever
 * the store holds.
 */

const permille = z.number().int().min(0).max(1_000);

export const networkView = z
  .object({
    asOf: instant,
    members: count,
    countries: count,
    devices: z.object({
      total: count,
      verified: count,
      offered: count,
      leased: count,
      free: count,
    } satisfies ShapeOf<NetworkView['devices']>),
    clusters: z.object({ running: count, waiting: count } satisfies ShapeOf<
      NetworkView['clusters']
    >),
    utilisationPermille: permille,
  } satisfies ShapeOf<NetworkView>)
  .meta({ id: 'NetworkView' });

type PriceSpan = NonNullable<ModelMarketView['onDemandMicroUsdPerHour']>;
const priceSpan = z.object({
  low: count,
  median: count,
  high: count,
} satisfies ShapeOf<PriceSpan>);

export const modelMarketView = z
  .object({
    model: z.string(),
    memoryMiB: count.optional(),
    devices: count,
    verified: count,
    leased: count,
    free: count,
    wanted: count,
    onDemandMicroUsdPerHour: priceSpan.optional(),
    spotMicroUsdPerHour: priceSpan.optional(),
  } satisfies ShapeOf<ModelMarketView>)
  .meta({ id: 'ModelMarketView' });

export const countryCapacityView = z
  .object({
    country: z.string().optional(),
    continent: z.string(),
    members: count,
    devices: count,
    free: count,
    models: z.array(
      z.object({ model: z.string(), devices: count, free: count } satisfies ShapeOf<
        CountryCapacityView['models'][number]
      >),
    ),
  } satisfies ShapeOf<CountryCapacityView>)
  .meta({ id: 'CountryCapacityView' });

export const historyPoint = z
  .object({
    time: instant,
    devices: count,
    leased: count,
    waiting: count,
    utilisationPermille: permille,
  } satisfies ShapeOf<HistoryPoint>)
  .meta({ id: 'HistoryPoint' });

export const pricePoint = z
  .object({
    time: instant,
    low: count,
    median: count,
    high: count,
  } satisfies ShapeOf<PricePoint>)
  .meta({ id: 'PricePoint' });

type EpochRewards = NonNullable<EpochView['rewards']>;
export const epochView = z
  .object({
    epoch: count,
    startTime: instant,
    endTime: instant,
    closedAt: instant,
    leases: count,
    deviceSeconds: z.string(),
    digest: z.string(),
    chain: z.string(),
    rewards: z
      .object({
        emitted: decimal,
        undistributed: decimal,
        devices: count,
        eligible: count,
        digest: z.string(),
      } satisfies ShapeOf<EpochRewards>)
      .optional(),
  } satisfies ShapeOf<EpochView>)
  .meta({ id: 'EpochView' });

export const emissionView = z
  .object({
    capIo: decimal,
    epochs: count,
    emittedIo: decimal,
    burnedIo: decimal,
    curve: z.array(
      z.object({ epoch: count, time: instant, cumulativeIo: decimal } satisfies ShapeOf<
        EmissionView['curve'][number]
      >),
    ),
  } satisfies ShapeOf<EmissionView>)
  .meta({ id: 'EmissionView' });

export const chainEventView = z
  .object({
    signature: z.string(),
    slot: count,
    time: instant.optional(),
    kind: z.string(),
    asset: z.string().optional(),
    amount: decimal.optional(),
  } satisfies ShapeOf<ChainEventView>)
  .meta({ id: 'ChainEventView' });
