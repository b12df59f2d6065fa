import type { ReactNode } from 'react';

export type Column<Row> = Readonly<{
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  align?: 'end' | undefined;
  width?: string | undefined;
  /** On narrow screens a row is a card: `title` is its first line, `hide` is left out. */
  narrow?: 'hide' | 'title' | undefined;
}>;

export type TableProps<Row> = Readonly<{
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  hasMore?: boolean | undefined;
  loadMore?: (() => void) | undefined;
  isLoadingMore?: boolean | undefined;
  /** How many there are in all, where that is known. */
  total?: number | undefined;
  empty?: ReactNode;
}>;
