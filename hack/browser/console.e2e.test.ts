import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { testWalletScript } from '../../api/console/testing/bundle-test-wallet.ts';
import { ioAccountResource, ioSlashCaseResource } from '../../crds/schema/index.ts';
import { memberNamespace } from '../../operator/domain/lease.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { closeEpochs, fundRewards } from '../demo/settlement.ts';
import { silentProgress } from '../federation/progress.ts';
import { mayLackChromium } from './chromium.ts';
import {
  type ConsoleWorld,
  renter,
  startConsoleWorld,
  supplierAccount,
  suppliersMember,
  tokenOf,
} from './console-world.ts';
import { chooseAccount, end, press, rent, scale, signTransaction, watchUntil } from './hands.ts';
import { launchBrowser } from './launch.ts';
import { overflowsOf, violationsOf } from './looks.ts';
import { signInByToken, signInByWallet } from './sign-in.ts';
import { settled, type Visit, visit } from './visit.ts';

const BUILD_AND_START_MS = 1_800_000;
const TEST_MS = 240_000;
const SEEN_WITHIN_MS = 30_000;
const CHALLENGE_S = 1_800;
const COOLDOWN_S = 14 * 86_400;
const device = 'h100-1-gpu-0';

jest.setTimeout(TEST_MS);

