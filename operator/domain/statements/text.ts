import type { Asset } from '../ledger/types.ts';
import { formatAmount } from '../pricing/assets.ts';
import { hours, table } from './format.ts';
import { rewardTotals, sumsByAsset, usageTotals } from './totals.ts';
import type { Statement, UsageLine } from './types.ts';

/** A month's statement for reading in a terminal. */
export function statementText(statement: Statement): string {
  const { account, month, epochs } = statement;
  const span = epochs === undefined ? 'no epoch yet' : `epochs ${epochs.from} to ${epochs.to}`;
  return [
    `Statement of ${account} for ${month} (UTC), ${span}\n`,
    section('Rented', rented(statement.rented)),
    section('Supplied', supplied(statement.supplied)),
    section('Block rewards', rewards(statement)),
    section('Movements', movements(statement)),
    section('Balances', balances(statement)),
  ].join('');
}

function section(title: string, body: string): string {
  return body === '' ? '' : `\n${title}\n${body}`;
}

function rented(lines: readonly UsageLine[]): string {
  if (lines.length === 0) return '';
  const head = ['cluster', 'model', 'member', 'GPU hours', 'per hour', 'use', 'fee', 'total', ''];
  const rows = usageTotals(lines).map(({ asset, ...line }) => {
    const amounts = [line.usage, line.renterFee + line.rounding, line.total];
    return [
      line.cluster,
      line.model,
      line.member,
      hours(line.seconds),
      price(line.ratePerHour, asset),
      ...amounts.map((amount) => formatAmount(amount, asset)),
      asset,
    ];
  });
  const sums = sumsByAsset(lines).map(({ asset, paid, seconds }) => [
    'sum',
    '',
    '',
    hours(seconds),
    '',
    '',
    '',
    formatAmount(paid, asset),
    asset,
  ]);
  return table([head, ...rows, ...sums], [3, 4, 5, 6, 7]);
}

function supplied(lines: readonly UsageLine[]): string {
  if (lines.length === 0) return '';
  const head = ['member', 'model', 'GPU hours', 'use', 'fee', 'earned', ''];
  const byModel = usageTotals(lines.map((line) => ({ ...line, cluster: '' })));
  const rows = byModel.map(({ asset, member, model, seconds, usage, supplierFee }) => [
    member,
    model,
    hours(seconds),
    ...[usage, supplierFee, usage - supplierFee].map((amount) => formatAmount(amount, asset)),
    asset,
  ]);
  const sums = sumsByAsset(lines).map(({ asset, earned, seconds }) => [
    'sum',
    '',
    hours(seconds),
    '',
    '',
    formatAmount(earned, asset),
    asset,
  ]);
  return table([head, ...rows, ...sums], [2, 3, 4, 5]);
}

function rewards(statement: Statement): string {
  if (statement.rewards.length === 0) return '';
  const { amount, microUsd, unpriced } = rewardTotals(statement);
  const epochs = statement.rewards.length;
  const worth = `worth ${formatAmount(microUsd, 'USDC')} USD when received`;
  const value = `${formatAmount(amount, 'IO')} IO in ${epochs} epochs, ${worth}`;
  const rest = unpriced === 0n ? '' : `; ${formatAmount(unpriced, 'IO')} IO had no price`;
  const poor = statement.unrewarded.map(
    ({ devices, model, reasons }) =>
      `${devices} x ${model === '' ? 'GPU' : model} earned nothing: ${reasons.join(' ')}\n`,
  );
  return [`${value}${rest}\n`, ...poor].join('');
}

function movements({ movements: all }: Statement): string {
  if (all.length === 0) return '';
  return table(
    all.map(({ account, cause, amount, asset }) => [
      account,
      cause,
      formatAmount(amount, asset),
      asset,
    ]),
    [2],
  );
}

function balances({ balances: all }: Statement): string {
  if (all.length === 0) return '';
  return table(
    [
      ['account', 'at first', 'at last', ''],
      ...all.map(({ account, opening, closing, asset }) => [
        account,
        formatAmount(opening, asset),
        formatAmount(closing, asset),
        asset,
      ]),
    ],
    [1, 2],
  );
}

function price(ratePerHour: bigint | undefined, asset: Asset): string {
  return ratePerHour === undefined ? '' : formatAmount(ratePerHour, asset);
}
