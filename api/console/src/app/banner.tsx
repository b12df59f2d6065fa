import { useEffect, useState, useSyncExternalStore } from 'react';
import { Notice } from '../design/state.tsx';

/** Interruptions that are shorter are not worth a word. */
const quietMs = 15_000;

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

/** Says when what is shown may be old. */
export function Banner({ connected }: Readonly<{ connected: boolean }>) {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (connected) return;
    const timer = setTimeout(() => setLate(true), quietMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [connected]);
  if (online && !late) return undefined;
  return (
    <div className="shell-banner">
      <Notice tone="warn" title={online ? 'Live updates are interrupted' : 'You are offline'}>
        <p>What you see may be old. It goes on by itself as soon as there is a connection.</p>
      </Notice>
    </div>
  );
}
