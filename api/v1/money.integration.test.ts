import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAccountLedger } from '../../operator/adapters/postgres/account-ledger.ts';
import { createDeviceHistory } from '../../operator/adapters/postgres/device-history.ts';
import { createViews } from '../../operator/adapters/postgres/views/reader.ts';
import { createViewWriter } from '../../operator/adapters/postgres/views/writer.ts';
import { accountView, caseView } from '../../operator/domain/views/account.ts';
import { deviceView } from '../../operator/domain/views/device.ts';
import { memberView } from '../../operator/domain/views/member.ts';
import type { ViewRow } from '../../operator/ports/view-writer.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { writeHistory } from '../../operator/testing/ledger-history.ts';
import { testGenesisSeconds } from '../../operator/testing/postgres.ts';
import {
  viewAccount,
  viewCase,
  viewDevice,
  viewMember,
} from '../../operator/testing/views/objects.ts';
import { walletNamed } from '../../operator/testing/wallet.ts';
import { type As, V1World } from '../testing/v1-world.ts';

/** Money and devices by the API: all of it to who it belongs to, nothing to anybody else. */

const hostile = '<img src=x onerror=alert(1)>\u202eevil';
let world: V1World;
let paris: As;
let parisWallet: string;
let stranger: As;
let somebody: As;

beforeAll(async () => {
  const now = (): number => (testGenesisSeconds + 20 * 3_600) * 1000;
  world = await V1World.start({ ports: { clock: { ...systemClock, now } } });
  await writeHistory(world.database.writer, 12, 5);
  const { rows } = await sql<{ wallet: string }>`
    select wallet from io.wallets where account = 'io-paris/paris'
    order by wallet_no desc limit 1`.execute(world.database.reader);
  parisWallet = rows[0]?.wallet ?? '';
  await writeViews();
  paris = world.wallet(parisWallet);
  stranger = world.wallet(walletNamed('stranger').address);
}, 120_000);
afterAll(() => world?.stop());

beforeEach(async () => {
  somebody = await world.token(await world.cluster.uniqueNamespace('somebody'), {});
});

async function writeViews(): Promise<void> {
  const account = (namespace: string, name: string, wallet?: string): ViewRow => {
    const spec = { kind: 'Supplier' as const, displayName: hostile, ...(wallet ? { wallet } : {}) };
    const view = accountView(viewAccount(name, { namespace, spec }));
    return { kind: 'account', scope: namespace, name, version: '1', view };
  };
  const of = (name: string): readonly ViewRow[] => {
    const accountRef = { namespace: `io-${name}`, name };
    const key = `io-${name}/${name}`;
    const member = viewMember(name, { spec: { accountRef } });
    const device = deviceView(viewDevice('n-gpu-0', { member: name }), name, member);
    const found = caseView(viewCase('one', { member: name }), name, key);
    const base = { scope: name, version: '1', account: key };
    return [
      { kind: 'member', ...base, scope: '', name, view: memberView(member) },
      { kind: 'device', ...base, name: 'n-gpu-0', view: device, model: '', state: 'Free' },
      { kind: 'case', ...base, name: 'one', view: found },
    ];
  };
  const writer = createViewWriter(world.database.writer);
  await writer.write(await writer.takeOver(), {
    rows: [
      account('io-paris', 'paris', parisWallet),
      account('io-oslo', 'oslo'),
      account('team-a', 'rich'),
      ...of('paris'),
      ...of('oslo'),
    ],
    gone: [],
  });
}

const get = (path: string, as?: As) => world.send(path, as);

