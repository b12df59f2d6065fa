import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryKey,
} from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { Page } from '../../../../operator/domain/views/types.ts';
import { toast } from '../design/toasts.ts';
import { api } from './fetch.ts';
import { explainProblem } from './problem.ts';
import type { Query } from './query-text.ts';

type Options = Readonly<{
  query?: Query | undefined;
  enabled?: boolean | undefined;
  /** Where no event tells of changes. */
  refetchMs?: number | undefined;
  /** Shows the answer to the last question until the new one is there. */
  keep?: boolean | undefined;
}>;

/** What the API answers. The key begins with the kind of the events that change it. */
export function useApi<T>(key: QueryKey, path: string, options: Options = {}) {
  const { query, enabled = true, refetchMs, keep = false } = options;
  return useQuery<T>({
    queryKey: query === undefined ? key : [...key, query],
    queryFn: ({ signal }) => api<T>(path, { signal, query }),
    enabled,
    ...(refetchMs === undefined ? {} : { refetchInterval: refetchMs }),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

const pageSize = 100;
/** More is not read by anybody, and is what filters are for. */
const maxPages = 200;

/** A list of the API, page by page. */
export function useApiPages<T>(
  key: QueryKey,
  path: string,
  query: Query = {},
  { enabled = true }: Readonly<{ enabled?: boolean }> = {},
) {
  const result = useInfiniteQuery({
    queryKey: [...key, query],
    queryFn: ({ signal, pageParam }) =>
      api<Page<T>>(path, { signal, query: { limit: pageSize, ...query, cursor: pageParam } }),
    initialPageParam: '',
    getNextPageParam: (last, pages) => (pages.length < maxPages ? last.next : undefined),
    // All its pages would be asked for again.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    enabled,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = result;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    data: items,
    items: items ?? [],
    error: result.error,
    isPending: result.isPending,
    isFetching: result.isFetching,
    refetch: result.refetch,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    loadMore,
  };
}

type ActionOptions<Result> = Readonly<{
  invalidates?: readonly QueryKey[] | undefined;
  /** Said when it went well. */
  success?: string | undefined;
  /** Whether the page itself shows what went wrong. */
  quiet?: boolean | undefined;
  onSuccess?: ((result: Result) => void) | undefined;
}>;

/** Something that changes something. A refusal is shown, unless the page does it itself. */
export function useAction<Input, Result>(
  act: (input: Input) => Promise<Result>,
  { invalidates = [], success, quiet = false, onSuccess }: ActionOptions<Result> = {},
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (result) => {
      if (success !== undefined) toast({ title: success, tone: 'good' });
      onSuccess?.(result);
      await Promise.all(invalidates.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => {
      if (quiet) return;
      const { title, detail } = explainProblem(error);
      toast({ title, body: detail, tone: 'bad' });
    },
  });
}
