import { getWallets } from '@wallet-standard/app';
import type { Wallet } from '@wallet-standard/base';
import { useSyncExternalStore } from 'react';
import { isUsable } from './standard.ts';

/** Extensions announce themselves; more than this is nobody's browser. */
const mostWallets = 32;

let snapshot: readonly Wallet[] = [];

/** The wallets of this browser that can be used here; changes as extensions come and go. */
export function useWallets(): readonly Wallet[] {
  return useSyncExternalStore(subscribe, current);
}

function subscribe(changed: () => void): () => void {
  const wallets = getWallets();
  const offs = [wallets.on('register', changed), wallets.on('unregister', changed)];
  return () => offs.forEach((off) => off());
}

/** The same list as long as nothing changed, as React asks of a snapshot. */
function current(): readonly Wallet[] {
  const usable = getWallets().get().filter(isUsable).slice(0, mostWallets);
  const isSame =
    usable.length === snapshot.length && usable.every((wallet, at) => wallet === snapshot[at]);
  if (!isSame) snapshot = usable;
  return snapshot;
}