/** A path that answers with no JSON. */
async function raw(path: string, as: As) {
  const request = world.server.open({
    ...{ path, method: 'GET', client: null, headers: world.credential(as) },
  });
  const answered = once(request, 'response');
  request.end();
  const [response] = (await answered) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const account = '/v1/accounts/io-paris/paris';

describe('the owner of a wallet', () => {
  test('sees the account that proved it, with what the ledger says, and no other', async () => {
    const { status, body } = await get(account, paris);
    expect([status, body]).toMatchObject([200, { name: 'paris', walletProved: true }]);
    expect(body['displayName']).toBe(hostile);
    expect((await get('/v1/accounts', paris)).body['items']).toMatchObject([{ name: 'paris' }]);
    for (const path of ['/v1/accounts/io-oslo/oslo', '/v1/accounts/team-a/rich/ledger']) {
      expect((await get(path, paris)).status).toBe(404);
    }
  });

  test('reads its ledger to the end, page by page', async () => {
    const lines: unknown[] = [];
    for (let cursor = ''; ; ) {
      const { status, body } = await get(`${account}/ledger?limit=50${cursor}`, paris);
      expect(status).toBe(200);
      lines.push(...(body['items'] as unknown[]));
      const { next } = body as { next?: string };
      if (next === undefined) break;
      cursor = `&cursor=${next}`;
    }
    const { rows } = await sql<{ count: bigint }>`
      select count(*) as count from io.transfers t
      join io.accounts a on a.account_no in (t.debit, t.credit)
      where a.owner = 'io-paris/paris'`.execute(world.database.reader);
    expect(BigInt(lines.length)).toBe(rows[0]?.count);
    expect(lines[0]).toMatchObject({ time: expect.stringMatching(/^2026-11-0\dT.*Z$/) });
  });

  test('cannot use the cursor of another list, nor one that was made up', async () => {
    const { body } = await get(`${account}/ledger?limit=1`, paris);
    const reader = await world.token('default', {});
    expect(reader.token).not.toBe('');
    const forged = Buffer.from(JSON.stringify([1, 'ledger io-paris/paris', '1.2.x'])).toString(
      'base64url',
    );
    for (const path of [
      `/v1/accounts?cursor=${String(body['next'])}`,
      `${account}/ledger?cursor=${forged}`,
    ]) {
      expect(await get(path, paris)).toMatchObject({
        ...{ status: 400, body: { reason: 'UnknownCursor' } },
      });
    }
  });

  test('gets statements in all formats', async () => {
    const json = await get(`${account}/statements/2026-11`, paris);
    expect([json.status, json.body]).toMatchObject([
      200,
      {
        account: 'io-paris/paris',
        rented: [],
        invoiceNumber: expect.stringMatching(/^IO-202611-/),
      },
    ]);
    expect((json.body['supplied'] as unknown[]).length).toBeGreaterThan(0);
    const csv = await raw(`${account}/statements/2026-11?format=csv`, paris);
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).toBe(
      'attachment; filename="io-paris-paris-2026-11.csv"',
    );
    expect(csv.body.split('\r\n')[0]).toMatch(/^side,epoch,start/);
    const focus = await raw(`${account}/statements/2026-11?format=focus`, paris);
    expect(focus.body).toMatch(/BilledCost/);
    const html = await raw(`${account}/statements/2026-11?format=html`, paris);
    expect(html.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    expect(html.body).toMatch(/^<!doctype html>/);
    expect(html.body).not.toContain('<script');
    expect((await get(`${account}/statements/2026-13`, paris)).status).toBe(400);
    expect((await get(`${account}/statements/2026-11?format=pdf`, paris)).status).toBe(400);
  });

  test('gets all of a year for taxes, under one head', async () => {
    const month = await raw(`${account}/statements/2026-11?format=csv`, paris);
    const year = await raw(`${account}/taxes/2026`, paris);
    expect([year.status, year.body]).toEqual([200, month.body]);
    expect((await raw(`${account}/taxes/2025`, paris)).body.split('\r\n')).toHaveLength(2);
    expect((await get(`${account}/taxes/20x5`, paris)).status).toBe(400);
  });

  test('gets months that say the same as the statement', async () => {
    const { body } = await get(`${account}/series?months=2`, paris);
    expect(body['items']).toMatchObject([
      { month: '2026-11', asset: 'IO', rewards: expect.stringMatching(/^[1-9]/) },
      { month: '2026-11', asset: 'USDC' },
    ]);
    expect((await get(`${account}/series?months=0`, paris)).status).toBe(400);
  });

  test('sees members, devices and cases that earn for it, and no others', async () => {
    const filter = 'account=io-paris/paris';
    for (const [path, item] of [
      ['/v1/members', { name: 'paris' }],
      ['/v1/devices', { name: 'n-gpu-0', member: 'paris' }],
      ['/v1/cases', { name: 'one', member: 'paris' }],
    ] as const) {
      expect((await get(`${path}?${filter}`, paris)).body['items']).toMatchObject([item]);
      expect(await get(`${path}?account=io-oslo/oslo`, paris)).toMatchObject({ status: 404 });
      expect(await get(path, paris)).toMatchObject({ status: 403 });
    }
    expect((await get(`/v1/devices/counts?${filter}`, paris)).body).toMatchObject({ total: 1 });
    for (const path of ['/members/paris', '/devices/paris/n-gpu-0', '/cases/paris/one']) {
      expect((await get(`/v1${path}`, paris)).status).toBe(200);
      const hidden = await get(`/v1${path.replace('paris', 'oslo')}`, paris);
      const none = await get(`/v1${path.replace('paris', 'none')}`, paris);
      expect([hidden.status, none.status]).toEqual([404, 404]);
      expect(JSON.stringify(hidden.body).replaceAll('oslo', 'none')).toBe(
        JSON.stringify(none.body),
      );
    }
  });

  test('sees what a device did and earned', async () => {
    const { body } = await get('/v1/devices/paris/n-gpu-0/rewards', paris);
    const { rows } = await sql<{ epoch: number }>`
      select epoch from io.device_rewards where member = 'paris' and device = 'n-gpu-0'
      order by epoch desc`.execute(world.database.reader);
    const items = body['items'] as readonly { epoch: number; flags: readonly string[] }[];
    expect(items.map(({ epoch }) => epoch)).toEqual(rows.map(({ epoch }) => epoch));
    expect((await get('/v1/devices/paris/n-gpu-0/metrics?hours=24', paris)).body).toEqual({
      items: [],
    });
    expect((await get('/v1/devices/paris/n-gpu-0/metrics?hours=9999', paris)).status).toBe(400);
  });
});

test('nobody else sees any of it', async () => {
  const paths = [
    ...['', '/ledger', '/series', '/statements/2026-11', '/taxes/2026'].map(
      (path) => account + path,
    ),
    ...['/v1/members/paris', '/v1/devices/paris/n-gpu-0', '/v1/cases/paris/one'],
    ...['/v1/devices/paris/n-gpu-0/metrics', '/v1/devices/paris/n-gpu-0/rewards'],
    ...['/v1/members', '/v1/devices', '/v1/cases', '/v1/devices/counts'].map(
      (path) => `${path}?account=io-paris/paris`,
    ),
    ...['/v1/devices', '/v1/cases'].map((path) => `${path}?member=paris`),
  ];
  for (const path of paths) {
    expect([path, (await get(path)).status]).toEqual([path, 401]);
    for (const as of [stranger, somebody]) {
      const { status, body } = await get(path, as);
      expect([path, status]).toEqual([path, 404]);
      expect(JSON.stringify(body)).not.toContain('onerror');
    }
  }
  for (const as of [stranger, somebody]) {
    expect((await get('/v1/accounts', as)).body).toEqual({ items: [] });
  }
});

test('who has a Role for the account sees it, as kubectl auth can-i says', async () => {
  const namespace = await world.cluster.uniqueNamespace('roles');
  const reader = await world.token(namespace, { ioaccounts: ['get', 'list'] });
  const view = accountView(viewAccount('mine', { namespace }));
  const writer = createViewWriter(world.database.writer);
  await writer.write(await writer.takeOver(), {
    rows: [{ kind: 'account', scope: namespace, name: 'mine', version: '1', view }],
    gone: [],
  });
  for (const path of ['/v1/accounts', `/v1/accounts?namespace=${namespace}`]) {
    expect((await get(path, reader)).body['items']).toMatchObject([{ name: 'mine' }]);
  }
  expect((await get(`/v1/accounts/${namespace}/mine/ledger`, reader)).body).toEqual({ items: [] });
  expect((await get('/v1/accounts?namespace=io-paris', reader)).status).toBe(404);
});

describe('while the database is away', () => {
  let lame: V1World;

  beforeAll(async () => {
    const away = world.database.connect('postgres://nobody@127.0.0.1:1/none');
    lame = await V1World.start({
      ports: {
        sessionKey: world.ports.sessionKey,
        views: createViews(away, systemClock),
        accountLedger: createAccountLedger(away),
        deviceHistory: createDeviceHistory(away),
        tenants: world.ports.tenants,
        clock: world.ports.clock,
      },
    });
  }, 60_000);
  afterAll(() => lame?.stop());

  test.each([
    account,
    `${account}/ledger`,
    `${account}/series`,
    `${account}/statements/2026-11`,
    `${account}/taxes/2026`,
    '/v1/devices?account=io-paris/paris',
    '/v1/members/paris',
  ])('%s says so', async (path) => {
    const { status, body, headers } = await lame.send(path, paris);
    expect([status, body['reason']]).toEqual([503, 'StoreUnavailable']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});
