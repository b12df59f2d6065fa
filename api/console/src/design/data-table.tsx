/* oxlint-disable jsx-a11y/no-redundant-roles -- rows that look like cards are no table by themselves */
/* oxlint-disable jsx-a11y/no-interactive-element-to-noninteractive-role -- the same */
import { lazy, Suspense, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { Cells } from './table-cells.tsx';
import type { Column, TableProps } from './table-props.ts';
import { formatCount } from './format.ts';
import './data-table.css';

export type { Column } from './table-props.ts';

/** From so many rows on only those are in the page that can be seen. */
const virtualFrom = 60;

/** A lazy component forgets what its rows are; it is told again. */
const VirtualBody = lazy(() => import('./virtual-body.tsx')) as <Row>(
  props: TableProps<Row>,
) => ReactNode;

/** A table. Long ones keep only the rows in the page that can be seen; on narrow screens rows are cards. */
export function DataTable<Row>(props: TableProps<Row>) {
  const { caption, rows, columns, total, empty } = props;
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className="table-frame">
      <table
        className="table"
        role="table"
        aria-rowcount={props.hasMore === true ? -1 : (total ?? rows.length) + 1}
      >
        <caption className="visually-hidden">{caption}</caption>
        <Head columns={columns} />
        {rows.length < virtualFrom ? (
          <PlainBody {...props} />
        ) : (
          <Suspense fallback={<PlainBody {...props} rows={rows.slice(0, virtualFrom)} />}>
            <VirtualBody {...props} />
          </Suspense>
        )}
      </table>
      <Foot {...props} />
    </div>
  );
}

function Head<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <thead role="rowgroup">
      <tr role="row" aria-rowindex={1}>
        {columns.map(({ id, header, align, width, narrow }) => (
          <th
            key={id}
            role="columnheader"
            scope="col"
            className={classNames(
              align === 'end' && 'table-end',
              narrow === 'hide' && 'table-narrow-hide',
            )}
            {...(width === undefined ? {} : { style: { width } })}
          >
            {header}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function PlainBody<Row>({ rows, columns, rowKey }: TableProps<Row>) {
  return (
    <tbody role="rowgroup">
      {rows.map((row, index) => (
        <tr key={rowKey(row)} role="row" aria-rowindex={index + 2}>
          <Cells row={row} columns={columns} />
        </tr>
      ))}
    </tbody>
  );
}

function Foot<Row>({ rows, total, hasMore, loadMore, isLoadingMore }: TableProps<Row>) {
  if (hasMore !== true && rows.length < 10) return undefined;
  const shown = formatCount(rows.length);
  return (
    <div className="table-foot" role="status">
      <span>
        {total === undefined ? `${shown} shown` : `${shown} of ${formatCount(total)} shown`}
      </span>
      {hasMore === true && (
        <Button size="s" isPending={isLoadingMore ?? false} onPress={() => loadMore?.()}>
          Load more
        </Button>
      )}
    </div>
  );
}
