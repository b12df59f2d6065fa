import { nav as cloudNav, pages as cloudPages } from '../cloud/pages.ts';
import { nav as explorerNav, pages as explorerPages } from '../explorer/pages.ts';
import { nav as idNav, pages as idPages } from '../id/pages.ts';
import { nav as workersNav, pages as workersPages } from '../workers/pages.ts';
import type { NavItem, Page } from './page.ts';

/** A product: what the switch in the header leads to. */
type Product = Readonly<{
  id: 'cloud' | 'workers' | 'explorer' | 'id';
  label: string;
  /** What it is for, in one sentence. */
  about: string;
  to: string;
  nav: readonly NavItem[];
  pages: readonly Page[];
}>;

export const products: readonly Product[] = [
  {
    id: 'cloud',
    label: 'Cloud',
    about: 'Rent GPUs as Ray clusters, and pay for the seconds that worked.',
    to: '/cloud',
    nav: cloudNav,
    pages: cloudPages,
  },
  {
    id: 'workers',
    label: 'Workers',
    about: 'Offer the GPUs of your data centre, and see what each of them does and earns.',
    to: '/workers',
    nav: workersNav,
    pages: workersPages,
  },
  {
    id: 'explorer',
    label: 'Explorer',
    about: 'Look at the whole network: capacity, prices, epochs, rewards. Open to everybody.',
    to: '/explorer',
    nav: explorerNav,
    pages: explorerPages,
  },
  {
    id: 'id',
    label: 'ID',
    about: 'Your money: balances, statements, deposits, withdrawals and wallets.',
    to: '/id',
    nav: idNav,
    pages: idPages,
  },
];

/** The product of a path such as /cloud/market. */
export const productOf = (path: string): Product | undefined =>
  products.find(({ to }) => path === to || path.startsWith(`${to}/`));
