import { formatAmount } from '../../domain/pricing/assets.ts';
import { instant } from '../../domain/instant.ts';
import { table } from '../../domain/statements/format.ts';
import type { AuditResult } from './audit.ts';

/** What an audit found, for reading in a terminal; what has to be looked at stands last. */
export function auditText(result: AuditResult): string {
  const head = ['epoch', 'from', 'charges', 'transfers', 'emitted IO', ''];
  const rows = result.epochs.map((each) => [
    String(each.epoch),
    instant(each.startSeconds),
    String(each.leases),
    String(each.transfers),
    each.emitted === undefined ? '' : formatAmount(each.emitted, 'IO'),
    each.differences > 0 ? `${each.differences} differ` : each.closed ? 'ok' : 'ok, still open',
  ]);
  const differences = result.first.map(
    ({ epoch, table: name, row, stored, computed }) =>
      `epoch ${epoch}, io.${name}, ${row}\n  stored   ${stored}\n  computed ${computed}\n`,
  );
  const untold = result.differences - result.first.length;
  const more = untold > 0 ? `and ${untold} more\n` : '';
  return [table([head, ...rows], [0, 2, 3, 4]), ...differences, more, conclusion(result)].join('');
}

function conclusion({ from, to, differences }: AuditResult): string {
  const span = from === to ? `epoch ${from}` : `epochs ${from} to ${to}`;
  const found = differences === 1 ? '1 difference' : `${differences || 'no'} differences`;
  return `${span}: charges, transfers, balances, rewards and digests computed again, ${found}\n`;
}
