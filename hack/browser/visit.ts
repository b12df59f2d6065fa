import type { Browser, BrowserContext, Page } from 'playwright-core';
import { lookScript } from './in-page.ts';
import { Watch } from './watch.ts';

export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** A small phone, a tablet, a desk. */
export const widths = [360, 768, 1440] as const;
type Width = (typeof widths)[number];

const HEIGHT = 900;
const SETTLES_WITHIN_MS = 15_000;
const ACTS_WITHIN_MS = 10_000;
/** Not UTC, and with summer time: a time without its zone is noticed. */
const TIME_ZONE = 'Europe/Berlin';

export type VisitOptions = Readonly<{
  /** Of the server, with its path prefix: `https://127.0.0.1:8443/io`. */
  origin: string;
  theme?: Theme;
  width?: Width;
  /** Scripts that run before those of the page, such as a wallet. */
  scripts?: readonly string[];
  /** In this context, as another tab of the same person; default: a person of one's own. */
  beside?: Visit;
}>;

/** Somebody looks at the console. */
export type Visit = Readonly<{
  page: Page;
  context: BrowserContext;
  watch: Watch;
  /** Opens a path below /console/ as one types it into the address bar. */
  open: (path: string) => Promise<void>;
  /** Goes to a path without leaving the page, as a link in it does: what it holds in memory stays. */
  go: (path: string) => Promise<void>;
  /** Ends the context, with all its tabs. */
  close: () => Promise<void>;
}>;

/** Opens a tab on the console; nothing is loaded yet. */
export async function visit(browser: Browser, options: VisitOptions): Promise<Visit> {
  const { origin, theme = 'light', width = 1440, scripts = [], beside } = options;
  const context =
    beside?.context ??
    (await browser.newContext({
      ...{ colorScheme: theme, viewport: { width, height: HEIGHT }, timezoneId: TIME_ZONE },
      ...{ locale: 'en-GB', reducedMotion: 'reduce' },
      // The certificate of a demo is signed by the demo.
      ignoreHTTPSErrors: true,
    }));
  context.setDefaultTimeout(ACTS_WITHIN_MS);
  if (beside === undefined) {
    for (const content of [await lookScript(), ...scripts])
      await context.addInitScript({ content });
  }
  const page = await context.newPage();
  const base = `${origin}/console`;
  return {
    ...{ page, context, watch: new Watch(page, new URL(origin).origin) },
    open: async (path) => {
      await page.goto(`${base}${path}`, { waitUntil: 'load' });
      await settled(page);
    },
    go: async (path) => {
      const url = `${new URL(base).pathname}${path}`;
      await page.evaluate(`__look.leave(), history.pushState({}, '', ${JSON.stringify(url)})`);
      await settled(page);
    },
    close: () => context.close(),
  };
}

/** Returns when the page shows what it is about, and nothing in it is still to come. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`__look.settled(${SETTLES_WITHIN_MS})`);
}
