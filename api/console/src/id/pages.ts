import type { NavItem, Page } from '../app/page.ts';

export const pages: readonly Page[] = [
  { path: 'id', title: 'Balances', load: () => import('./balances-page.tsx'), signedIn: true },
  { path: 'id/ledger', title: 'Ledger', load: () => import('./ledger-page.tsx'), signedIn: true },
  {
    path: 'id/statements',
    title: 'Statements',
    load: () => import('./statements-page.tsx'),
    signedIn: true,
  },
  {
    path: 'id/statements/$month',
    title: 'Statement',
    load: () => import('./statement-page.tsx'),
    signedIn: true,
  },
  {
    path: 'id/deposit',
    title: 'Deposit',
    load: () => import('./deposit-page.tsx'),
    signedIn: true,
  },
  {
    path: 'id/withdraw',
    title: 'Withdraw',
    load: () => import('./withdraw-page.tsx'),
    signedIn: true,
  },
  { path: 'id/fees', title: 'Fees', load: () => import('./fees-page.tsx'), signedIn: true },
  { path: 'id/wallet', title: 'Wallet', load: () => import('./wallet-page.tsx'), signedIn: true },
];

export const nav: readonly NavItem[] = [
  { to: '/id', label: 'Balances' },
  { to: '/id/ledger', label: 'Ledger' },
  { to: '/id/statements', label: 'Statements' },
  { to: '/id/deposit', label: 'Deposit' },
  { to: '/id/withdraw', label: 'Withdraw' },
  { to: '/id/fees', label: 'Fees' },
  { to: '/id/wallet', label: 'Wallet' },
];
