import { Client } from 'pg';
import type { ViewChange, ViewChanges } from '../../../ports/views.ts';
import { exponentialMs, jitteredMs } from '../../../runtime/backoff.ts';
import { type Clock, type Random, sleep } from '../../../runtime/clock.ts';
import { errorFields, type Logger } from '../../../runtime/logger.ts';
import { viewChannel } from './writer.ts';

export type ViewChangesOptions = Readonly<{
  /** Connection string. */
  url: string;
  clock: Clock;
  logger: Logger;
  random?: Random;
}>;

/** ViewChanges with a connection of their own, which is closed in the end. */
export type OpenViewChanges = ViewChanges & Readonly<{ close: () => Promise<void> }>;

const kinds: readonly ViewChange['kind'][] = [
  'cluster',
  'device',
  'member',
  'account',
  'case',
  'network',
  'epoch',
];
const reconnect = { baseMs: 200, maximumMs: 10_000 };
/** Whether the server is still there is asked this often; an answer may take as long. */
const askEveryMs = 15_000;
const connectTimeoutMs = 5_000;
const goodbyeMs = 1_000;

/**
 * Hears what the hub writes, by LISTEN on one connection. While there is none nothing is heard; once
 * there is one again, everything counts as changed.
 */
export function openViewChanges(options: ViewChangesOptions): OpenViewChanges {
  const listeners = new Set<(change: ViewChange) => void>();
  const stop = new AbortController();
  const tell = (change: ViewChange): void => {
    for (const listener of listeners) listener(change);
  };
  const done = listen(options, tell, stop.signal);
  return {
    subscribe: (listener) => {
      // Each subscription counts for itself, also of the same function.
      const own = (change: ViewChange): void => listener(change);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    close: async () => {
      stop.abort();
      await done;
    },
  };
}

async function listen(
  { url, clock, logger, random = Math.random }: ViewChangesOptions,
  tell: (change: ViewChange) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const client = new Client({
      connectionString: url,
      application_name: 'io-operator views',
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: askEveryMs,
      keepAlive: true,
    });
    try {
      await hearUntilBroken(client, clock, tell, signal, () => {
        failures = 0;
      });
    } catch (error) {
      if (failures === 0 && !signal.aborted) {
        logger.warn(errorFields(error), 'changes of views are not heard; connecting anew');
      }
    } finally {
      // A server that is silent does not say goodbye either.
      await Promise.race([client.end().catch(() => {}), sleep(clock, goodbyeMs)]);
    }
    await sleep(clock, jitteredMs(exponentialMs(failures, reconnect), random), signal);
    failures += 1;
  }
}

/** Returns when the signal is aborted, and throws when the connection breaks. */
async function hearUntilBroken(
  client: Client,
  clock: Clock,
  tell: (change: ViewChange) => void,
  signal: AbortSignal,
  connected: () => void,
): Promise<void> {
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  client.on('error', broken.reject);
  client.on('end', () => broken.reject(new Error('the connection was closed')));
  client.on('notification', ({ payload }) => {
    const change = changeOf(payload);
    if (change !== undefined) tell(change);
  });
  await client.connect();
  await client.query(`listen ${viewChannel}`);
  connected();
  // Also the first time: what was read before the connection stood may be old by now.
  for (const kind of kinds) tell({ kind, scope: '', name: '' });
  while (!signal.aborted) {
    await Promise.race([sleep(clock, askEveryMs, signal), broken.promise]);
    if (!signal.aborted) await Promise.race([client.query('select 1'), broken.promise]);
  }
}

/** A message of the channel; undefined for what is none of ours. */
function changeOf(payload: string | undefined): ViewChange | undefined {
  let message: unknown;
  try {
    message = JSON.parse(payload ?? '');
  } catch {
    return undefined;
  }
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, scope, name } = message as Record<string, unknown>;
  const known = kinds.find((each) => each === kind);
  if (known === undefined || typeof scope !== 'string' || typeof name !== 'string') {
    return undefined;
  }
  return { kind: known, scope, name };
}
