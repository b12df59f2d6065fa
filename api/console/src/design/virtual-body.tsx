/* oxlint-disable jsx-a11y/no-redundant-roles -- rows that look like cards are no table by themselves */
/* oxlint-disable jsx-a11y/no-interactive-element-to-noninteractive-role -- the same */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Cells } from './table-cells.tsx';
import type { TableProps } from './table-props.ts';

const rowHeight = 49;
const overscan = 12;

/** Rows of a long table: only those are in the page that can be seen. Fetched by long tables only. */
export default function VirtualBody<Row>({
  rows,
  columns,
  rowKey,
  hasMore,
  loadMore,
  isLoadingMore,
}: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const { current } = body;
    if (current !== null) setTop(current.getBoundingClientRect().top + window.scrollY);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const nearEnd = last !== undefined && last.index >= rows.length - overscan;
  useEffect(() => {
    if (nearEnd && hasMore === true && isLoadingMore !== true) loadMore?.();
  }, [nearEnd, hasMore, isLoadingMore, loadMore]);
  return (
    <tbody role="rowgroup" ref={body}>
      <Spacer height={first === undefined ? 0 : first.start - top} />
      {items.map(({ index, key }) => {
        const row = rows[index];
        return (
          row !== undefined && (
            <tr
              key={key}
              role="row"
              aria-rowindex={index + 2}
              data-index={index}
              ref={virtualizer.measureElement}
            >
              <Cells row={row} columns={columns} />
            </tr>
          )
        );
      })}
      <Spacer height={last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - top)} />
    </tbody>
  );
}

/** Keeps the place of the rows that are not in the page. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return undefined;
  return <tr className="table-spacer" aria-hidden="true" style={{ height }} />;
}
