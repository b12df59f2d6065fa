import type { NavItem, Page } from '../app/page.ts';

export const pages: readonly Page[] = [
  {
    path: 'workers',
    title: 'Workers',
    load: () => import('./overview-page.tsx'),
    signedIn: true,
  },
  {
    path: 'workers/devices',
    title: 'Devices',
    load: () => import('./devices-page.tsx'),
    signedIn: true,
  },
  {
    path: 'workers/devices/$member/$name',
    title: 'Device',
    load: () => import('./device-page.tsx'),
    signedIn: true,
  },
  {
    path: 'workers/members',
    title: 'Data centres',
    load: () => import('./members-page.tsx'),
    signedIn: true,
  },
  {
    path: 'workers/members/$name',
    title: 'Data centre',
    load: () => import('./member-page.tsx'),
    signedIn: true,
  },
  {
    path: 'workers/join',
    title: 'Join with a data centre',
    load: () => import('./join-page.tsx'),
    signedIn: true,
  },
  { path: 'workers/cases', title: 'Cases', load: () => import('./cases-page.tsx'), signedIn: true },
  {
    path: 'workers/cases/$member/$name',
    title: 'Case',
    load: () => import('./case-page.tsx'),
    signedIn: true,
  },
];

export const nav: readonly NavItem[] = [
  { to: '/workers', label: 'Overview' },
  { to: '/workers/devices', label: 'Devices' },
  { to: '/workers/members', label: 'Data centres' },
  { to: '/workers/cases', label: 'Cases' },
];
