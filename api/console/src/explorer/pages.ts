import type { NavItem, Page } from '../app/page.ts';

/** Open to all: nothing here needs a session. */
export const pages: readonly Page[] = [
  { path: 'explorer', title: 'Network', load: () => import('./overview-page.tsx') },
  { path: 'explorer/countries', title: 'Countries', load: () => import('./countries-page.tsx') },
  {
    path: 'explorer/countries/$country',
    title: 'Country',
    load: () => import('./country-page.tsx'),
  },
  { path: 'explorer/models', title: 'Models', load: () => import('./models-page.tsx') },
  { path: 'explorer/models/$model', title: 'Model', load: () => import('./model-page.tsx') },
  { path: 'explorer/epochs', title: 'Epochs', load: () => import('./epochs-page.tsx') },
  { path: 'explorer/epochs/$epoch', title: 'Epoch', load: () => import('./epoch-page.tsx') },
  { path: 'explorer/emission', title: 'Emission', load: () => import('./emission-page.tsx') },
  { path: 'explorer/chain', title: 'Chain', load: () => import('./chain-page.tsx') },
  { path: 'explorer/recompute', title: 'Recompute', load: () => import('./recompute-page.tsx') },
  { path: 'explorer/privacy', title: 'Privacy', load: () => import('./privacy-page.tsx') },
];

export const nav: readonly NavItem[] = [
  { to: '/explorer', label: 'Network' },
  { to: '/explorer/countries', label: 'Countries' },
  { to: '/explorer/models', label: 'Models' },
  { to: '/explorer/epochs', label: 'Epochs' },
  { to: '/explorer/emission', label: 'Emission' },
  { to: '/explorer/chain', label: 'Chain' },
  { to: '/explorer/recompute', label: 'Recompute' },
  { to: '/explorer/privacy', label: 'Privacy' },
];
