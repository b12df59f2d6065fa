const key = 'io.reloaded-at';
const onceInMs = 60_000;
const answersWithinMs = 5_000;

/**
 * A page that is still open after a new version was installed asks for files that are gone: it is
 * loaded anew, at most once a minute. Not while nobody serves it: what is shown would be lost.
 */
export function reloadForNewVersion(): void {
  window.addEventListener('vite:preloadError', () => void reloadWhereServed());
}

async function reloadWhereServed(): Promise<void> {
  const last = Number(sessionStorage.getItem(key) ?? 0);
  if (Date.now() - last < onceInMs || !(await isServed())) return;
  sessionStorage.setItem(key, String(Date.now()));
  location.reload();
}

async function isServed(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(answersWithinMs);
    return (await fetch(location.href, { method: 'HEAD', cache: 'no-store', signal })).ok;
  } catch {
    return false;
  }
}
