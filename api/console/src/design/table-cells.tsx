/* oxlint-disable jsx-a11y/no-redundant-roles -- rows that look like cards are no table by themselves */
/* oxlint-disable jsx-a11y/no-interactive-element-to-noninteractive-role -- the same */
import { classNames } from './class-names.ts';
import type { Column } from './table-props.ts';

/** The cells of a row. */
export function Cells<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }) {
  return columns.map(({ id, header, cell, align, narrow }) => (
    <td
      key={id}
      role="cell"
      data-header={header}
      className={classNames(
        align === 'end' && 'table-end',
        narrow === 'hide' && 'table-narrow-hide',
        narrow === 'title' && 'table-narrow-title',
      )}
    >
      {cell(row)}
    </td>
  ));
}
