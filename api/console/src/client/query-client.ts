import { QueryClient } from '@tanstack/react-query';
import { mayRetry, retryDelayMs } from './problem.ts';

/** What was asked is fresh for this long; events say earlier when it is not. */
const staleMs = 10_000;
const keptMs = 5 * 60_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: staleMs,
      gcTime: keptMs,
      retry: mayRetry,
      retryDelay: retryDelayMs,
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});
