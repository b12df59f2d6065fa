import { stringify } from 'yaml';
import { type Column, table } from './table.ts';

/** What `-o` takes. */
export const outputFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** How a kind of thing is shown. */
export type View<Item> = Readonly<{
  columns: readonly Column<Item>[];
  /** For `-o name`. */
  nameOf: (item: Item) => string;
  /** For `-o json` and `-o yaml`; the item itself by default. */
  dataOf?: (item: Item) => unknown;
}>;

/** A list in the format that was asked for. */
export function listText<Item>(
  items: readonly Item[],
  format: OutputFormat,
  view: View<Item>,
): string {
  const data = (): unknown => ({
    ...{ apiVersion: 'v1', kind: 'List' },
    items: items.map(view.dataOf ?? ((item) => item)),
  });
  switch (format) {
    case 'table':
    case 'wide':
      return table(view.columns, items, { wide: format === 'wide' });
    case 'json':
      return JSON.stringify(data(), undefined, 2);
    case 'yaml':
      return stringify(data()).trimEnd();
    case 'name':
      return items.map(view.nameOf).join('\n');
  }
}

/** One thing as data, or undefined when it is to be shown to people. */
export function dataText(data: unknown, format: OutputFormat): string | undefined {
  if (format === 'json') return JSON.stringify(data, undefined, 2);
  return format === 'yaml' ? stringify(data).trimEnd() : undefined;
}
