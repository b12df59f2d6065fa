import { formatAmount, toMicroUsd } from '../pricing/assets.ts';
import { instant } from '../instant.ts';
import { csv } from './format.ts';
import { fairValue } from './totals.ts';
import type { Statement, UsageLine } from './types.ts';

const header = [
  'side',
  'epoch',
  'start',
  'end',
  'lease',
  'cluster',
  'member',
  'counterparty',
  'model',
  'kind',
  'gpu_seconds',
  'price_per_gpu_hour',
  'asset',
  'use',
  'fee',
  'rounding',
  'amount',
  'fair_value_usd',
];

/**
 * Every line of a statement: what was paid for what was rented, what was earned for what was let,
 * and block rewards. What was earned has its fair value at the end of the epoch it was received in.
 */
export function statementCsv(statement: Statement): string {
  const prices = new Map(statement.rewards.map(({ epoch, ioPrice }) => [epoch, ioPrice]));
  return csv([
    header,
    ...statement.rented.map((line) => rented(line)),
    ...statement.supplied.map((line) => supplied(line, prices.get(line.epoch))),
    ...statement.rewards.map((reward) => [
      'reward',
      String(reward.epoch),
      '',
      instant(reward.endSeconds),
      ...['', '', '', '', '', 'Reward', '', '', 'IO', '', '', ''],
      formatAmount(reward.amount, 'IO'),
      usd(fairValue(reward)),
    ]),
  ]);
}

function rented(line: UsageLine): readonly string[] {
  const { charge, asset } = line;
  return [
    'rented',
    ...common(line, line.supplier),
    ...[charge.usage, charge.renterFee, charge.rounding, charge.total].map((part) =>
      formatAmount(part, asset),
    ),
    '',
  ];
}

function supplied(line: UsageLine, ioPrice: bigint | undefined): readonly string[] {
  const { charge, asset } = line;
  const earned = charge.usage - charge.supplierFee;
  return [
    'supplied',
    ...common(line, ''),
    formatAmount(charge.usage, asset),
    formatAmount(-charge.supplierFee, asset),
    '',
    formatAmount(earned, asset),
    usd(toMicroUsd(earned, asset, ioPrice)),
  ];
}

function common(line: UsageLine, counterparty: string): readonly string[] {
  const { epoch, startSeconds, endSeconds, ratePerHour, asset } = line;
  return [
    String(epoch),
    instant(startSeconds),
    instant(endSeconds),
    line.leaseId,
    line.cluster,
    line.member,
    counterparty,
    line.model,
    line.kind,
    String(line.seconds),
    ratePerHour === undefined ? '' : formatAmount(ratePerHour, asset),
    asset,
  ];
}

function usd(microUsd: bigint | undefined): string {
  return microUsd === undefined ? '' : formatAmount(microUsd, 'USDC');
}
