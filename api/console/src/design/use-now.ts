import { useSyncExternalStore } from 'react';

/** One timer for all that shows a clock of the same pace. */
type Ticker = { listeners: Set<() => void>; timer: ReturnType<typeof setInterval> | undefined };

const tickers = new Map<number, Ticker>();

function subscribeTo(everyMs: number): (listener: () => void) => () => void {
  const ticker = tickers.get(everyMs) ?? { listeners: new Set(), timer: undefined };
  tickers.set(everyMs, ticker);
  return (listener) => {
    ticker.listeners.add(listener);
    ticker.timer ??= setInterval(() => ticker.listeners.forEach((each) => each()), everyMs);
    return () => {
      ticker.listeners.delete(listener);
      if (ticker.listeners.size > 0) return;
      clearInterval(ticker.timer);
      ticker.timer = undefined;
    };
  };
}

const subscribers = new Map<number, ReturnType<typeof subscribeTo>>();

/** Milliseconds since 1970, moved on in steps of `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const subscribe = subscribers.get(everyMs) ?? subscribeTo(everyMs);
  subscribers.set(everyMs, subscribe);
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / everyMs) * everyMs);
}
