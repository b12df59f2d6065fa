import { formatAmount } from '../pricing/assets.ts';
import { instant } from '../instant.ts';
import { csv, hours } from './format.ts';
import type { Statement, UsageLine } from './types.ts';

/** Columns of FOCUS 1.2 by name, and what each holds for a line. Those with x_ are ours. */
const columns: Readonly<Record<string, (line: UsageLine, statement: Statement) => string>> = {
  AvailabilityZone: () => '',
  BilledCost: ({ charge, asset }) => formatAmount(charge.total, asset),
  BillingAccountId: ({ renter }) => renter,
  BillingAccountName: ({ renter }) => renter,
  BillingAccountType: () => 'IOAccount',
  BillingCurrency: ({ asset }) => asset,
  BillingPeriodEnd: (_, { periodEndSeconds }) => instant(periodEndSeconds),
  BillingPeriodStart: (_, { periodStartSeconds }) => instant(periodStartSeconds),
  ChargeCategory: () => 'Usage',
  ChargeClass: ({ kind }) => (kind === 'Correction' ? 'Correction' : ''),
  ChargeDescription: describe,
  ChargeFrequency: () => 'Usage-Based',
  ChargePeriodEnd: ({ endSeconds }) => instant(endSeconds),
  ChargePeriodStart: ({ startSeconds }) => instant(startSeconds),
  ConsumedQuantity: ({ seconds }) => String(seconds),
  ConsumedUnit: () => 'GPU-Seconds',
  ContractedCost: ({ charge, asset }) => formatAmount(charge.usage, asset),
  ContractedUnitPrice: unitPrice,
  EffectiveCost: ({ charge, asset }) => formatAmount(charge.total, asset),
  InvoiceIssuerName: () => 'io-operator',
  ListCost: ({ charge, asset }) => formatAmount(charge.usage, asset),
  ListUnitPrice: unitPrice,
  PricingCategory: () => 'Standard',
  PricingQuantity: ({ seconds }) => hours(seconds),
  PricingUnit: () => 'GPU-Hours',
  ProviderName: () => 'io-operator',
  PublisherName: ({ supplier }) => supplier,
  RegionId: ({ member }) => member,
  RegionName: ({ member }) => member,
  ResourceId: ({ leaseId }) => leaseId,
  ResourceName: ({ cluster }) => cluster,
  ResourceType: () => 'IOCluster lease',
  ServiceCategory: () => 'Compute',
  ServiceName: () => 'GPU cluster',
  ServiceSubcategory: () => 'Other (Compute)',
  SkuId: ({ model }) => (model === '' ? 'GPU' : model),
  SkuPriceId: (line) =>
    [line.model === '' ? 'GPU' : line.model, unitPrice(line), line.asset].join('/'),
  SubAccountId: ({ cluster }) => cluster.split('/')[0] ?? '',
  SubAccountName: ({ cluster }) => cluster.split('/')[0] ?? '',
  x_Epoch: ({ epoch }) => String(epoch),
  x_ReservationFee: ({ charge, asset }) => formatAmount(charge.renterFee, asset),
  x_Rounding: ({ charge, asset }) => formatAmount(charge.rounding, asset),
};

/** What a renter's leases cost, as FOCUS rows: one for each lease, device model and epoch. */
export function focusCsv(statement: Statement): string {
  const cells = Object.values(columns);
  return csv([
    Object.keys(columns),
    ...statement.rented.map((line) => cells.map((cell) => cell(line, statement))),
  ]);
}

function describe({ kind, model, cluster, epoch }: UsageLine): string {
  const what = `${model === '' ? 'GPUs' : model} of ${cluster}`;
  return kind === 'Usage' ? what : `${what}: usage before epoch ${epoch} that was reported in it`;
}

function unitPrice({ ratePerHour, asset }: UsageLine): string {
  return ratePerHour === undefined ? '' : formatAmount(ratePerHour, asset);
}
