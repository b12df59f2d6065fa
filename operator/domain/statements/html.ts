import { formatAmount } from '../pricing/assets.ts';
import { instant } from '../instant.ts';
import { hours } from './format.ts';
import { rewardTotals, sumsByAsset, type UsageTotal, usageTotals } from './totals.ts';
import type { Statement } from './types.ts';

/** Lower-case hexadecimal sha256 of a text; injected, since the core does no I/O. */
export type Hash = (text: string) => string;

const style = `
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; }
body { margin: 3rem auto; max-width: 60rem; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.5rem; }
dt { color: #666; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid #ddd; text-align: left; }
th { font-weight: 600; border-bottom: 2px solid #1a1a1a; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.sum td { font-weight: 600; border-top: 2px solid #1a1a1a; border-bottom: 0; }
footer { margin-top: 3rem; color: #666; font-size: .85rem; }
@media print {
  body { margin: 0; max-width: none; font-size: 11px; }
  tr { break-inside: avoid; }
}
`;

/** Number of the invoice of an account and month: the same whenever it is printed. */
export function invoiceNumber(account: string, month: string, hash: Hash): string {
  const digits = hash(`${account.length}:${account}${month.length}:${month}`).slice(0, 10);
  return `IO-${month.replace('-', '')}-${digits.toUpperCase()}`;
}

/**
 * A month as one self-contained page that prints well: the invoice of what was rented, and the credit
 * of what was earned.
 */
export function invoiceHtml(statement: Statement, hash: Hash): string {
  const { account, month } = statement;
  const number = invoiceNumber(account, month, hash);
  const { epochs, periodStartSeconds, periodEndSeconds } = statement;
  const facts: readonly (readonly [string, string])[] = [
    ['Account', account],
    ['Period', `${instant(periodStartSeconds)} to ${instant(periodEndSeconds)}`],
    ['Epochs', epochs === undefined ? 'none yet' : `${epochs.from} to ${epochs.to}`],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`Invoice ${number}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(`Invoice ${number}`)}</h1>
<dl>${facts.map(([term, text]) => `<dt>${escape(term)}</dt><dd>${escape(text)}</dd>`).join('')}</dl>
${rentedSection(statement)}${suppliedSection(statement)}${rewardSection(statement)}${balanceSection(statement)}
<footer>Amounts are exact. Each line can be computed again from the ledger: io-operator audit.</footer>
</body>
</html>
`;
}

/** A text as HTML shows it, inside an element or a quoted attribute. */
export function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

function rentedSection({ rented }: Statement): string {
  if (rented.length === 0) return '';
  const rows = usageTotals(rented).map((line) => [
    line.cluster,
    modelOf(line),
    line.member,
    ...numbers(line, [line.usage, line.renterFee + line.rounding, line.total]),
    line.asset,
  ]);
  const sums = sumsByAsset(rented).map(({ asset, paid, seconds }) => [
    'Due, and paid from the account',
    '',
    '',
    hours(seconds),
    '',
    '',
    '',
    formatAmount(paid, asset),
    asset,
  ]);
  const head = ['Cluster', 'Model', 'Member', 'GPU hours', 'Per hour', 'Use', 'Fee', 'Total', ''];
  return section('Rented', head, [3, 4, 5, 6, 7], rows, sums);
}

function suppliedSection({ supplied }: Statement): string {
  if (supplied.length === 0) return '';
  const merged = usageTotals(supplied.map((line) => ({ ...line, cluster: '' })));
  const rows = merged.map((line) => [
    line.member,
    modelOf(line),
    ...numbers(line, [line.usage, line.supplierFee, line.usage - line.supplierFee]),
    line.asset,
  ]);
  const sums = sumsByAsset(supplied).map(({ asset, earned, seconds }) => [
    'Earned',
    '',
    hours(seconds),
    '',
    '',
    '',
    formatAmount(earned, asset),
    asset,
  ]);
  const head = ['Member', 'Model', 'GPU hours', 'Per hour', 'Use', 'Fee', 'Earned', ''];
  return section('Supplied', head, [2, 3, 4, 5, 6], rows, sums);
}

function rewardSection(statement: Statement): string {
  if (statement.rewards.length === 0) return '';
  const { amount, microUsd, unpriced } = rewardTotals(statement);
  const rows = [
    ['Received', formatAmount(amount, 'IO'), 'IO'],
    ['Fair value when received', formatAmount(microUsd, 'USDC'), 'USD'],
    ...(unpriced === 0n ? [] : [['Without a price', formatAmount(unpriced, 'IO'), 'IO']]),
  ];
  return section('Block rewards', ['', 'Amount', ''], [1], rows, []);
}

function balanceSection({ balances }: Statement): string {
  if (balances.length === 0) return '';
  const rows = balances.map(({ account, opening, closing, asset }) => [
    account,
    formatAmount(opening, asset),
    formatAmount(closing, asset),
    asset,
  ]);
  return section('Balances', ['Account', 'At first', 'At last', ''], [1, 2], rows, []);
}

function section(
  title: string,
  head: readonly string[],
  right: readonly number[],
  rows: readonly (readonly string[])[],
  sums: readonly (readonly string[])[],
): string {
  const cell = (tag: string, text: string, column: number): string =>
    `<${tag}${right.includes(column) ? ' class="n"' : ''}>${escape(text)}</${tag}>`;
  const row = (tag: string, cells: readonly string[], attributes = ''): string =>
    `<tr${attributes}>${cells.map((text, column) => cell(tag, text, column)).join('')}</tr>`;
  const body = [
    ...rows.map((cells) => row('td', cells)),
    ...sums.map((cells) => row('td', cells, ' class="sum"')),
  ];
  return `<h2>${escape(title)}</h2>
<table><thead>${row('th', head)}</thead><tbody>
${body.join('\n')}
</tbody></table>
`;
}

function numbers({ seconds, ratePerHour, asset }: UsageTotal, amounts: readonly bigint[]) {
  const price = ratePerHour === undefined ? '' : formatAmount(ratePerHour, asset);
  return [hours(seconds), price, ...amounts.map((amount) => formatAmount(amount, asset))];
}

function modelOf({ model }: UsageTotal): string {
  return model === '' ? 'GPU' : model;
}
