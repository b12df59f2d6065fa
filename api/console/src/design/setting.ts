/**
 * Choices of this browser, such as the theme; nothing secret. Where storage is refused they last as
 * long as the page.
 */
const memory = new Map<string, string>();
const listeners = new Map<string, Set<() => void>>();

export function readSetting(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? memory.get(key);
  } catch {
    return memory.get(key);
  }
}

export function writeSetting(key: string, value: string): void {
  memory.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is full or refused: the page remembers it.
  }
  listeners.get(key)?.forEach((listener) => listener());
}

/** Also told when another tab changes it. */
export function subscribeSetting(key: string, listener: () => void): () => void {
  const own = listeners.get(key) ?? new Set();
  listeners.set(key, own.add(listener));
  const onStorage = (event: StorageEvent): void => {
    if (event.key === key) listener();
  };
  window.addEventListener('storage', onStorage);
  return () => {
    own.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}