function tests(): void {
  let console: ConsoleWorld;
  let browser: Browser;
  let walletScript: string;
  const visits: Visit[] = [];

  beforeAll(async () => {
    browser = await launchBrowser(silentProgress);
    console = await startConsoleWorld();
    walletScript = await testWalletScript({ seed: console.supplierSeed });
  }, BUILD_AND_START_MS);

  afterEach(async () => {
    const problems = visits.flatMap(({ watch }) => watch.problems);
    await Promise.all(visits.splice(0).map((each) => each.close()));
    expect(problems).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await console?.stop();
  }, TEST_MS);

  async function somebody(scripts: readonly string[] = []): Promise<Visit> {
    const one = await visit(browser, { origin: console.origin, scripts });
    visits.push(one);
    await one.open('/');
    return one;
  }

  /** The supplier, with the wallet that its account proved. */
  async function supplier(): Promise<Visit> {
    const one = await somebody([walletScript]);
    await signInByWallet(one);
    return one;
  }

  const shows = (one: Visit, text: string | RegExp): Promise<void> =>
    one.page.getByRole('main').getByText(text).first().waitFor({ timeout: SEEN_WITHIN_MS });

  test('anybody sees the network, and is asked to sign in for the rest', async () => {
    const one = await somebody();
    await one.go('/explorer');
    await shows(one, /H100/);
    expect(await violationsOf(one)).toEqual([]);
    expect(await overflowsOf(one)).toEqual([]);
    await one.open('/cloud/clusters');
    await one.page.getByLabel('Kubernetes token').waitFor();
  });

  test('a supplier proves its wallet, signs in with it, and stakes', async () => {
    const { world, supplier: wallet } = console;
    const { namespace, name } = supplierAccount;
    const patch = JSON.stringify({ spec: { wallet: wallet.address } });
    await world.mustKubectl(['patch', 'ioa', name, '-n', namespace, '--type=merge', '-p', patch]);
    const token = await tokenOf(world, 'console-owner', [
      'get,list,update:ioaccounts.compute.io.net',
    ]);
    const owner = await somebody([walletScript]);
    await signInByToken(owner, token);
    await chooseAccount(owner, name);
    await owner.go('/id/wallet');
    await shows(owner, 'Not proved');
    await press(owner, /test wallet/i);
    await shows(owner, 'Proved by signature');
    const one = await supplier();
    await one.go(`/workers/devices/${suppliersMember}/${device}`);
    await press(one, 'Stake');
    await press(one, 'Go on to the wallet');
    expect(await signTransaction(one)).toMatch(/^Stake 2000\.00 IO behind/);
    await shows(one, 'Ask back');
  });

  test('it claims what its devices earned, once the root may be claimed by', async () => {
    const { world, settlement, supplier: wallet } = console;
    await closeEpochs({ world, settlement, wallet, member: suppliersMember }, () => undefined);
    await fundRewards(world, settlement);
    await settlement.localnet.warp(CHALLENGE_S + 1);
    const before = await settlement.tokens(wallet.address, 'IO');
    const one = await supplier();
    await one.go('/workers');
    await press(one, 'Claim');
    expect(await signTransaction(one)).toMatch(/^Claim \d+\.\d+ IO of block rewards/);
    expect(await settlement.tokens(wallet.address, 'IO')).toBeGreaterThan(before);
  });

  test('a renter rents, watches, scales and ends', async () => {
    const { world } = console;
    const token = await tokenOf(world, 'console-renter', [
      'get,list,create,update,patch,delete:ioclusters.compute.io.net',
      'get,list:ioaccounts.compute.io.net',
    ]);
    const one = await somebody();
    await signInByToken(one, token);
    await rent(one, { name: 'from-browser', account: renter.name });
    await watchUntil(one, 'Running');
    await scale(one, 2);
    await one.go('/cloud/clusters');
    await shows(one, 'from-browser');
    await one.page.goBack();
    await settled(one.page);
    await end(one, 'from-browser');
    await eventually(async () => expect(await world.allPlacements()).toEqual([]), {
      ...{ withinMs: SEEN_WITHIN_MS, everyMs: 200 },
    });
  });

  test('an api that ends and comes back is said so, and nobody is signed out', async () => {
    const one = await supplier();
    one.watch.expect(/^console: .*(net::ERR_|status of 50\d|files of this page did not come)/);
    await one.go('/workers/devices');
    await shows(one, device);
    await console.money.api.kill();
    try {
      // A page whose files never came says so; the header stays.
      await one.go('/workers/members');
      await shows(one, 'This page failed');
    } finally {
      await console.money.api.start();
    }
    await one.open('/workers/members');
    await shows(one, /Singapore/);
    expect(await one.page.getByRole('heading', { level: 1 }).innerText()).toBe('Data centres');
  });

  test('a case is appealed; a stake comes back after its cooldown', async () => {
    const { world, settlement } = console;
    const one = await supplier();
    // Asked for while what is final is still some slots behind the chain's clock.
    one.watch.expect(/^console: .* status of 409 .*\/v1\/transactions\)$/);
    await world.hub.create(ioSlashCaseResource, {
      metadata: { name: 'from-browser', namespace: memberNamespace(suppliersMember) },
      spec: {
        deviceRef: { name: device },
        reason: 'FalseInventory',
        evidence: { sha256: 'ab'.repeat(32) },
        amountBaseUnits: '100000000',
      },
    });
    await one.go(`/workers/cases/${suppliersMember}/from-browser`);
    await one.page.getByLabel('What you have to say').fill('The inventory was right.');
    await press(one, 'Appeal');
    await signTransaction(one);
    await shows(one, 'The appeal is on the chain.');
    await one.go(`/workers/devices/${suppliersMember}/${device}`);
    await press(one, 'Ask back');
    await press(one, 'Ask back');
    await signTransaction(one);
    await settlement.localnet.warp(COOLDOWN_S + 1);
    // The browser's clock goes with that of the chain.
    await one.page.clock.setSystemTime(Date.now() + 2 * COOLDOWN_S * 1000);
    await one.open(`/workers/devices/${suppliersMember}/${device}`);
    await press(one, 'Withdraw stake');
    const summary = await signTransaction(one);
    expect(summary).toMatch(/^Withdraw 1999\.00 IO/);
  });

  test('what the devices earned is withdrawn to the wallet', async () => {
    const { settlement, supplier: wallet, world } = console;
    const key = `${supplierAccount.namespace}/${supplierAccount.name}`;
    await eventually(
      async () => {
        const { name, namespace } = supplierAccount;
        const account = await world.hub.get(ioAccountResource, name, namespace);
        const earned = account?.status?.balances?.find(({ asset }) => asset === 'USDC')?.earned;
        if (Number(earned ?? 0) <= 0) throw new Error(`${key} has earned ${earned ?? 'nothing'}`);
      },
      { withinMs: SEEN_WITHIN_MS, everyMs: 200 },
    );
    const one = await supplier();
    await one.go('/id/withdraw');
    await one.page.getByText('What was earned').click();
    await press(one, 'All of it');
    await press(one, 'Withdraw');
    await press(one, 'Withdraw');
    await eventually(
      async () => {
        expect(await settlement.tokens(wallet.address, 'USDC')).toBeGreaterThan(0n);
      },
      { withinMs: SEEN_WITHIN_MS, everyMs: 200 },
    );
  });
}

if (mayLackChromium()) {
  test('no browser here', () => expect(process.platform).not.toBe('linux'));
} else {
  describe('the console of a federation', () => {
    tests();
  });
}
