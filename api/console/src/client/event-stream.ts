import { createParser } from 'eventsource-parser';
import { apiUrl } from './fetch.ts';
import { authorization } from './credentials.ts';
import { changeOf, type Change } from './changes.ts';

type Listener = Readonly<{
  onChange: (change: Change) => void;
  /** Whether it is connected. */
  onState: (connected: boolean) => void;
}>;

const firstPauseMs = 1_000;
const maxPauseMs = 30_000;
/** The server says something each 15 s; after this silence the connection counts as lost. */
const silenceMs = 45_000;

/**
 * Follows the API's events until the signal is aborted, and begins anew whenever they end. Not
 * EventSource: that cannot send a token.
 */
export async function followEvents(
  path: string,
  { onChange, onState }: Listener,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const connected = await readOnce(path, onChange, onState, signal).catch(() => false);
    if (signal.aborted) return;
    onState(false);
    pauseMs = connected ? firstPauseMs : Math.min(pauseMs * 2, maxPauseMs);
    // A little of chance, so that all who lost a server do not come back at once.
    await pause(pauseMs * (0.75 + Math.random() / 2), signal);
  }
}

/** @returns whether it was connected at all */
async function readOnce(
  path: string,
  onChange: Listener['onChange'],
  onState: Listener['onState'],
  signal: AbortSignal,
): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await fetch(apiUrl(path), {
      headers: { accept: 'text/event-stream', ...authorization() },
      credentials: 'same-origin',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) return false;
    onState(true);
    const parser = createParser({
      onEvent: ({ event, data }) => {
        const change = changeOf(event, data);
        if (change !== undefined) onChange(change);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      parser.feed(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
