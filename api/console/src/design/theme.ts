import { useSyncExternalStore } from 'react';
import { readSetting, subscribeSetting, writeSetting } from './setting.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

const key = 'io.theme';
const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

function choiceNow(): ThemeChoice {
  const choice = readSetting(key);
  return choice === 'light' || choice === 'dark' ? choice : 'system';
}

/** Puts the choice on the page; tokens.css knows both. Called once before anything is drawn. */
export function showTheme(): void {
  const choice = choiceNow();
  if (choice === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
}

function subscribe(listener: () => void): () => void {
  const stop = subscribeSetting(key, listener);
  darkSystem.addEventListener('change', listener);
  return () => {
    stop();
    darkSystem.removeEventListener('change', listener);
  };
}

/** Light, dark or what the system says. */
export function useTheme() {
  const choice = useSyncExternalStore(subscribe, choiceNow);
  const system = useSyncExternalStore(subscribe, () => darkSystem.matches);
  const dark = choice === 'system' ? system : choice === 'dark';
  const choose = (next: ThemeChoice): void => {
    writeSetting(key, next);
    showTheme();
  };
  return { choice, effective: dark ? ('dark' as const) : ('light' as const), choose };
}
