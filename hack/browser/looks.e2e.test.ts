import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '../../operator/testing/eventually.ts';
import { silentProgress } from '../federation/progress.ts';
import { mayLackChromium } from './chromium.ts';
import { examples, type FixtureServer, startFixture } from './fixture.ts';
import { launchBrowser } from './launch.ts';
import { overflowsOf, violationsOf } from './looks.ts';
import { signInByToken } from './sign-in.ts';
import { settled, type Theme, type Visit, visit } from './visit.ts';
import { type View, viewsOf } from './views.ts';

const BUILD_AND_START_MS = 300_000;
const TEST_MS = 180_000;

jest.setTimeout(TEST_MS);

/** The built console on made-up data, where each look and each fault can be had at once. */
function tests(): void {
  let browser: Browser;
  let server: FixtureServer;
  let views: readonly View[];
  const visits: Visit[] = [];

  beforeAll(async () => {
    views = await viewsOf(examples);
    server = await startFixture();
    browser = await launchBrowser(silentProgress);
  }, BUILD_AND_START_MS);

  afterEach(async () => {
    server.setScenario('usual');
    await Promise.all(visits.splice(0).map((each) => each.close()));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function somebody(theme: Theme = 'light', at = server.url): Promise<Visit> {
    const one = await visit(browser, { origin: at, theme });
    visits.push(one);
    await one.open('/');
    return one;
  }

  async function signedIn(theme?: Theme, at?: string): Promise<Visit> {
    const one = await somebody(theme, at);
    await signInByToken(one, 'token-of-a-test');
    return one;
  }

  const text = ({ page }: Visit): Promise<string> => page.locator('body').innerText();

  type Check = (one: Visit) => Promise<readonly string[]>;

  /** All that is wrong with all views, each with the name of its view. */
  async function faultsOf(one: Visit, ...checks: readonly Check[]): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const { name, path } of views) {
      const before = one.watch.problems.length;
      await one.go(path);
      const found: string[] = [];
      for (const check of checks) found.push(...(await check(one)));
      const problems = [...found, ...one.watch.problems.slice(before)];
      faults.push(...problems.map((each) => `${name}: ${each}`));
    }
    return faults;
  }

  test('every view is accessible and fits each width', async () => {
    const one = await signedIn('light');
    expect(await faultsOf(one, violationsOf, overflowsOf)).toEqual([]);
  });

  test('every view is accessible in the dark theme too', async () => {
    expect(await faultsOf(await signedIn('dark'), violationsOf)).toEqual([]);
  });

  test('hostile names are text, and fit', async () => {
    server.setScenario('hostile');
    const one = await signedIn('light');
    let dialogs = 0;
    one.page.on('dialog', () => (dialogs += 1));
    expect(await faultsOf(one, overflowsOf)).toEqual([]);
    expect(dialogs).toBe(0);
  });

  test('where there is nothing yet, every view says so', async () => {
    server.setScenario('empty');
    expect(await faultsOf(await signedIn('dark'), violationsOf)).toEqual([]);
  });

  test('the public part needs no sign-in, and a private page asks for it', async () => {
    const one = await somebody();
    for (const { path } of views.filter((view) => !view.signedIn)) await one.go(path);
    expect(one.watch.problems).toEqual([]);
    await one.open('/id');
    expect(await text(one)).toMatch(/sign in/i);
  });

  test('behind a path prefix everything stays below it', async () => {
    const behind = await startFixture('/io');
    try {
      const one = await visit(browser, { origin: behind.url });
      visits.push(one);
      const outside: string[] = [];
      one.page.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (!pathname.startsWith('/io/')) outside.push(pathname);
      });
      for (const path of ['/', '/explorer', '/cloud']) await one.open(path);
      await signInByToken(one, 'token-of-a-test');
      await one.go('/workers/devices');
      expect(outside).toEqual([]);
      expect(one.watch.problems).toEqual([]);
    } finally {
      await behind.close();
    }
  });

  test('a server that is away or slow is said so, and no page is white', async () => {
    const one = await signedIn();
    one.watch.expect(/^console: Failed to load resource: .* status of 503/);
    server.setScenario('down');
    await one.go('/explorer/models');
    expect(await text(one)).toMatch(/try again|unavailable|away/i);
    expect(await violationsOf(one)).toEqual([]);
    server.setScenario('usual');
    await one.page
      .getByRole('main')
      .getByRole('button', { name: /try again|retry/i })
      .first()
      .click();
    await one.page.getByRole('main').getByText('H100-80GB-HBM3').first().waitFor();
    server.setScenario('slow');
    await one.page.evaluate("history.pushState({}, '', '/console/explorer/chain')");
    await one.page.locator('[aria-busy="true"]').first().waitFor();
    await settled(one.page);
    expect(one.watch.problems).toEqual([]);
  });

  test('a token that ends mid-way asks for another one, and comes back to the page', async () => {
    const one = await signedIn();
    one.watch.expect(/^console: Failed to load resource: .* status of 401/);
    await one.go('/workers/devices');
    await one.page.route('**/v1/**', async (route) => {
      const headers = { ...route.request().headers(), authorization: 'Bearer expired' };
      await route.continue({ headers });
    });
    await one.go('/workers/members');
    await one.page.getByLabel('Kubernetes token').waitFor();
    await one.page.unroute('**/v1/**');
    await one.page.getByLabel('Kubernetes token').fill('another-token');
    await one.page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click();
    await one.page.getByRole('heading', { level: 1, name: 'Data centres' }).waitFor();
    expect(one.watch.problems).toEqual([]);
  });

  test('a page that was opened without a sign-in is shown after it', async () => {
    const one = await visit(browser, { origin: server.url });
    visits.push(one);
    await one.open('/workers/members/frankfurt-1');
    await one.page.getByLabel('Kubernetes token').fill('a-token');
    await one.page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click();
    await one.page.getByRole('heading', { level: 1, name: /Data centre 1|frankfurt-1/ }).waitFor();
    expect(new URL(one.page.url()).pathname).toBe('/console/workers/members/frankfurt-1');
  });

  test('back and forward go through the pages that were looked at', async () => {
    const one = await somebody();
    const titles: string[] = [];
    const paths = ['/explorer', '/explorer/epochs', '/explorer/privacy'].filter((path) =>
      views.some((view) => view.path === path),
    );
    for (const path of paths) {
      await one.go(path);
      titles.push(await one.page.title());
    }
    await one.page.goBack();
    await eventually(async () => expect(await one.page.title()).toBe(titles.at(-2)));
    await one.page.goForward();
    await eventually(async () => expect(await one.page.title()).toBe(titles.at(-1)));
    expect(one.watch.problems).toEqual([]);
  });
}

if (mayLackChromium()) {
  test('no browser here', () => expect(process.platform).not.toBe('linux'));
} else {
  describe('the console on made-up data', () => {
    tests();
  });
}
