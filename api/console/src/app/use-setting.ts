import { useCallback, useSyncExternalStore } from 'react';
import { readSetting, subscribeSetting, writeSetting } from '../design/setting.ts';

/** A choice of this browser, shared by its tabs. */
export function useSetting(key: string): [string | undefined, (value: string) => void] {
  const subscribe = useCallback((listener: () => void) => subscribeSetting(key, listener), [key]);
  const value = useSyncExternalStore(subscribe, () => readSetting(key));
  const write = useCallback((next: string) => writeSetting(key, next), [key]);
  return [value, write];
}
