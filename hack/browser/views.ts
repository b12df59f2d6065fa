import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkoutDirectory } from '../federation/paths.ts';

const SOURCES = join(checkoutDirectory, 'api/console/src');

/** A page of the console at a real path. */
export type View = Readonly<{
  /** For a file: `workers-devices-member-name`. */
  name: string;
  /** Below /console/, such as `/workers/devices/frankfurt-1/gpu-0`. */
  path: string;
  signedIn: boolean;
}>;

/**
 * What stands for the parameters of a path, in their order, by the word before the first of them:
 * `devices` for `workers/devices/$member/$name`.
 */
export type Examples = Readonly<Record<string, readonly string[]>>;

type Page = Readonly<{ path: string; signedIn?: boolean }>;

/** Every page that a product of the console lists: one that is added is looked at without a change here. */
export async function viewsOf(examples: Examples): Promise<readonly View[]> {
  const products = readdirSync(SOURCES).filter((name) =>
    existsSync(join(SOURCES, name, 'pages.ts')),
  );
  const lists = await Promise.all(products.toSorted().map(pagesOf));
  return lists.flat().map((page) => viewOf(page, examples));
}

async function pagesOf(product: string): Promise<readonly Page[]> {
  const { href } = pathToFileURL(join(SOURCES, product, 'pages.ts'));
  const { pages } = (await import(href)) as { pages: readonly Page[] };
  return pages;
}

/** A page with its parameters filled in; throws when nothing is known for them. */
export function viewOf({ path, signedIn = false }: Page, examples: Examples): View {
  const parts = path.split('/').filter((part) => part !== '');
  const first = parts.findIndex((part) => part.startsWith('$'));
  const values = [...(examples[parts[first - 1] ?? ''] ?? [])];
  const filled = parts.map((part) => {
    if (!part.startsWith('$')) return part;
    const value = values.shift();
    if (value === undefined) throw new Error(`there is no example for ${part} of ${path}`);
    return encodeURIComponent(value);
  });
  const name = parts.map((part) => part.replace('$', '')).join('-');
  return { name: name === '' ? 'start' : name, path: `/${filled.join('/')}`, signedIn };
}
