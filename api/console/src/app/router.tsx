import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { consoleBase } from '../client/base.ts';
import { SignInGate } from './sign-in-gate.tsx';
import { parseSearch, stringifySearch } from './navigation.ts';
import { NotFound } from './not-found.tsx';
import type { Page } from './page.ts';
import { products } from './products.ts';
import { RouteFault } from './route-fault.tsx';
import { Shell } from './shell.tsx';
import { PageSkeleton } from './page-skeleton.tsx';

const ownPages: readonly Page[] = [
  { path: '/', title: 'Start', load: () => import('./start-page.tsx') },
  { path: 'sign-in', title: 'Sign in', load: () => import('./sign-in-page.tsx') },
];

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

function routeOf({ path, load, signedIn = false }: Page) {
  const content = lazyRouteComponent(() => load().catch(notLoaded));
  return createRoute({
    getParentRoute: () => rootRoute,
    path,
    component: signedIn ? gated(content) : content,
    pendingComponent: PageSkeleton,
    errorComponent: RouteFault,
  });
}

/**
 * The router would load the whole document anew, and while nobody serves it the person would be left
 * with nothing; see new-version.ts for when that is right.
 */
function notLoaded(cause: unknown): never {
  throw new Error('The files of this page did not come. Is the connection there?', { cause });
}

/** The page behind the sign-in. */
const gated = (Content: ComponentType) => () => (
  <SignInGate>
    <Content />
  </SignInGate>
);

/** All pages of all products; each is fetched when it is first looked at. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    ...ownPages.map(routeOf),
    ...products.flatMap(({ pages }) => pages.map(routeOf)),
  ]),
  history: createBrowserHistory(),
  basepath: consoleBase,
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultPreload: false,
  defaultPendingMs: 150,
});
