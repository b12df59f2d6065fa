import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { mayLackChromium } from '../../../hack/browser/chromium.ts';
import { type FixtureServer, startFixture } from '../../../hack/browser/fixture.ts';
import { press } from '../../../hack/browser/hands.ts';
import { launchBrowser } from '../../../hack/browser/launch.ts';
import { signInByWallet } from '../../../hack/browser/sign-in.ts';
import { type Visit, visit } from '../../../hack/browser/visit.ts';
import { silentProgress } from '../../../hack/federation/progress.ts';
import { testWalletScript } from './bundle-test-wallet.ts';
import type { TestWalletControl } from './wallet.ts';

const START_MS = 300_000;
const TEST_MS = 60_000;
const seed = Uint8Array.from({ length: 32 }, (_, at) => at + 1);

jest.setTimeout(TEST_MS);

/** What can go wrong between a person, a wallet, this site and the network; on made-up data. */
function tests(): void {
  let browser: Browser;
  let server: FixtureServer;
  const visits: Visit[] = [];

  beforeAll(async () => {
    server = await startFixture();
    browser = await launchBrowser(silentProgress);
  }, START_MS);

  afterEach(async () => {
    const problems = visits.flatMap(({ watch }) => watch.problems);
    await Promise.all(visits.splice(0).map((each) => each.close()));
    expect(problems).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Somebody with a wallet, and the paths that their page sent something to. */
  async function holder(options: Readonly<{ signIn?: boolean }> = {}) {
    const scripts = [await testWalletScript({ seed, ...options })];
    const one = await visit(browser, { origin: server.url.replace(/\/$/, ''), scripts });
    visits.push(one);
    const sent: string[] = [];
    one.page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
    });
    await one.open('/');
    return { one, sent };
  }

  const answer = ({ page }: Visit, how: TestWalletControl['answer']): Promise<void> =>
    page.evaluate(`ioTestWallet.answer = ${JSON.stringify(how)}; undefined`);
  const asked = ({ page }: Visit): Promise<readonly string[]> =>
    page.evaluate('[...ioTestWallet.asked]');
  const shows = ({ page }: Visit, text: string): Promise<void> =>
    page.getByText(text).first().waitFor();

  async function deposit(one: Visit, amount: string): Promise<void> {
    await one.go('/id/deposit');
    await one.page.getByLabel('Amount').fill(amount);
    await press(one, 'Go on to the wallet');
  }

  test('who says no in the wallet is told so, and may say yes after it', async () => {
    const { one, sent } = await holder();
    await one.go('/sign-in');
    await answer(one, 'reject');
    await press(one, /test wallet/i);
    await shows(one, 'Test wallet did not agree. It says: User rejected the request.');
    expect(sent).toEqual([]);
    await answer(one, 'approve');
    await signInByWallet(one);
    expect(sent).toEqual(['/v1/session/wallet/challenge', '/v1/session/wallet']);
  });

  test('a wallet that signs plain texts only signs in too', async () => {
    const { one } = await holder({ signIn: false });
    await signInByWallet(one);
    expect((await asked(one)).at(-1)).toMatch(/^signMessage .*wants you to sign in/);
  });

  test('nothing is signed before it was shown, and nothing sent that was not signed', async () => {
    const { one, sent } = await holder();
    await signInByWallet(one);
    await deposit(one, '12,50');
    const dialog = one.page.getByRole('dialog');
    await dialog.getByText('amount: 12.50').waitFor();
    expect(await asked(one)).not.toContain('signTransaction');
    await answer(one, 'hang');
    await press(one, 'Sign in wallet');
    await shows(one, 'Look at Test wallet: it asks you to agree.');
    await press(one, 'Cancel');
    await dialog.waitFor({ state: 'detached' });
    await answer(one, 'reject');
    await press(one, 'Go on to the wallet');
    await press(one, 'Other wallet');
    await answer(one, 'approve');
    await press(one, /test wallet/i);
    await answer(one, 'reject');
    await press(one, 'Sign in wallet');
    await shows(one, 'It was not signed; nothing was sent');
    await answer(one, 'approve');
    await press(one, 'Try again');
    await dialog.getByText('amount: 12.50').waitFor();
    await press(one, 'Sign in wallet');
    await shows(one, 'It is final on the chain');
    await press(one, 'Close');
    await dialog.waitFor({ state: 'detached' });
    const transactions = sent.filter((path) => path.startsWith('/v1/transactions'));
    expect(transactions.filter((path) => path !== '/v1/transactions')).toHaveLength(1);
  });

  test('when no answer comes nobody is asked to send it again', async () => {
    const { one } = await holder();
    await signInByWallet(one);
    one.watch.expect(/ERR_CONNECTION_FAILED/);
    await one.page.route('**/v1/transactions/*', (route) => route.abort('connectionfailed'));
    await deposit(one, '1');
    await press(one, 'Sign in wallet');
    await shows(one, 'Nobody can say yet whether it arrived');
    expect(await one.page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });
}

if (mayLackChromium()) {
  test('no browser here', () => expect(process.platform).not.toBe('linux'));
} else {
  describe('wallets in a browser', () => {
    tests();
  });
}
