import type { IOCluster } from '../../../crds/schema/index.ts';
import { formatUsd } from '../../domain/money.ts';
import { formatAmount, parseAmount } from '../../domain/pricing/assets.ts';

export type Asset = NonNullable<NonNullable<IOCluster['status']>['spend']>['asset'];

/** What a cluster has cost, settled or not, in base units; undefined without a ledger. */
export function spentOf({
  status,
}: IOCluster): Readonly<{ asset: Asset; amount: bigint }> | undefined {
  const { spend } = status ?? {};
  if (spend === undefined) return undefined;
  const [settled, unsettled] = [spend.settled, spend.unsettled].map((text) =>
    parseAmount(text, spend.asset),
  );
  return { asset: spend.asset, amount: (settled ?? 0n) + (unsettled ?? 0n) };
}

/** `5.11 USDC`. */
export const amountText = (amount: bigint, asset: Asset): string =>
  `${formatAmount(amount, asset)} ${asset}`;

/** The price of an hour as the account pays it, or as the members ask where there is no ledger. */
export function pricePerHour({ status }: IOCluster): string | undefined {
  const { quote } = status ?? {};
  if (quote === undefined) return undefined;
  const { payment, priceMicroUsdPerHour } = quote;
  if (payment !== undefined) return `${payment.perHour} ${payment.asset}`;
  return `${formatUsd(BigInt(priceMicroUsdPerHour))} USD`;
}
