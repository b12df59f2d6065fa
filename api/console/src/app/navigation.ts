import { useParams as useRouteParams, useRouter, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import { consoleBase } from '../client/base.ts';
import { queryText } from '../client/query-text.ts';

export { pathOf } from './path-of.ts';

/** The address of a path of the console. */
export const hrefOf = (to: string): string => `${consoleBase}${to.replace(/^\/+/, '')}`;

/** Goes to a path of the console. */
export function useGo(): (to: string, options?: Readonly<{ replace?: boolean }>) => void {
  const { history } = useRouter();
  return useCallback(
    (to, { replace = false } = {}) => {
      if (replace) history.replace(hrefOf(to));
      else history.push(hrefOf(to));
    },
    [history],
  );
}

/** The parameters of the page's path, decoded. */
export function useParams(): Readonly<Record<string, string>> {
  const params: Readonly<Record<string, string>> = useRouteParams({ strict: false });
  return params;
}

/** What comes after ? of the page's address. */
export function useSearch(): Readonly<Record<string, string>> {
  return useRouterState({ select: ({ location }) => location.search as Record<string, string> });
}

/** The path of the page below the console, such as /cloud/market. */
export function usePath(): string {
  return useRouterState({ select: ({ location }) => location.pathname });
}

/** Changes what comes after ?; undefined takes something away. */
export function useSetSearch(): (patch: Readonly<Record<string, string | undefined>>) => void {
  const router = useRouter();
  return useCallback(
    (patch) => {
      const { pathname, search } = router.state.location;
      const next = { ...(search as Record<string, string>), ...patch };
      router.history.replace(hrefOf(`${pathname}${queryText(next)}`));
    },
    [router],
  );
}

/** Search parameters are texts, always: the router's own reading makes numbers of some. */
export const parseSearch = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text));

export const stringifySearch = (search: Record<string, unknown>): string =>
  queryText(search as Record<string, string>);
