import type { NavItem, Page } from '../app/page.ts';

export const pages: readonly Page[] = [
  { path: 'cloud', title: 'Market', load: () => import('./market-page.tsx') },
  { path: 'cloud/rent', title: 'Rent', load: () => import('./rent-page.tsx'), signedIn: true },
  {
    path: 'cloud/clusters',
    title: 'Clusters',
    load: () => import('./clusters-page.tsx'),
    signedIn: true,
  },
  {
    path: 'cloud/clusters/$namespace/$name',
    title: 'Cluster',
    load: () => import('./cluster-page.tsx'),
    signedIn: true,
  },
];

export const nav: readonly NavItem[] = [
  { to: '/cloud', label: 'Market' },
  { to: '/cloud/rent', label: 'Rent' },
  { to: '/cloud/clusters', label: 'Clusters' },
];
