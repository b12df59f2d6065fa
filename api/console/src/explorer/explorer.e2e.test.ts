import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { mayLackChromium } from '../../../../hack/browser/chromium.ts';
import { type FixtureServer, startFixture } from '../../../../hack/browser/fixture.ts';
import { launchBrowser } from '../../../../hack/browser/launch.ts';
import { type Visit, visit } from '../../../../hack/browser/visit.ts';
import { silentProgress } from '../../../../hack/federation/progress.ts';
import { rewardedWallets } from '../../testing/fixtures/proofs.ts';
import type { ProofAnswer } from './verify/proof.ts';

const BUILD_AND_START_MS = 300_000;
jest.setTimeout(120_000);

/** What only a browser shows of the Explorer: that it computes by itself, and that a map has keys. */
function tests(): void {
  let browser: Browser;
  let server: FixtureServer;
  let somebody: Visit;

  beforeAll(async () => {
    server = await startFixture();
    browser = await launchBrowser(silentProgress);
    somebody = await visit(browser, { origin: server.url, width: 360 });
  }, BUILD_AND_START_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function checkWallet(text: string): Promise<void> {
    await somebody.page.getByLabel('Wallet').fill(text);
    await somebody.page.keyboard.press('Enter');
  }

  const seen = (words: string): Promise<void> =>
    somebody.page.getByText(words).filter({ visible: true }).first().waitFor();

  test('a wallet’s proof leads to the root, in the browser', async () => {
    await somebody.open('/explorer/recompute?epoch=7');
    await checkWallet(rewardedWallets[2] ?? '');
    await seen('The root is right');
    await somebody.page.getByText('hashes from the leaf').click();
    await somebody.page.getByRole('row').filter({ hasText: 'left' }).first().waitFor();
    expect(somebody.watch.problems).toEqual([]);
  });

  test.each([
    ['nobody’s wallet', 'So11111111111111111111111111111111111111112', 'has no rewards'],
    ['no address at all', '<script>alert(1)</script>', 'An address is 32 to 44'],
  ])('%s is answered in words', async (_, wallet, answer) => {
    await somebody.open('/explorer/recompute?epoch=7');
    await checkWallet(wallet);
    await seen(answer);
    expect(await somebody.page.getByText('The root is right').count()).toBe(0);
  });

  test('a server that lies about a total is found out', async () => {
    const { page } = somebody;
    await page.route('**/v1/rewards/proofs/**', async (route) => {
      const answer = (await (await route.fetch()).json()) as ProofAnswer;
      await route.fulfill({ json: { ...answer, total: `${answer.total}0` } });
    });
    await somebody.open('/explorer/recompute?epoch=7');
    await checkWallet(rewardedWallets[1] ?? '');
    await seen('The root differs');
    await page.unrouteAll();
    expect(await page.getByText('The root is right').count()).toBe(0);
  });

  test('the files of a bundle and the chain of epochs are computed again', async () => {
    await somebody.open('/explorer/recompute?epoch=7');
    await somebody.page.getByRole('button', { name: 'Compute the hashes in this browser' }).click();
    await seen('The bundle is right');
    await somebody.open('/explorer/epochs/7');
    await seen('Right');
    expect(await somebody.page.getByText('Differs').count()).toBe(0);
  });

  test('a country of the map is reached by keys, and the back button leads back', async () => {
    await somebody.open('/explorer');
    const { page } = somebody;
    const first = page.locator('.ex-map-link').first();
    await first.focus();
    expect(await first.getAttribute('aria-label')).toMatch(/^.+: [\d,]+ GPUs, [\d,]+ free$/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/explorer\/countries\/[A-Z]{2}$/);
    await page.goBack();
    await page.waitForURL(/\/explorer$/);
  });

  test('the whole Explorer asks nobody else, and needs no sign-in', async () => {
    await somebody.open('/explorer/countries');
    await somebody.page.locator('.ex-map-link').first().waitFor();
    await somebody.open('/explorer/chain');
    await seen('A stake was put behind a device');
    expect(somebody.watch.problems.filter((each) => !each.includes('404'))).toEqual([]);
  });
}

if (mayLackChromium()) {
  test('no browser here', () => expect(process.platform).not.toBe('linux'));
} else {
  describe('the Explorer in a browser', () => {
    tests();
  });
}
