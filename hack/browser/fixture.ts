import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startFixtureServer } from '../../api/console/testing/fixture-server.ts';
import { builtConsole } from '../federation/console.ts';
import type { Progress } from '../federation/progress.ts';
import { launchBrowser } from './launch.ts';
import { type Examples, type View, viewsOf } from './views.ts';

/** Names that the fixture server has something for. */
export const examples: Examples = {
  clusters: ['research', 'training'],
  statements: ['2026-11'],
  devices: ['frankfurt-1', 'gpu-0'],
  members: ['frankfurt-1'],
  cases: ['frankfurt-1', 'false-inventory'],
  epochs: ['7'],
  models: ['H100-80GB-HBM3'],
  countries: ['DE'],
};

/** A server with made-up data, and a console that stays as it is when somebody builds again. */
export type FixtureServer = Awaited<ReturnType<typeof startFixtureServer>>;

/** Builds the console where that is needed, and serves a copy of it. */
export async function startFixture(prefix = ''): Promise<FixtureServer> {
  const folder = mkdtempSync(join(tmpdir(), 'io-console-'));
  cpSync(await builtConsole(), folder, { recursive: true });
  const { close, ...server } = await startFixtureServer({ prefix, folder });
  return {
    ...server,
    close: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The console with made-up data, and a browser to look at it. */
export type Fixture = Readonly<{
  browser: Browser;
  views: readonly View[];
  server: FixtureServer;
}>;

/** Runs `work` with both, and ends them. */
export async function withFixture(
  progress: Progress,
  work: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const views = await viewsOf(examples);
  const server = await startFixture();
  try {
    const browser = await launchBrowser(progress);
    try {
      await work({ browser, views, server });
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}
