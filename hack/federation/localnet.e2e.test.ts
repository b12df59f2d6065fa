import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newWallet } from '../../operator/localnet/testing/wallets.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { type LocalnetServer, startLocalnetServer } from './localnet.ts';

const chosenCache = process.env['IO_OPERATOR_CACHE'];
const kills = 3;
const senders = 8;
const sentBeforeKill = 60;
const processed = { commitment: 'processed' };

let directory = '';
let server: LocalnetServer | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'io-operator-'));
  process.env['IO_OPERATOR_CACHE'] = join(directory, 'cache');
});

afterEach(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true });
  if (chosenCache === undefined) delete process.env['IO_OPERATOR_CACHE'];
  else process.env['IO_OPERATOR_CACHE'] = chosenCache;
});

type Paid = { to: string; lamports: number; signature: string };

/** Plain requests: a library's pool of connections may wait for a node that was killed. */
async function ask<Result>(url: string, method: string, params: unknown[]): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result } = (await response.json()) as { result: Result };
  return result;
}

/** Pays new wallets until the node is gone; tells of what was acknowledged. */
async function pay(url: string, acknowledged: Paid[]): Promise<void> {
  for (;;) {
    const to = newWallet().address;
    const lamports = 1_000_000 + acknowledged.length;
    try {
      const signature = await ask<string>(url, 'requestAirdrop', [to, lamports]);
      acknowledged.push({ to, lamports, signature });
    } catch {
      return;
    }
  }
}

describe('io-operator localnet', () => {
  test(`that is killed ${kills} times keeps everything that it acknowledged`, async () => {
    server = await startLocalnetServer(join(directory, 'chain'), { slotMs: 50 });
    const { url } = server;
    const genesis = await ask(url, 'getGenesisHash', []);
    const acknowledged: Paid[] = [];
    for (let kill = 1; kill <= kills; kill += 1) {
      const paying = Array.from({ length: senders }, () => pay(url, acknowledged));
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(kill * sentBeforeKill), {
        withinMs: 60_000,
      });
      const slot = await ask<number>(url, 'getSlot', [processed]);
      await server.kill();
      await Promise.all(paying);

      await server.start();

      expect(await ask(url, 'getGenesisHash', [])).toBe(genesis);
      expect(await ask(url, 'getSlot', [processed])).toBeGreaterThanOrEqual(slot);
    }

    for (const { to, lamports, signature } of acknowledged) {
      const search = { searchTransactionHistory: true };
      expect(await ask(url, 'getSignatureStatuses', [[signature], search])).toMatchObject({
        value: [{ err: null }],
      });
      expect(await ask(url, 'getBalance', [to, processed])).toMatchObject({ value: lamports });
    }
  }, 300_000);

  test('is moved in time, and stays there when it is started again', async () => {
    server = await startLocalnetServer(join(directory, 'chain'));
    const { url } = server;
    const time = async () =>
      ask<number>(url, 'getBlockTime', [await ask<number>(url, 'getSlot', [processed])]);
    const before = await time();

    await server.warp(14 * 86_400);
    await server.kill();
    await server.start();

    const after = await time();
    expect(after - before).toBeGreaterThanOrEqual(14 * 86_400);
  }, 120_000);
});
