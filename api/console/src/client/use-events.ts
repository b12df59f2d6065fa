import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { affects, anyChange, pageCount, type Change } from './changes.ts';
import { followEvents } from './event-stream.ts';

/** Changes are gathered for this long, so that many at once are one question. */
const gatherMs = 700;
const maxGathered = 200;
/** A list is asked for again page by page; a longer one stays as it is until it is opened anew. */
const maxPagesAgain = 5;

/**
 * Keeps what is shown up to date: what the API's events name is asked for again.
 * @returns whether the events come
 */
export function useEvents(path: string, enabled: boolean): boolean {
  const client = useQueryClient();
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (!enabled) return;
    const abort = new AbortController();
    let gathered: Change[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let before = false;
    const flush = (): void => {
      timer = undefined;
      const changes = gathered.length > maxGathered ? anyChange : gathered;
      gathered = [];
      for (const failing of [false, true]) {
        void client.invalidateQueries(
          {
            predicate: ({ queryKey, state }) =>
              state.fetchFailureCount > 0 === failing &&
              pageCount(state.data) <= maxPagesAgain &&
              changes.some((change) => affects(change, queryKey)),
          },
          // What is asked again after a fault goes on; else a stream of changes would hide the fault.
          { cancelRefetch: !failing },
        );
      }
    };
    const add = (...changes: readonly Change[]): void => {
      gathered.push(...changes);
      timer ??= setTimeout(flush, gatherMs);
    };
    const onState = (now: boolean): void => {
      setConnected(now);
      // What was missed while there was no connection is not known.
      if (now && before) add(...anyChange);
      before ||= now;
    };
    void followEvents(path, { onChange: add, onState }, abort.signal);
    return () => {
      abort.abort();
      clearTimeout(timer);
      setConnected(false);
    };
  }, [client, enabled, path]);
  return connected;
}
